"""Files of every format, as an office would save them."""

from __future__ import annotations

import csv
import re
import struct
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import xlsxwriter
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from services.cli.files.row import Cell

Rows = Iterable[Sequence[Cell | timedelta]]
_FORMS = {datetime: "dd/mm/yyyy hh:mm:ss", date: "dd/mm/yyyy", time: "hh:mm"}


def xlsx(path: Path, rows: Rows, *more: Rows, hidden: Rows | None = None) -> Path:
    """A workbook with the rows in its first visible sheet and ``more`` in the next ones."""
    with xlsxwriter.Workbook(path) as book:
        if hidden is not None:
            rows, more = hidden, (rows, *more)
        for number, content in enumerate((rows, *more)):
            sheet = book.add_worksheet()
            if number == 1 and hidden is not None:
                sheet.activate()
                sheet.set_first_sheet()
                book.worksheets()[0].hide()
            for row, cells in enumerate(content):
                for column, cell in enumerate(cells):
                    if isinstance(cell, str):
                        sheet.write_string(row, column, cell)
                    elif isinstance(cell, date | time):
                        sheet.write_datetime(row, column, cell, book.add_format({"num_format": _FORMS[type(cell)]}))
                    elif isinstance(cell, timedelta):
                        sheet.write_datetime(row, column, cell, book.add_format({"num_format": "[h]:mm"}))
                    elif cell is not None:
                        sheet.write(row, column, cell)
    return path


def ods(path: Path, rows: Rows) -> Path:
    """The same as an OpenDocument spreadsheet."""
    document, table = OpenDocumentSpreadsheet(), Table(name="Sheet1")
    for cells in rows:
        row = TableRow()
        for cell in cells or [None]:
            row.addElement(_ods_cell(cell))
        table.addElement(row)
    document.spreadsheet.addElement(table)
    document.save(str(path))
    return path


def delimited(path: Path, rows: Rows, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    """Delimited text."""
    with path.open("w", encoding=encoding, newline="") as out:
        csv.writer(out, delimiter=delimiter).writerows(rows)
    return path


def number_format(path: Path, cell: str) -> int:
    """The number format of a cell of the first sheet, as ECMA-376 numbers them; 49 is text."""
    with zipfile.ZipFile(path) as parts:
        sheet, styles = (parts.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "styles"))
    formats = re.findall(r'<xf numFmtId="(\d+)"', styles.partition("<cellXfs")[2].partition("</cellXfs>")[0])
    found = re.search(rf'<c r="{cell}"(?: s="(\d+)")?', sheet)
    assert found is not None, cell
    return int(formats[int(found[1] or 0)])


def encrypted() -> bytes:
    """What a spreadsheet program saves with a password: a compound file with a stream ``EncryptedPackage``."""
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    head = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<10I", 0, 1, 1, 0, 4096, end, 0, end, 0, 0) + struct.pack("<108I", *[free] * 108)
    folder = _entry("Root Entry", 5, 1) + _entry("EncryptedPackage", 2, free) + bytes(256)
    return head + struct.pack("<128I", table, end, *[free] * 126) + folder


def _entry(name: str, kind: int, child: int) -> bytes:
    raw, free = name.encode("utf-16-le"), 0xFFFFFFFF
    links = struct.pack("<HBBIII", len(raw) + 2, kind, 1, free, free, child)
    return raw.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", 0xFFFFFFFE, 0)


def _ods_cell(cell: Cell | timedelta) -> TableCell:
    match cell:
        case None:
            return TableCell()
        case str():
            made = TableCell(valuetype="string")
        case bool():
            made = TableCell(valuetype="boolean", booleanvalue=str(cell).lower())
        case date():
            made = TableCell(valuetype="date", datevalue=cell.isoformat())
        case time():
            made = TableCell(valuetype="time", timevalue=cell.strftime("PT%HH%MM%SS"))
        case _:
            made = TableCell(valuetype="float", value=str(cell))
    made.addElement(P(text=str(cell)))
    return made
