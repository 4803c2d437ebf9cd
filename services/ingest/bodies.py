"""Request bodies by content type: how a request is taken apart. No event is judged here."""

from __future__ import annotations

from typing import Literal, TypeVar

from pydantic_core import from_json
from starlette.types import Receive

from shared.problems import Problem

Form = TypeVar("Form")
Kind = Literal["application/cloudevents+json", "application/cloudevents-batch+json", "application/x-ndjson"]
STRUCTURED: Kind = "application/cloudevents+json"
BATCH: Kind = "application/cloudevents-batch+json"
NDJSON: Kind = "application/x-ndjson"


async def read(receive: Receive, limit: int) -> bytes:
    """The whole body of a request, never more than ``limit`` bytes of it in memory.

    Raises:
        Problem: 413, it is larger; 400, the sender went away.
    """
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _malformed("the connection was closed before the whole body had come")
        body += message.get("body", b"")
        if len(body) > limit:
            raise Problem(
                413, "Content Too Large", f"the body is larger than {limit} bytes: send the events in smaller batches"
            )
        if not message.get("more_body", False):
            return bytes(body)


def kind_of(content_type: str | None) -> Kind:
    """What a body is, by its content type.

    Raises:
        Problem: 415, it is something else.
    """
    told = (content_type or "").partition(";")[0].strip().lower()
    for kind in (STRUCTURED, BATCH, NDJSON):
        if told == kind:
            return kind
    raise Problem(
        415,
        "Unsupported Media Type",
        f"send Content-Type {STRUCTURED}, {BATCH} or {NDJSON}, not {content_type or 'none'}",
    )


def one_in(body: bytes) -> object:
    """The raw event of a structured body.

    Raises:
        Problem: 400, it is no JSON object.
    """
    return _json(body, dict, f"a body of type {STRUCTURED} must be one JSON object; for several use {BATCH}")


def batch_in(body: bytes) -> list[object]:
    """The raw events of a batch.

    Raises:
        Problem: 400, it is no JSON array.
    """
    return _json(body, list, f"a body of type {BATCH} must be a JSON array of events")


def lines_in(body: bytes) -> list[bytes]:
    """The lines of an NDJSON body, blank ones left out."""
    return [line for line in body.split(b"\n") if line.strip()]


def _json(body: bytes, form: type[Form], otherwise: str) -> Form:
    try:
        found = from_json(body)
    except ValueError as error:
        raise _malformed(f"the body is not JSON: {error}") from error
    if not isinstance(found, form):
        raise _malformed(otherwise)
    return found


def _malformed(detail: str) -> Problem:
    return Problem(400, "Bad Request", detail)
