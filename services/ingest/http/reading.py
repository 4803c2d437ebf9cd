"""The body of a request, read in time and never more than its limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.types import Receive

from services.ingest.encodings import malformed, too_large
from shared.problems import Problem

_FIRST_SECONDS = 10.0
_BYTES_PER_SECOND = 1000


async def read(receive: Receive, limit: int, took: Callable[[int], None]) -> bytes:
    """The whole body as it was sent; ``took`` is told of each part how many bytes it has, and may refuse it.

    A sender has ten seconds, and one more for each kilobyte that has come.

    Raises:
        Problem: 413, it is larger than ``limit`` bytes; 408, it comes too slowly; 400, the sender went away.
    """
    body = bytearray()
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        try:
            async with asyncio.timeout_at(began + _FIRST_SECONDS + len(body) / _BYTES_PER_SECOND):
                message = await receive()
        except TimeoutError:
            raise Problem(
                408,
                "Request Timeout",
                f"only {len(body)} bytes of the body came in {loop.time() - began:.0f} seconds: send the events in "
                "smaller batches, or compressed",
                headers={"Connection": "close"},
            ) from None
        if message["type"] == "http.disconnect":
            raise malformed("the connection was closed before the whole body had come")
        part = message.get("body", b"")
        took(len(part))
        body += part
        if len(body) > limit:
            raise too_large("body", limit)
        if not message.get("more_body", False):
            return bytes(body)
