"""Delimited text: which encoding and delimiter a file has, and its rows one at a time."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from services.cli.errors import CliError
from services.cli.files.row import Grid, Numbered, header_in

DELIMITERS = (",", ";", "\t", "|")
_BLOCK = 1024 * 1024
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True)
class Layout:
    """What a delimited file looks like: ``encoding`` is Python's name for it, ``lines`` how many lines it has."""

    encoding: str
    delimiter: str
    header_row: int
    header: tuple[str, ...]
    lines: int


def grid(path: Path, known: Callable[[str], bool]) -> Grid | None:
    """The rows of a delimited file, of which one is in memory at a time; ``None`` if it has no header row.

    Raises:
        CliError: the file cannot be read or is empty. The rows raise it too, where the text is damaged.
    """
    layout = layout_of(path, known)
    if layout is None:
        return None
    rows = (row for row in _rows(path, layout.encoding, layout.delimiter) if row[0] > layout.header_row)
    total = max(layout.lines - layout.header_row, 0)
    return Grid(layout.header_row, layout.header, rows, total)


def layout_of(path: Path, known: Callable[[str], bool]) -> Layout | None:
    """The layout in which the header row has the most ``known`` column names; ``None`` if there is no header row.

    Raises:
        CliError: the file cannot be read or is empty.
    """
    encoding, lines = _encoding(path)
    best: Layout | None = None
    most = 0
    for delimiter in DELIMITERS:
        try:
            found = header_in(_rows(path, encoding, delimiter), known)
        except _QuotingError:
            # Quotation marks make no sense with a delimiter that is not the file's. If they never do, none is found.
            continue
        names = sum(map(known, found[1])) if found else 0
        if found and names > most:
            best, most = Layout(encoding, delimiter, *found, lines), names
    return best


class _QuotingError(CliError):
    """The text cannot be taken apart from some row on."""


def _rows(path: Path, encoding: str, delimiter: str) -> Iterator[Numbered]:
    """Every record, blank lines included, as a spreadsheet program numbers them."""
    number = 0
    with _opened(path, encoding) as text:
        try:
            # Strict: otherwise a quotation mark that is never closed would swallow all the rows behind it.
            for number, cells in enumerate(csv.reader(text, delimiter=delimiter, strict=True), start=1):
                yield number, cells
        except csv.Error as error:
            raise _QuotingError(
                f"{path}, row {number + 1}: the row cannot be taken apart ({error}). Look for a quotation mark that is "
                "not closed, or save the file as .xlsx"
            ) from error
        except UnicodeError as error:
            raise CliError(
                f"{path}, after row {number}: the text is neither UTF-8 nor Windows-1252; save the file as CSV UTF-8"
            ) from error


def _opened(path: Path, encoding: str) -> IO[str]:
    try:
        return path.open(encoding=encoding, newline="")
    except OSError as error:
        raise CliError(f"{path} cannot be read: {error.strerror}") from error


def _encoding(path: Path) -> tuple[str, int]:
    """What the byte order mark says; without one UTF-8 if all of the file is, otherwise Windows-1252. And the lines."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, is_utf_8, start, end = 0, True, b"", b""
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                start, end = start or block[:3], block[-1:]
                lines += block.count(b"\n")
                is_utf_8 = is_utf_8 and _decodes(decoder, block, final=False)
    except OSError as error:
        raise CliError(f"{path} cannot be read: {error.strerror}") from error
    if not start:
        raise CliError(f"{path} is empty; nothing can be sent from it")
    lines += end != b"\n"
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return encoding, lines
    return ("utf-8" if is_utf_8 and _decodes(decoder, b"", final=True) else "cp1252"), lines


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True
