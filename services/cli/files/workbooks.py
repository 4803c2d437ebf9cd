"""Spreadsheet files, through calamine: .xlsx, .xlsm, .xlsb, .xls and .ods."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from math import isfinite
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineSheet,
    PasswordError,
    SheetVisibleEnum,
    load_workbook,
)

from services.cli.errors import CliError
from services.cli.files.row import Cell, Grid, Numbered, header_in

_Found = str | int | float | bool | datetime | date | time | timedelta
_DAY = timedelta(days=1)
_MIDNIGHT = datetime(2000, 1, 1)  # noqa: DTZ001 - of any day; only the clock is taken from it


def grid(path: Path, known: Callable[[str], bool]) -> Grid | None:
    """The rows of the first visible sheet that has a header row, ``None`` if no sheet has. All rows are equally long.

    calamine holds the cells of one sheet in memory; rows become Python values one at a time.

    Raises:
        CliError: the file cannot be read, is encrypted or empty.
    """
    is_empty = True
    try:
        for sheet in _sheets(path):
            is_empty = is_empty and sheet.end is None
            rows = _rows(sheet)
            found = header_in(rows, known)
            if found:
                last = sheet.end[0] + 1 if sheet.end else 0
                return Grid(*found, rows, max(last - found[0], 0))
    except OSError as error:
        raise CliError(f"{path} cannot be read: {error}") from error
    except PasswordError as error:
        raise CliError(
            f"{path} is protected with a password; open it in the spreadsheet program and save it without one"
        ) from error
    except CalamineError as error:
        raise CliError(
            f"{path} is not a spreadsheet that can be read ({error}); open it in the spreadsheet program and save it "
            "as .xlsx"
        ) from error
    if is_empty:
        raise CliError(f"{path} is empty; nothing can be sent from it")
    return None


def _sheets(path: Path) -> Iterator[CalamineSheet]:
    workbook = load_workbook(path)
    for sheet in workbook.sheets_metadata:
        if sheet.visible == SheetVisibleEnum.Visible:
            yield workbook.get_sheet_by_name(sheet.name)


def _rows(sheet: CalamineSheet) -> Iterator[Numbered]:
    """Every row from the first on, blank ones included."""
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        yield number, [_cell(cell) for cell in cells]


def _cell(found: _Found) -> Cell:
    if isinstance(found, timedelta):
        return (_MIDNIGHT + found).time() if timedelta() <= found < _DAY else str(found)
    if isinstance(found, float) and not isfinite(found):
        return str(found)
    return None if found == "" else found
