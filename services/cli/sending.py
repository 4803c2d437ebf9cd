"""Sends events to ingest in chunks, and keeps trying while ingest cannot take them.

Repeating is always safe: an event is known by its source and id and counts once.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import httpx
from pydantic import BaseModel

from services.cli.errors import CliError
from services.cli.http_client import no_answer, read, sentence

CHUNK_LINES = 500
_COMPRESSION = 6
SHOWN_REJECTIONS = 20
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.25, 10.0
_OUTCOMES = (202, 422)
_TRY_AGAIN = (429, 503)

Line = tuple[int, bytes]
"""An event as JSON with its line feed, and the number of the line or row that it comes from."""

Answered = Callable[[Sequence[Line], Sequence["Rejection"]], None]
"""Told of each chunk that ingest has answered, and of those in it that were refused."""


Named = Callable[[int, str], str]
"""What the sender calls the field at a path of the event that comes from a line or row."""


class _FieldError(BaseModel):
    path: str
    message: str


class _RejectedEvent(BaseModel):
    index: int
    id: str | None = None
    errors: list[_FieldError]


class _Answer(BaseModel):
    accepted: int
    rejected: list[_RejectedEvent]


@dataclass(frozen=True, slots=True)
class Rejection:
    """One event that was refused: ``number`` is that of its line or row, ``reasons`` name the field and what is wrong
    with it."""

    number: int
    id: str | None
    reasons: tuple[str, ...]


@dataclass(slots=True)
class Outcome:
    """What became of what was sent so far; of the rejections only the first are kept. ``unit`` is what is counted."""

    unit: str = "line"
    accepted: int = 0
    rejected: int = 0
    shown: list[Rejection] = field(default_factory=list)

    def reject(self, rejection: Rejection) -> None:
        """One more was refused."""
        self.rejected += 1
        if len(self.shown) < SHOWN_REJECTIONS:
            self.shown.append(rejection)


class SendStoppedError(CliError):
    """Sending ended early. Everything before line or row ``number`` was taken; sending the whole again is safe too."""

    def __init__(self, reason: str, number: int, outcome: Outcome) -> None:
        super().__init__(
            f"stopped before {outcome.unit} {number}: {reason}. Run the same command again: a file goes on from "
            "there, and what was accepted is not counted twice."
        )
        self.number = number
        self.outcome = outcome


def numbered(lines: Iterable[bytes]) -> Iterator[Line]:
    """The lines that are not blank, numbered from 1."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, line if line.endswith(b"\n") else line + b"\n"


def send(
    lines: Iterable[Line],
    service: httpx.Client,
    key: str,
    outcome: Outcome,
    *,
    give_up_seconds: float,
    on_answered: Answered = lambda chunk, rejections: None,
    named: Named = lambda number, path: path,
    pause: Callable[[float], object] = time.sleep,
) -> None:
    """Send every line, and add to the ``outcome`` what became of it.

    While ingest is busy or away, the same chunk is sent again, after the time ingest asks for or with growing pauses,
    until it has failed for ``give_up_seconds``.

    Raises:
        SendStoppedError: a chunk could not be delivered; it says from where to go on.
    """
    for chunk in _chunks(lines):
        try:
            response = _deliver(chunk, service, key, give_up_seconds, pause)
            answer = read(response, _Answer)
        except CliError as error:
            raise SendStoppedError(str(error), chunk[0][0], outcome) from error
        rejections = [_rejection(item, chunk[item.index][0], named) for item in answer.rejected]
        outcome.accepted += answer.accepted
        for rejection in rejections:
            outcome.reject(rejection)
        on_answered(chunk, rejections)


def key_from(option: str | None, data: Path) -> str:
    """The API key: as given, or the operator key that ingest left in the data folder.

    Raises:
        CliError: there is neither.
    """
    if option:
        return option.strip()
    file = data / "operator.key"
    try:
        return file.read_text().strip()
    except OSError as error:
        raise CliError(
            f"no API key: give --key, set LAJU_API_KEY, or point --data to a folder with operator.key "
            f"({file}: {error.strerror})"
        ) from error


def _chunks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    waiting = iter(lines)
    while chunk := list(islice(waiting, CHUNK_LINES)):
        yield chunk


def _deliver(
    chunk: list[Line], service: httpx.Client, key: str, give_up_seconds: float, pause: Callable[[float], object]
) -> httpx.Response:
    body = gzip.compress(b"".join(line for _, line in chunk), _COMPRESSION)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
    deadline = time.monotonic() + give_up_seconds
    wait = _FIRST_PAUSE_SECONDS
    while True:
        asked: float | None = None
        try:
            response = service.post("/v1/events", content=body, headers=headers)
        except httpx.TransportError as error:
            reason = no_answer(service, error)
        else:
            if response.status_code in _OUTCOMES:
                return response
            reason = sentence(response)
            if response.status_code not in _TRY_AGAIN:
                raise CliError(reason)
            asked = _retry_after(response)
        delay = wait if asked is None else asked
        if time.monotonic() + delay > deadline:
            raise CliError(f"{reason}; gave up after {give_up_seconds:g} s")
        pause(delay)
        wait = min(wait * 2, _LONGEST_PAUSE_SECONDS)


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds; the date form of the header, which ingest does not send, is left to our own pauses."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None


def _rejection(item: _RejectedEvent, number: int, named: Named) -> Rejection:
    reasons = (
        f"{named(number, error.path)}: {error.message}" if error.path else error.message for error in item.errors
    )
    return Rejection(number, item.id, tuple(reasons))
