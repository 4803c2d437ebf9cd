"""Request bodies by content type: what a request holds, event by event. No event is judged here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from pydantic_core import from_json

from shared.problems import Problem

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
NDJSON = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Malformed:
    """A line that is not JSON; the others of its request are unaffected."""

    reason: str


@dataclass(frozen=True, slots=True)
class Body:
    """The raw events of a request, in order; ``single`` if it was one event and not a collection of one."""

    events: list[object]
    single: bool


async def read(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    """The whole body, never more than ``limit`` bytes of it in memory.

    Raises:
        Problem: 413, it is larger.
    """
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > limit:
            raise Problem(
                413, "Content Too Large", f"the body is larger than {limit} bytes: send the events in smaller batches"
            )
    return bytes(body)


def parse(content_type: str | None, body: bytes) -> Body:
    """The events in a body.

    Raises:
        Problem: 415 for another content type, 400 if the body as a whole is not what its type says.
    """
    match (content_type or "").partition(";")[0].strip().lower():
        case "application/cloudevents+json":
            event = _json(body)
            if not isinstance(event, dict):
                raise _malformed(f"a body of type {STRUCTURED} must be one JSON object; for several use {BATCH}")
            return Body([event], single=True)
        case "application/cloudevents-batch+json":
            events = _json(body)
            if not isinstance(events, list):
                raise _malformed(f"a body of type {BATCH} must be a JSON array of events")
            return Body(events, single=False)
        case "application/x-ndjson":
            return Body([_line(line) for line in body.split(b"\n") if line.strip()], single=False)
    raise Problem(
        415,
        "Unsupported Media Type",
        f"send Content-Type {STRUCTURED}, {BATCH} or {NDJSON}, not {content_type or 'none'}",
    )


def _json(body: bytes) -> object:
    try:
        return from_json(body)
    except ValueError as error:
        raise _malformed(f"the body is not JSON: {error}") from error


def _line(line: bytes) -> object:
    try:
        return from_json(line)
    except ValueError as error:
        return Malformed(f"the line is not JSON: {error}")


def _malformed(detail: str) -> Problem:
    return Problem(400, "Bad Request", detail)
