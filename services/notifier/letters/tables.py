"""A table in a letter, before it is put as HTML or as lines of text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what it is about, its ``state`` and ``details`` in small letters below, and a value for each further
    column."""

    name: str
    values: tuple[str, ...]
    state: str = ""
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a heading. ``columns`` names the rows' first column and then one for each of their values; without
    rows only ``notes`` are shown, which then say so."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
