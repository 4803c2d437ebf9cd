"""Requests over raw connections: as few processor seconds of the client as can be, because it shares the machine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from shared import wilayah
from tests.events import citizen, event

KEY = "laju_bench_key"
ONE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
_HOMES = [wilayah.children(wilayah.children(kabkota)[0])[0] for kabkota in wilayah.kabkota_in(wilayah.NATION)]
_ACCEPTED = b"HTTP/1.1 202"


def raw_event(number: int) -> dict[str, Any]:
    """An activation that no other number gives, somewhere in the country."""
    home = _HOMES[number * 31 % len(_HOMES)]
    activation = event("ikd.activated", citizen=citizen(number), home=home, service=home[:5], channel="office")
    return {"specversion": "1.0", **activation}


def request(body: object, content_type: str) -> bytes:
    """A request as it goes over the line."""
    content = json.dumps(body).encode()
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {KEY}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


@dataclass(slots=True)
class Answers:
    """How many requests were accepted, and the first answer that was another."""

    accepted: int = 0
    other: bytes = b""

    def check(self) -> None:
        """Return if all were accepted.

        Raises:
            RuntimeError: one was not; the message is the answer.
        """
        if self.other:
            raise RuntimeError(f"not accepted: {self.other.decode(errors='replace')}")


class Connection(asyncio.Protocol):
    """One request at a time; the next one of ``requests`` goes as soon as the one before was answered."""

    def __init__(self, answers: Answers, requests: Iterator[bytes]) -> None:
        self._answers = answers
        self._requests = requests
        self.idle = True
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        """An answer came, or the rest of one."""
        if _ACCEPTED in data:
            self._answers.accepted += 1
            self.idle = True
            self._next()
        elif data.startswith(b"HTTP/1.1"):
            self._answers.other = self._answers.other or data

    def send(self, request: bytes) -> None:
        """Send one more."""
        assert self.transport is not None
        self.idle = False
        self.transport.write(request)

    def _next(self) -> None:
        if (following := next(self._requests, None)) is not None:
            self.send(following)


async def opened(port: int, connections: int, answers: Answers, requests: Iterator[bytes]) -> list[Connection]:
    """So many connections that share the requests."""
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Connection(answers, requests), "127.0.0.1", port)
        for _ in range(connections)
    ]
    return [connection for _, connection in made]


def close(connections: Iterable[Connection]) -> None:
    """End them."""
    for connection in connections:
        if connection.transport is not None:
            connection.transport.close()
