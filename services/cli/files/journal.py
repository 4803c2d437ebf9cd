"""Refused rows as they come, one JSON line each, until they are written into the file for the person who corrects them.

The first line is the header. A row is in the file when :meth:`Journal.add` returns, whatever becomes of the process.
Only the owner of the file may read it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import IO

from services.cli.files.row import Cell

_Packed = str | int | float | bool | dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A refused row: its number, its cells in the order of the header, why, and the cells beyond the header."""

    number: int
    cells: tuple[Cell, ...] = field(repr=False)
    reasons: str
    beyond: tuple[str, ...] = field(default=(), repr=False)


class Journal:
    """The file of one run, or of several if some were killed. It is there from the first row on."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self.path = path
        self._header = json.dumps(list(header)).encode() + b"\n"
        self._file: IO[bytes] | None = None

    def take_up(self) -> bool:
        """Go on with the file of a run that was killed, without the line it was writing then, whose row was not counted
        as answered yet. False if the file has another header."""
        if not self.path.exists():
            return True
        with self.path.open("r+b") as file:
            header = file.readline()
            rows = sum(len(line) for line in file if line.endswith(b"\n"))
            file.truncate(len(header) + rows)
        if not rows:
            self.path.unlink()
        return not rows or header == self._header

    def add(self, entry: Entry) -> None:
        """Write a row down."""
        if self._file is None:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._file = os.fdopen(descriptor, "ab", buffering=0)
            if not self._file.tell():
                self._file.write(self._header)
        cells = [_packed(cell) for cell in entry.cells]
        self._file.write(json.dumps([entry.number, cells, entry.reasons, entry.beyond]).encode() + b"\n")

    def sync(self) -> None:
        """When this returns, what was added is on the disk."""
        if self._file is not None:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Nothing more is added."""
        if self._file is not None:
            self._file.close()

    def entries(self) -> Iterator[Entry]:
        """Everything that was added, in order; empty if nothing was."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for line in islice(file, 1, None):
                number, cells, reasons, beyond = json.loads(line)
                yield Entry(number, tuple(map(_unpacked, cells)), reasons, tuple(beyond))


def fingerprint(cells: Sequence[Cell]) -> bytes:
    """Equal for equal cells, also after they went through a workbook, and far shorter than they are."""
    return hashlib.sha256(json.dumps([_packed(cell) for cell in cells]).encode()).digest()


def _packed(cell: Cell) -> _Packed:
    """A cell as JSON. Numbers and moments are brought to the form in which a workbook gives them back."""
    match cell:
        case datetime():
            return {"datetime": cell.replace(tzinfo=None, microsecond=0).isoformat()}
        case date():
            return {"date": cell.isoformat()}
        case time():
            return {"time": cell.replace(microsecond=0).isoformat()}
        case float() if cell.is_integer():
            return int(cell)
        case _:
            return cell


def _unpacked(packed: _Packed) -> Cell:
    match packed:
        case {"datetime": text}:
            return datetime.fromisoformat(text)
        case {"date": text}:
            return date.fromisoformat(text)
        case {"time": text}:
            return time.fromisoformat(text)
        case dict():
            raise ValueError("reading a refused row failed: a cell is of no known kind")
        case _:
            return packed
