"""Opens a file of rows, whatever its format: ``open_table`` for everything about it, ``rows`` for the rows alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from services.cli.errors import CliError
from services.cli.files import delimited, workbooks
from services.cli.files.columns import STANDARD, Columns, Mapping, columns_of
from services.cli.files.row import HEADER_WITHIN, Cell, Grid, Row
from services.cli.files.vocabulary import HEADERS
from shared.errors import InvalidError

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
WORKBOOK_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
SUFFIXES = (*TEXT_SUFFIXES, *WORKBOOK_SUFFIXES)


@dataclass(frozen=True, slots=True)
class Table:
    """A file that was opened: ``header`` texts as written and their row, what the ``columns`` are, the ``rows`` below,
    read once and when asked for, and ``total``, about how many that is: blank rows count too."""

    header: tuple[str, ...]
    header_row: int
    columns: Columns
    total: int
    rows: Iterator[Row] = field(repr=False)


def is_delimited(path: Path) -> bool:
    """Whether a file's name says that it is delimited text."""
    return path.suffix.lower() in TEXT_SUFFIXES


def open_table(path: Path, mapping: Mapping = STANDARD) -> Table:
    """Open a file and find its header: the first row, of a few at the top, with at least two known column names.

    Raises:
        CliError: the file cannot be read, is encrypted or empty, has no header, or one with a column twice. Reading
            ``rows`` raises it too, where delimited text is damaged.
    """
    grid = grid_of(path, mapping.is_field)
    header = tuple(text for text in grid.header if text)
    try:
        columns = columns_of(header, mapping)
    except InvalidError as error:
        raise CliError(f"{path}, row {grid.header_row}: {error.reason}") from error
    return Table(header, grid.header_row, columns, grid.total, rows_in(grid, mapping))


def grid_of(path: Path, known: Callable[[str], bool]) -> Grid:
    """The file as its format gives it, by the ending of its name.

    Raises:
        CliError: there is no such format, or the file cannot be read or has no header.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise CliError(f"{path}: a file that ends in {path.suffix!r} cannot be read; use one of {', '.join(SUFFIXES)}")
    grid = delimited.grid(path, known) if is_delimited(path) else workbooks.grid(path, known)
    if grid is None:
        example = ", ".join((HEADERS["nik"][0], HEADERS["date"][0], HEADERS["home"][0]))
        raise CliError(
            f"{path}: none of the first {HEADER_WITHIN} rows has two or more known column names, such as {example}. "
            "Name the columns as in a template, or say in a mapping file what they are"
        )
    return grid


def rows_in(grid: Grid, mapping: Mapping = STANDARD) -> Iterator[Row]:
    """The rows of a grid that say anything besides a running number."""
    places = [(index, text) for index, text in enumerate(grid.header) if text]
    unused = {text for _, text in places if mapping.is_unused(text)}
    width = len(grid.header)
    for number, cells in grid.rows:
        found = {text: _filled(cells[index]) if index < len(cells) else None for index, text in places}
        beyond = tuple(str(cell) for cell in cells[width:] if _filled(cell) is not None)
        if beyond or any(cell is not None for text, cell in found.items() if text not in unused):
            yield Row(number, found, beyond)


def _filled(cell: Cell) -> Cell:
    return None if isinstance(cell, str) and not cell.strip() else cell


__all__ = [
    "SUFFIXES",
    "TEXT_SUFFIXES",
    "WORKBOOK_SUFFIXES",
    "Cell",
    "Row",
    "Table",
    "is_delimited",
    "open_table",
]
