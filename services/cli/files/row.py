"""What a file of any kind is read into: cells, numbered rows, and the header they stand under."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice

Cell = str | int | float | bool | date | datetime | time | None
Numbered = tuple[int, Sequence[Cell]]
"""A row number, from 1 as a spreadsheet program shows it, and the cells from the first column on."""

HEADER_WITHIN = 20
"""Among how many rows at the top the header is looked for."""

_EMPTY_MARKS = frozenset({"", "-", "–", "—"})


@dataclass(frozen=True, slots=True)
class Row:
    """One row below the header. ``number`` is as a spreadsheet program shows it; ``cells`` are by header text.

    ``beyond`` are the filled cells of a delimited line to the right of the last header: the line has one delimiter too
    many, so its cells may stand under the wrong headers.
    """

    number: int
    # Left out of the repr, which ends up in tracebacks: cells hold NIKs and names.
    cells: dict[str, Cell] = field(repr=False)
    beyond: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Grid:
    """A file as its format gives it: ``header`` with blank cells still in, ``rows`` what lies below it, read when asked
    for, and ``total`` about how many."""

    header_row: int
    header: tuple[str, ...]
    rows: Iterator[Numbered] = field(repr=False)
    total: int


def is_blank(cell: Cell) -> bool:
    """Whether a cell says nothing: empty, white space, or a dash in its place."""
    return cell is None or (isinstance(cell, str) and cell.strip() in _EMPTY_MARKS)


def header_in(rows: Iterator[Numbered], known: Callable[[str], bool]) -> tuple[int, tuple[str, ...]] | None:
    """Number and texts of the first row in which at least two cells are ``known`` column names.

    Reads ``rows`` no further than the header, or than :data:`HEADER_WITHIN` rows if there is none.
    """
    for number, cells in islice(rows, HEADER_WITHIN):
        texts = tuple("" if cell is None else str(cell).strip() for cell in cells)
        if sum(map(known, texts)) >= 2:
            return number, texts
    return None
