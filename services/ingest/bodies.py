"""Content modes of CloudEvents, and NDJSON: how a body is taken apart into raw events. No event is judged here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import lru_cache
from typing import Any, Literal, TypeVar
from urllib.parse import unquote_to_bytes

from pydantic_core import from_json

from shared.problems import Problem

Value = TypeVar("Value")
Kind = Literal[
    "application/cloudevents+json", "application/cloudevents-batch+json", "application/x-ndjson", "application/json"
]
STRUCTURED: Kind = "application/cloudevents+json"
BATCH: Kind = "application/cloudevents-batch+json"
NDJSON: Kind = "application/x-ndjson"
BINARY: Kind = "application/json"
"""With the attributes in headers ``ce-…``, and the data alone in the body."""

_PREFIX = "ce-"
_BINARY_ALIASES = re.compile(r"(application|text)/json|application/[a-z0-9.-]+\+json")
_CHARSETS = ("utf-8", "utf8", "us-ascii")


@dataclass(frozen=True, slots=True)
class Form:
    """What a body is; ``attributes`` are those that came in headers."""

    kind: Kind
    attributes: Mapping[str, str] = field(default_factory=dict)


def form_of(headers: Mapping[str, str]) -> Form:
    """What a body is, by its headers (names in lower case).

    Raises:
        Problem: 415, it is something else; 400, an attribute in a header cannot be read.
    """
    told = headers.get("content-type", "")
    media, charset = _media_of(told)
    if not told.strip():
        raise _unsupported("none")
    if charset not in _CHARSETS:
        raise _unsupported(told)
    for kind in (STRUCTURED, BATCH, NDJSON):
        if media == kind:
            return Form(kind)
    attributes = {name.removeprefix(_PREFIX): value for name, value in headers.items() if name.startswith(_PREFIX)}
    if attributes and not media.startswith("application/cloudevents") and _BINARY_ALIASES.fullmatch(media):
        if "datacontenttype" in attributes:
            raise _malformed("in the binary mode Content-Type says what the data is; leave ce-datacontenttype out")
        return Form(BINARY, {name: _decoded(name, value) for name, value in attributes.items()})
    raise _unsupported(told)


# Parsing it took as long as checking an event, and there are a handful of them.
@lru_cache(maxsize=1000)
def _media_of(content_type: str) -> tuple[str, str]:
    """The media type and the charset, in lower case."""
    parsed = Message()
    parsed["content-type"] = content_type
    return parsed.get_content_type(), str(parsed.get_param("charset", "utf-8")).lower()


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


def data_in(body: bytes, attributes: Mapping[str, str]) -> dict[str, Any]:
    """The raw event of a binary body.

    Raises:
        Problem: 400, the data is no JSON.
    """
    return {**attributes, "data": _json(body, object, "")} if body else dict(attributes)


def _decoded(name: str, value: str) -> str:
    """An attribute as it was before it became a header: without quotes, percent-decoded once."""
    if len(value) > 1 and value.startswith('"') and value.endswith('"'):
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    try:
        return unquote_to_bytes(value.encode("latin-1")).decode()  # strict: no overlong forms, no surrogates
    except UnicodeDecodeError as error:
        raise _malformed(f"the header {_PREFIX}{name[:40]} is not percent-encoded UTF-8") from error


def _json(body: bytes, form: type[Value], otherwise: str) -> Value:
    try:
        found = from_json(body)
    except ValueError as error:
        raise _malformed(f"the body is not JSON: {error}") from error
    if not isinstance(found, form):
        raise _malformed(otherwise)
    return found


def _malformed(detail: str) -> Problem:
    return Problem(400, "Bad Request", detail)


def _unsupported(told: str) -> Problem:
    return Problem(
        415,
        "Unsupported Media Type",
        f"send Content-Type {STRUCTURED}, {BATCH} or {NDJSON} in UTF-8, or {BINARY} with headers ce-…, not {told[:80]}",
    )
