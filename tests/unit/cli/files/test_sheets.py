"""Workbooks that are written: what spreadsheet programs are told, and what stays behind when writing fails."""

from __future__ import annotations

import errno
import gc
import io
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from services.cli.files.row import Cell
from services.cli.files.sheets import TEXT, Column, book

COLUMNS = [Column("NIK", 20, TEXT), Column("Ket")]


class StopError(Exception):
    """Whatever may go wrong while rows are read."""


def test_long_text_breaks_into_lines() -> None:
    out = io.BytesIO()
    with book(out) as workbook:
        workbook.add("a", COLUMNS, [["1", "long " * 50]])
    with zipfile.ZipFile(out) as parts:
        styles = parts.read("xl/styles.xml").decode()
    assert styles.count('wrapText="1"') == 3


def test_no_part_of_a_workbook_stays_behind_when_writing_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def rows() -> Iterator[Sequence[Cell]]:
        yield ["5171012304999999"]
        assert [file.name for folder in tmp_path.iterdir() for file in folder.iterdir()]
        raise StopError

    def write() -> None:
        with book(io.BytesIO()) as workbook:
            workbook.add("a", COLUMNS, rows())

    with pytest.raises(StopError):
        write()
    assert list(tmp_path.iterdir()) == []


class FullDisk(io.BytesIO):
    """Takes nothing at first; what the library writes later, when it cleans up, goes through."""

    is_full = True

    def write(self, content: Any) -> int:
        if self.is_full:
            self.is_full = False
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(content)


def test_a_full_disk_is_an_os_error() -> None:
    disk = FullDisk()

    def write() -> None:
        with book(disk) as workbook:
            workbook.add("a", COLUMNS)

    with pytest.raises(OSError, match="No space left") as raised:
        write()
    assert raised.value.errno == errno.ENOSPC
    # The archive that the library left open is closed when it is collected; until then the disk must be there.
    del raised
    gc.collect()
