"""Content encodings: a body as it was before it was compressed, bounded whatever it claims to be."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import zstandard

from shared.problems import Problem

_SLICE = 256
_ZSTD_WINDOW = 8 * 1024 * 1024  # what RFC 9659 asks of HTTP
_GZIP = 16 + zlib.MAX_WBITS
ENCODINGS = ("gzip", "zstd")


def inflated(body: bytes, encoding: str, limit: int, took: Callable[[int], None]) -> bytes:
    """A body as it was before its ``Content-Encoding``; ``took`` is told of each
    part how many bytes it has, and may refuse it.

    Raises:
        Problem: 415 for another encoding, 400 if the body is not of it, 413 if it is larger than ``limit`` bytes.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name not in ENCODINGS:
        raise Problem(
            415,
            "Unsupported Media Type",
            f"send Content-Encoding {' or '.join(ENCODINGS)}, or none, not {encoding[:40]}",
            headers={"Accept-Encoding": ", ".join(ENCODINGS)},
        )
    try:
        return (_gunzipped if name == "gzip" else _unzstd)(body, limit, took)
    except (zlib.error, zstandard.ZstdError, EOFError) as error:
        raise malformed(f"the body is not {name}, or not all of it came: {error}") from error


def malformed(detail: str) -> Problem:
    """400: the body as a whole is not what was promised."""
    return Problem(400, "Bad Request", detail)


class _Growing:
    """Inflated bytes, bounded."""

    def __init__(self, limit: int, took: Callable[[int], None]) -> None:
        self._limit = limit
        self._took = took
        self.data = bytearray()

    def add(self, part: bytes) -> None:
        self._took(len(part))
        self.data += part
        if len(self.data) > self._limit:
            raise too_large("inflated body", self._limit)


def _gunzipped(body: bytes, limit: int, took: Callable[[int], None]) -> bytes:
    growing, rest = _Growing(limit, took), body
    while rest:  # several members may follow each other
        member = zlib.decompressobj(_GZIP)
        while not member.eof:
            part = member.decompress(rest, 65_536)
            growing.add(part)
            rest = member.unused_data if member.eof else member.unconsumed_tail
            if not (part or rest or member.eof):
                raise EOFError("it ends too early")
    return bytes(growing.data)


def _unzstd(body: bytes, limit: int, took: Callable[[int], None]) -> bytes:
    growing, position = _Growing(limit, took), 0
    while position < len(body):
        frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
        while not frame.eof:
            # In small slices: what comes out of one cannot be bounded, and a few bytes can stand for many.
            part = body[position : position + _SLICE]
            if not part:
                raise EOFError("it ends too early")
            growing.add(frame.decompress(part))
            position += len(part) - len(frame.unused_data)
    return bytes(growing.data)


def too_large(what: str, limit: int) -> Problem:
    """413: what is too large, and over which limit."""
    return Problem(
        413, "Content Too Large", f"the {what} is larger than {limit} bytes: send the events in smaller batches"
    )
