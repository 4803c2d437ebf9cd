"""Writes .xlsx: sheets with a frozen header, in which text stays text and dates stay dates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from tempfile import TemporaryDirectory
from typing import IO, Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from services.cli.files.row import Cell

TEXT, DATE, CLOCK, MOMENT = "@", "dd/mm/yyyy", "hh:mm", "dd/mm/yyyy hh:mm:ss"
_EXACT_CLOCK = "hh:mm:ss"
_BUILT_IN_TEXT = 49
"""ECMA-376 part 1, 18.8.30: the number format that programs show as "Text"."""
_LAST_ROW = 1_048_575
_FIRST_YEAR = 1900
"""With which the dates of a workbook begin."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``width`` in characters, the number ``form`` its cells start out with, such as :data:`TEXT`, and the
    words to choose from, if it is a choice."""

    header: str
    width: int = 16
    form: str | None = None
    choices: tuple[str, ...] = ()


class Book:
    """A workbook that is being written. Rows leave the memory as they come; only one sheet is written at a time."""

    def __init__(self, workbook: Any) -> None:
        self._workbook = workbook
        self._formats: dict[tuple[str | None, bool], Any] = {}

    def add(self, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]] = ()) -> None:
        """One more sheet, with a header, the rows, and in every further row the same forms and choices."""
        sheet = self._workbook.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width, self._format(column.form))
            sheet.write_string(0, place, column.header, self._format(TEXT, bold=True))
            if column.choices:
                rule = {
                    "validate": "list",
                    "source": list(column.choices),
                    "error_title": "Pilihan tidak dikenal",
                    "error_message": "Pilih salah satu kata dari daftar.",
                }
                sheet.data_validation(1, place, _LAST_ROW, place, rule)
        for number, cells in enumerate(rows, start=1):
            for place, cell in enumerate(cells):
                self._put(sheet, number, place, cell, columns[place].form if place < len(columns) else None)

    def _put(self, sheet: Any, row: int, place: int, cell: Cell, form: str | None) -> None:
        match cell:
            case None:
                return
            case bool():
                sheet.write_boolean(row, place, cell)
            case str():
                sheet.write_string(row, place, cell, self._format(TEXT))
            case int() | float():
                sheet.write_number(row, place, cell, self._format(form))
            case date() if cell.year < _FIRST_YEAR:
                sheet.write_string(row, place, cell.isoformat(), self._format(TEXT))
            case datetime():
                sheet.write_datetime(row, place, cell, self._format(MOMENT))
            case date():
                sheet.write_datetime(row, place, cell, self._format(DATE))
            case time():
                sheet.write_datetime(row, place, cell, self._format(_EXACT_CLOCK))

    def _format(self, form: str | None, *, bold: bool = False) -> Any:
        if (form, bold) not in self._formats:
            number_format = _BUILT_IN_TEXT if form == TEXT else form or "General"
            looks = {"valign": "top", "bold": bold, "num_format": number_format, "text_wrap": form in (None, TEXT)}
            self._formats[form, bold] = self._workbook.add_format(looks)
        return self._formats[form, bold]


@contextmanager
def book(out: IO[bytes]) -> Iterator[Book]:
    """A workbook that is complete in ``out`` when the context ends without an error.

    Raises:
        OSError: it cannot be written.
    """
    # Its parts are on the disk meanwhile, and hold NIKs: in a folder of its own, which goes away whatever happens.
    with TemporaryDirectory() as parts:
        workbook = xlsxwriter.Workbook(out, {"constant_memory": True, "tmpdir": parts})
        yield Book(workbook)
        try:
            workbook.close()
        except FileCreateError as error:
            (cause,) = error.args
            raise OSError(cause.errno, cause.strerror) from error
