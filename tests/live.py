"""Listening to a live stream as a browser does, and what it has told so far."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.waiting import until


@dataclass
class Stream:
    """An open stream: the ``headers`` of the answer, the data of each message and its other ``fields``.

    ``comments`` counts the heartbeats; ``ended`` is set once the server has ended it as it should, or the line is lost,
    which ``error`` then says.
    """

    headers: Mapping[str, str]
    messages: list[dict[str, Any]] = field(default_factory=list)
    fields: list[dict[str, str]] = field(default_factory=list)
    comments: int = 0
    ended: threading.Event = field(default_factory=threading.Event)
    error: str | None = None

    @property
    def last(self) -> dict[str, Any]:
        """The figures told last."""
        return self.messages[-1]

    def told(self, what: Callable[[dict[str, Any]], object], *, seconds: float = 20) -> dict[str, Any]:
        """The first figures of all of which this is true."""
        (found,) = until(lambda: [told for told in list(self.messages) if what(told)][:1], seconds=seconds)
        return found


@contextmanager
def listening(url: str, code: str, headers: Mapping[str, str] | None = None) -> Iterator[Stream]:
    """A stream from its first message on, given up afterwards."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    connection.request("GET", f"/v1/regions/{code}/live", headers={"Accept": "text/event-stream", **(headers or {})})
    line = connection.sock
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    stream = Stream({name.lower(): value for name, value in answer.getheaders()})
    reading = threading.Thread(target=_read, args=(answer, stream))
    reading.start()
    try:
        until(lambda: stream.messages or stream.ended.is_set())
        yield stream
    finally:
        if not stream.ended.is_set():
            line.shutdown(socket.SHUT_RDWR)
        reading.join()
        connection.close()


def _read(answer: http.client.HTTPResponse, stream: Stream) -> None:
    fields: dict[str, str] = {}
    try:
        while line := answer.readline().decode():
            name, _, value = line.rstrip("\n").partition(":")
            if name:
                fields[name] = value.removeprefix(" ")
            elif "data" in fields:
                told = json.loads(fields.pop("data"))
                stream.fields.append(fields)
                stream.messages.append(told)
                fields = {}
            elif line.startswith(":"):
                stream.comments += 1
    except (OSError, http.client.HTTPException) as error:
        stream.error = type(error).__name__
    finally:
        stream.ended.set()
