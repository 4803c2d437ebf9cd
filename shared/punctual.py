"""HTTP connections on which a request's head must come whole, soon and small, and answers are taken.

uvicorn bounds how long a connection may be idle between two requests, and nothing before the first one has come: a few
hundred senders of a byte a minute would hold every connection there is. So would who asks and never reads the answer,
above all one without an end.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEAD_SECONDS = 10.0
_HEAD_BYTES = 64 * 1024
_TAKING_SECONDS = 30.0
_LAST_SECONDS = 1.0


class PunctualProtocol(HttpToolsProtocol):
    """Answers 408 and 431 and closes when a head takes longer than ten seconds or is larger than 64 KiB; closes when
    of what waits to be sent, 64 KiB or more, three quarters are not taken within half a minute, or within a second once
    the server ends."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._due: asyncio.TimerHandle | None = None
        self._untaken: asyncio.TimerHandle | None = None
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows the type so
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._end()
        self._taken()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """The first byte of a head has come."""
        super().on_message_begin()
        if self._due is None:
            self._begin()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._end()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Part of a head, of a body, or of both."""
        super().data_received(data)
        if self._due is not None:
            self._head_bytes += len(data)
            if self._head_bytes > _HEAD_BYTES:
                self._refuse(b"431 Request Header Fields Too Large")

    def pause_writing(self) -> None:
        """More waits to be sent than should."""
        super().pause_writing()
        self._taken()
        self._untaken = self.loop.call_later(_TAKING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Most of it was taken."""
        self._taken()
        super().resume_writing()

    def shutdown(self) -> None:
        """The server ends."""
        super().shutdown()
        # Encrypted, a line that was closed still waits for the other side to say so, which one that is idle does not.
        if self._untaken is not None or self.transport.is_closing():
            self._taken()
            self._untaken = self.loop.call_later(_LAST_SECONDS, self.transport.abort)

    def _taken(self) -> None:
        if self._untaken is not None:
            self._untaken.cancel()
            self._untaken = None

    def _begin(self) -> None:
        self._head_bytes = 0
        self._due = self.loop.call_later(_HEAD_SECONDS, self._refuse, b"408 Request Timeout")

    def _end(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _refuse(self, status: bytes) -> None:
        self._end()
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 %s\r\nconnection: close\r\ncontent-length: 0\r\n\r\n" % status)
            self.transport.close()
