"""The lines of an archive of EVENTS. Pure: a message in, a line out, and back byte for byte.

An archive is gzip NDJSON. The first line is the :class:`Header`, the last the :class:`Manifest`; between them is one
line for each JetStream message::

    {"subject": "events.3", "sequence": 7, "time": "2024-06-27T02:00:00.123456+00:00", "headers": {…},
     "bytes": 412, "envelope": [{"specversion": "1.0", …}, …]}

``envelope`` holds the stored body as it is, so a line may not be formatted anew. A body that would not survive as JSON
on one line is ``body``, in base64, instead. ``time`` is when JetStream stored the message (UTC); it is for people only.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json, to_json

Format = Literal["laju-events/1"]
FORMAT: Format = "laju-events/1"
_ENVELOPE = b',"envelope":'


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Header(_Line):
    """What was exported: a stream as created at ``created`` (its server's clock), up to sequence ``through``."""

    format: Format
    created: str
    partitions: Annotated[int, Field(ge=1, le=256)]
    through: Annotated[int, Field(ge=0)]


class Manifest(Header):
    """What the archive holds. ``events`` counts those in envelopes that can be read; sequences are 0 if there are no
    messages; ``sha256`` is that of :class:`Tally`."""

    messages: int
    events: int
    first_sequence: int
    last_sequence: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Stored:
    """One message as it lies in EVENTS; ``events`` is how many its envelope holds, ``None`` if it is no envelope."""

    subject: str
    sequence: int
    time: str
    headers: dict[str, str]
    body: bytes
    events: int | None


@dataclass(slots=True)
class Tally:
    """What a manifest is made of, counted message by message.

    The digest is SHA-256 over, for each message, the line ``<sequence> <subject> <bytes of body>\\n`` and the body.
    """

    messages: int = 0
    events: int = 0
    first_sequence: int = 0
    last_sequence: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)

    def add(self, message: Stored) -> None:
        """Count a message."""
        self.messages += 1
        self.events += message.events or 0
        self.first_sequence = self.first_sequence or message.sequence
        self.last_sequence = message.sequence
        self._digest.update(f"{message.sequence} {message.subject} {len(message.body)}\n".encode())
        self._digest.update(message.body)

    def manifest(self, header: Header) -> Manifest:
        """The manifest of everything counted so far."""
        return Manifest(
            **header.model_dump(),
            messages=self.messages,
            events=self.events,
            first_sequence=self.first_sequence,
            last_sequence=self.last_sequence,
            sha256=self._digest.hexdigest(),
        )


def events_in(body: bytes) -> int | None:
    """How many events an envelope holds; ``None`` if the body is no JSON array."""
    try:
        content = from_json(body, allow_inf_nan=False)
    except ValueError:
        return None
    return len(content) if isinstance(content, list) else None


def line_of(message: Stored) -> bytes:
    """The message as one line, its line feed included."""
    head: dict[str, Any] = {
        "subject": message.subject,
        "sequence": message.sequence,
        "time": message.time,
        "headers": message.headers,
    }
    if message.events is None or b"\n" in message.body:
        return to_json(head | {"body": base64.b64encode(message.body).decode()}) + b"\n"
    start = to_json(head | {"bytes": len(message.body)}).removesuffix(b"}")
    return start + _ENVELOPE + message.body + b"}\n"


class _MessageLine(_Line):
    subject: Annotated[str, Field(pattern=r"^events\.\d+$")]
    sequence: Annotated[int, Field(ge=1)]
    time: str
    headers: dict[str, str]
    bytes: Annotated[int, Field(ge=0)] | None = None
    body: str | None = None
    envelope: list[Any] | None = None


def message_in(line: bytes) -> Stored:
    """The message that a line holds.

    Raises:
        ValueError: it is not such a line; the text says why and repeats none of it.
    """
    try:
        read = _MessageLine.model_validate_json(line)
    except ValidationError as error:
        raise ValueError(_reason(error)) from None
    if read.envelope is not None and read.bytes is not None:
        text = line.removesuffix(b"\n").removesuffix(b"}")
        start = len(text) - read.bytes
        if text[max(start - len(_ENVELOPE), 0) : start] != _ENVELOPE:
            raise ValueError("the envelope is not as long as the line says; was the file formatted anew?")
        return Stored(read.subject, read.sequence, read.time, read.headers, text[start:], len(read.envelope))
    if read.body is not None:
        body = base64.b64decode(read.body, validate=True)
        return Stored(read.subject, read.sequence, read.time, read.headers, body, events_in(body))
    raise ValueError("it has neither an envelope with its length nor a body")


def header_in(line: bytes) -> Header:
    """The header that a first line holds.

    Raises:
        ValueError: it holds none, or one of another format.
    """
    try:
        return Header.model_validate_json(line)
    except ValidationError as error:
        raise ValueError(_reason(error)) from None


def manifest_in(line: bytes) -> Manifest | None:
    """The manifest that a line holds, ``None`` if it is another line."""
    if not line.startswith(b'{"format":'):
        return None
    try:
        return Manifest.model_validate_json(line)
    except ValidationError:
        return None


def _reason(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else "it is not complete JSON"
