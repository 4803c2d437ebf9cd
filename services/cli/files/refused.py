"""The rows that were refused, in a file of their own to be corrected and sent again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from services.cli.appearing import appearing
from services.cli.errors import CliError
from services.cli.files import delimited
from services.cli.files.columns import STANDARD, Mapping
from services.cli.files.journal import Entry, Journal, fingerprint
from services.cli.files.reading import TEXT_SUFFIXES, grid_of, is_delimited, rows_in
from services.cli.files.row import Cell, Grid, Row
from services.cli.files.sheets import TEXT, Column, book
from services.cli.files.vocabulary import ERROR_HEADER, Field, key_of

_KEPT_AS_TEXT: tuple[Field, ...] = ("id", "nik", "citizen", "home", "service")
_REASONS_WIDTH = 60


class RefusedFile:
    """Rows of ``source`` that were refused, under the same columns and a last one, ``kesalahan``, that says why.

    Delimited text with the delimiter of ``source`` if that is delimited, otherwise .xlsx; ``<stem>.ditolak.csv`` or
    ``.xlsx`` beside it unless ``path`` says otherwise. Only its owner may read it.

    A context manager. Rows go to a journal beside the file first and into the file when the context ends, however it
    ends; a journal that a killed run left is taken up by the next one. Rows that are in the file already stay, and are
    not added again. If no row was ever refused there is no file.
    """

    def __init__(
        self, source: Path, header: Sequence[str], path: Path | None = None, *, mapping: Mapping = STANDARD
    ) -> None:
        ending = ".csv" if is_delimited(source) else ".xlsx"
        self.path = path or source.with_name(f"{source.stem}.ditolak{ending}")
        self._source = source
        self._header = tuple(text for text in header if key_of(text) != ERROR_HEADER)
        self._columns = (*self._header, ERROR_HEADER)
        self._text = {text for text in self._header if mapping.field_of(text) in _KEPT_AS_TEXT}
        self._journal = Journal(self.path.with_name(f".{self.path.name}.journal"), self._header)
        if is_delimited(self.path) != is_delimited(source) or self.path.suffix.lower() not in (*TEXT_SUFFIXES, ".xlsx"):
            raise CliError(f"{self.path}: refused rows of {source.name} go to a file that ends in {ending}")

    def __enter__(self) -> Self:
        """Take up what an interrupted run left.

        Raises:
            CliError: the file exists and has other columns, or cannot be read or written.
        """
        with self._written():
            if not self._journal.take_up():
                raise self._other_columns(self._journal.path)
        if self.path.exists() and tuple(filter(None, self._kept().header)) != self._columns:
            raise self._other_columns(self.path)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._written():
            self._journal.close()
            if self._journal.path.exists():
                with appearing(self.path) as out:
                    self._write(out)
                self._journal.path.unlink()

    def add(self, row: Row, reasons: Sequence[str]) -> None:
        """Keep a row, with why it was refused. It outlasts the end of this process; see :meth:`sync` for more.

        Raises:
            CliError: it cannot be written.
        """
        cells = tuple(row.cells.get(text) for text in self._header)
        with self._written():
            self._journal.add(Entry(row.number, cells, "; ".join(reasons), row.beyond))

    def sync(self) -> None:
        """When this returns, every row added so far outlasts a loss of power. To be called before a resume point moves
        past them.

        Raises:
            CliError: it cannot be written.
        """
        with self._written():
            self._journal.sync()

    def _other_columns(self, path: Path) -> CliError:
        return CliError(
            f"{path} holds refused rows of a file with other columns than {self._source}. Move it away, or give "
            "another name for the refused rows"
        )

    def _kept(self) -> Grid:
        """The file as it is."""
        return grid_of(self.path, set(self._columns).__contains__)

    def _write(self, out: IO[bytes]) -> None:
        if is_delimited(self.path):
            text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="")
            lines = csv.writer(text, delimiter=self._delimiter())
            lines.writerow(self._columns)
            lines.writerows(self._rows())
            text.detach()
            return
        columns = [Column(text, form=TEXT if text in self._text else None) for text in self._header]
        with book(out) as workbook:
            workbook.add("ditolak", [*columns, Column(ERROR_HEADER, _REASONS_WIDTH)], self._rows())

    def _delimiter(self) -> str:
        layout = delimited.layout_of(self._source, set(self._header).__contains__)
        return layout.delimiter if layout else delimited.DELIMITERS[0]

    def _rows(self) -> Iterator[Sequence[Cell]]:
        """The rows the file has, then those of the journal that it does not have."""
        kept = set()
        if self.path.exists():
            for row in rows_in(self._kept()):
                cells = [row.cells[text] for text in self._columns]
                kept.add(fingerprint(cells[:-1]))
                yield [*cells, *row.beyond]
        added = set()
        for entry in self._journal.entries():
            digest = fingerprint(entry.cells)
            if digest not in kept and (entry.number, digest) not in added:
                added.add((entry.number, digest))
                yield [*entry.cells, entry.reasons, *entry.beyond]

    @contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CliError(f"{self.path} cannot be written: {error.strerror}") from error
