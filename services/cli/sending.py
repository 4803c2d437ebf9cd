"""Sends NDJSON events to ingest in chunks, and keeps trying while ingest cannot take them.

Repeating is always safe: an event is known by its source and id and counts once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from pydantic import BaseModel

from services.cli.errors import CliError
from services.cli.http_client import no_answer, read, sentence

CHUNK_LINES = 500
SHOWN_REJECTIONS = 20
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.25, 10.0
_OUTCOMES = (202, 422)
_TRY_AGAIN = (429, 503)

Line = tuple[int, bytes]


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
    """One event that ingest refused: ``line`` counts from 1, ``reasons`` name the field and what is wrong with it."""

    line: int
    id: str | None
    reasons: tuple[str, ...]


@dataclass(slots=True)
class Outcome:
    """What became of the lines sent so far; of the rejections only the first are kept."""

    accepted: int = 0
    rejected: int = 0
    shown: list[Rejection] = field(default_factory=list)


class SendStoppedError(CliError):
    """Sending ended early. Everything before ``line`` was taken; sending the whole file again is safe too."""

    def __init__(self, reason: str, line: int, outcome: Outcome) -> None:
        super().__init__(
            f"stopped before line {line}: {reason}. Send again from line {line} on, or simply everything: "
            "repeating is safe, what was accepted is not counted twice."
        )
        self.line = line
        self.outcome = outcome


def send(
    lines: Iterable[bytes],
    service: httpx.Client,
    key: str,
    *,
    give_up_seconds: float,
    on_sent: Callable[[int], None] = lambda _: None,
    pause: Callable[[float], object] = time.sleep,
) -> Outcome:
    """Send every line that is not blank; ``on_sent`` is told the bytes of each chunk that was taken.

    While ingest is busy or away, the same chunk is sent again, after the time ingest asks for or with growing pauses,
    until it has failed for ``give_up_seconds``.

    Raises:
        SendStoppedError: a chunk could not be delivered; it says from which line to go on.
    """
    outcome = Outcome()
    for chunk in _chunks(lines):
        try:
            response = _deliver(chunk, service, key, give_up_seconds, pause)
            answer = read(response, _Answer)
        except CliError as error:
            raise SendStoppedError(str(error), chunk[0][0], outcome) from error
        _add(outcome, answer, chunk)
        on_sent(sum(len(line) for _, line in chunk))
    return outcome


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


def _chunks(lines: Iterable[bytes]) -> Iterator[list[Line]]:
    chunk: list[Line] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            chunk.append((number, line if line.endswith(b"\n") else line + b"\n"))
        if len(chunk) == CHUNK_LINES:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _deliver(
    chunk: list[Line], service: httpx.Client, key: str, give_up_seconds: float, pause: Callable[[float], object]
) -> httpx.Response:
    body = b"".join(line for _, line in chunk)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
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


def _add(outcome: Outcome, answer: _Answer, chunk: list[Line]) -> None:
    outcome.accepted += answer.accepted
    outcome.rejected += len(answer.rejected)
    for item in answer.rejected[: SHOWN_REJECTIONS - len(outcome.shown)]:
        reasons = tuple(f"{error.path}: {error.message}" if error.path else error.message for error in item.errors)
        outcome.shown.append(Rejection(chunk[item.index][0], item.id, reasons))
