"""Files as sources of events for ``laju send``: NDJSON as it is, tables row by row. What is refused goes to a file of
its own, and how far a file was sent is kept beside the operator's other data."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Protocol, Self

from pydantic_core import to_json

from services.cli.errors import CliError
from services.cli.files.columns import Mapping as Reading
from services.cli.files.events import RowProblem, column_of, event_of, keyed_identity
from services.cli.files.reading import SUFFIXES, open_table
from services.cli.files.refused import RefusedFile
from services.cli.files.row import Cell, Row
from services.cli.files.vocabulary import ERROR_HEADER, Field
from services.cli.sending import Line, Outcome, Rejection, numbered
from shared.secrets import kept_in
from shared.upcast import RawEvent

LINES = (".ndjson", ".jsonl")


class Source(Protocol):
    """A file that is being sent. A context manager: refused events are in their file once it ends."""

    total: int | None
    unit: str
    refused_path: Path

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(self, *raised: object) -> None:
        """End."""

    def lines(self, after: int, outcome: Outcome) -> Iterator[Line]:
        """The events behind line or row ``after``; what cannot be an event goes to the outcome."""

    def named(self, number: int, path: str) -> str:
        """What the file calls the field at a path of the event of a line or row that is in hand."""

    def refuse(self, rejections: Sequence[Rejection]) -> None:
        """Keep what ingest refused, safely."""


def source_of(
    path: Path, data: Path, reading: Reading, defaults: Mapping[Field, Cell], refused_path: Path | None
) -> Source:
    """The source for a file, by the ending of its name. ``data`` is where the key of the ids is kept.

    Raises:
        CliError: nothing is known that reads such a file, or it cannot be read.
    """
    ending = path.suffix.lower()
    if ending in LINES:
        return Lines(path, refused_path)
    if ending in SUFFIXES:
        return Rows(path, data, reading, defaults, refused_path)
    raise CliError(f"{path}: files that end in {', '.join((*LINES, *SUFFIXES))} can be sent")


class Rows:
    """A table: an event a row."""

    unit = "row"

    def __init__(
        self, path: Path, data: Path, reading: Reading, defaults: Mapping[Field, Cell], refused_path: Path | None
    ) -> None:
        self._reading = reading
        self._defaults = defaults
        self._table = open_table(path, reading)
        self._refused = RefusedFile(path, self._table.header, refused_path, mapping=reading)
        self._identify = keyed_identity(bytes.fromhex(kept_in(data / "send.key", lambda: os.urandom(32).hex())))
        self._in_hand: dict[int, Row] = {}
        self.total: int | None = self._table.total
        self.refused_path = self._refused.path
        self.columns = self._table.columns

    def __enter__(self) -> Self:
        """Take up what an interrupted run refused."""
        self._refused.__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        """Write the refused rows."""
        self._refused.__exit__(None, None, None)

    def judged(self, after: int = 0) -> Iterator[tuple[Row, RawEvent | tuple[RowProblem, ...]]]:
        """Every row behind ``after`` with its event, or with all its problems."""
        for row in self._table.rows:
            if row.number <= after:
                continue
            yield row, event_of(row, self._reading, self._defaults, self._identify, now=datetime.now(UTC))

    def lines(self, after: int, outcome: Outcome) -> Iterator[Line]:
        """The events of the rows behind ``after``; rows with problems are refused."""
        for row, made in self.judged(after):
            if isinstance(made, tuple):
                rejection = Rejection(row.number, None, tuple(problem.reason for problem in made))
                outcome.reject(rejection)
                self._refused.add(row, rejection.reasons)
            else:
                self._in_hand[row.number] = row
                yield row.number, to_json(made) + b"\n"

    def named(self, number: int, path: str) -> str:
        """The header of its column, if it has one."""
        return column_of(path, self._in_hand[number], self._reading) or path

    def refuse(self, rejections: Sequence[Rejection]) -> None:
        """Keep the rows of the answered chunk that ingest refused."""
        for rejection in rejections:
            self._refused.add(self._in_hand[rejection.number], rejection.reasons)
        self._refused.sync()
        self._in_hand.clear()


class Lines:
    """NDJSON: an event a line. A refused one is kept with its reasons in a member that ingest leaves out."""

    unit = "line"

    def __init__(self, path: Path, refused_path: Path | None) -> None:
        self._path = path
        self._in_hand: dict[int, bytes] = {}
        self._refused: IO[bytes] | None = None
        self._kept = ExitStack()
        self.total: int | None = None
        self.refused_path = refused_path or path.with_name(f"{path.stem}.ditolak.ndjson")

    def __enter__(self) -> Self:
        """Nothing is opened before it is needed."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Close the file of refused lines, if there is one."""
        self._kept.close()

    def lines(self, after: int, outcome: Outcome) -> Iterator[Line]:
        """The lines behind ``after``."""
        try:
            opened = self._path.open("rb")
        except OSError as error:
            raise CliError(f"{self._path} cannot be read: {error.strerror}") from error
        with opened:
            for number, line in numbered(opened):
                if number > after:
                    self._in_hand[number] = line
                    yield number, line

    def named(self, number: int, path: str) -> str:
        """Lines are events: the path as it is."""
        return path

    def refuse(self, rejections: Sequence[Rejection]) -> None:
        """Append the refused lines of the answered chunk."""
        for rejection in rejections:
            self._append(_told(self._in_hand[rejection.number], rejection.reasons))
        if self._refused is not None:
            self._refused.flush()
            os.fsync(self._refused.fileno())
        self._in_hand.clear()

    def _append(self, line: bytes) -> None:
        if self._refused is None:
            try:
                descriptor = os.open(self.refused_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            except OSError as error:
                raise CliError(f"{self.refused_path} cannot be written: {error.strerror}") from error
            self._refused = self._kept.enter_context(os.fdopen(descriptor, "ab"))
        self._refused.write(line)


def _told(line: bytes, reasons: Sequence[str]) -> bytes:
    try:
        event = json.loads(line)
    except ValueError:
        return line
    if not isinstance(event, dict):
        return line
    return json.dumps(event | {ERROR_HEADER: "; ".join(reasons)}, ensure_ascii=False).encode() + b"\n"
