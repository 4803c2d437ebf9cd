"""A TCP proxy for each connection between a service and a server, which can cut it, slow it down, make it go dark (half
open: bytes vanish, neither end hears of it) or end a process at an exact point of the conversation."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

Towards = Literal["server", "client"]
_CHUNK = 65_536
_OVERLAP = 64  # longer than any pattern: one may lie across two chunks


@dataclass
class Tripwire:
    """Acts when the steps (direction, bytes to be seen; empty: anything) were seen in this order on one connection.

    The chunk with the last step is not forwarded.
    """

    steps: tuple[tuple[Towards, bytes], ...]
    act: Callable[[], None]
    hit: threading.Event = field(default_factory=threading.Event)


@dataclass(eq=False)
class _Connection:
    """``dark``: everything sent on it vanishes."""

    writers: tuple[asyncio.StreamWriter, asyncio.StreamWriter]
    dark: bool = False
    steps_seen: int = 0
    tail: dict[Towards, bytes] = field(default_factory=lambda: {"server": b"", "client": b""})

    def abort(self) -> None:
        for writer in self.writers:
            writer.transport.abort()


class Proxy:
    """One link: a port that leads to another port of this machine. Everything but ``delay_seconds`` and ``tripwire``
    belongs to the event loop."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.delay_seconds = 0.0
        self.tripwire: Tripwire | None = None
        self.port = 0

    async def open(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Cut everything and listen no more."""
        assert self._server is not None
        self._server.close()
        self.cut()
        # Their connections are cut, so their work is over; cancelled, the stream protocol would log an error for each.
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Reset every connection; new ones are served."""
        for connection in self._connections:
            connection.abort()

    def darken(self) -> None:
        """Every connection there is goes dark for good; new ones are served."""
        for connection in self._connections:
            connection.dark = True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.transport.abort()
            self._tasks.discard(task)
            return
        connection = _Connection((writer, far_writer))
        self._connections.add(connection)
        pumps = [
            asyncio.create_task(self._pump(connection, reader, far_writer, "server")),
            asyncio.create_task(self._pump(connection, far_reader, writer, "client")),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            if connection.dark:  # the other end does not hear that this one is gone
                await asyncio.wait(pumps)
        finally:
            connection.abort()
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._connections.discard(connection)
            self._tasks.discard(task)

    async def _pump(
        self, connection: _Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, towards: Towards
    ) -> None:
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)  # the fault itself: a slow network
                if self._trips(connection, towards, chunk):
                    return
                if not connection.dark:
                    writer.write(chunk)
                    await writer.drain()

    def _trips(self, connection: _Connection, towards: Towards, chunk: bytes) -> bool:
        seen = connection.tail[towards] + chunk
        connection.tail[towards] = seen[-_OVERLAP:]
        wire = self.tripwire
        if wire is None or wire.hit.is_set():
            return False
        while connection.steps_seen < len(wire.steps):
            direction, pattern = wire.steps[connection.steps_seen]
            if direction != towards or pattern not in seen:
                return False
            connection.steps_seen += 1
            seen = seen[seen.index(pattern) + len(pattern) :]
        wire.hit.set()
        wire.act()
        return True

    def arm(self, wire: Tripwire | None) -> None:
        """Watch for a tripwire from now on, or for none."""
        for connection in self._connections:
            connection.steps_seen = 0
        self.tripwire = wire


class Network:
    """All links, by name, on an event loop in a thread of its own."""

    def __init__(self, targets: Mapping[str, int]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network", daemon=True)
        self._thread.start()
        self._links = {name: Proxy(port) for name, port in targets.items()}
        for link in self._links.values():
            asyncio.run_coroutine_threadsafe(link.open(), self._loop).result(10)

    def port(self, name: str) -> int:
        """Where a link is entered."""
        return self._links[name].port

    def names(self, end: str) -> list[str]:
        """The links whose name ends so, such as ``-bus``."""
        return [name for name in self._links if name.endswith(end)]

    def cut(self, names: Iterable[str]) -> None:
        """Reset all connections of these links."""
        self._each(names, Proxy.cut)

    def darken(self, names: Iterable[str]) -> None:
        """All connections of these links go dark for good."""
        self._each(names, Proxy.darken)

    def delay(self, names: Iterable[str], seconds: float) -> None:
        """Every chunk on these links takes so much longer, in each direction."""
        for name in names:
            self._links[name].delay_seconds = seconds

    def arm(self, name: str, wire: Tripwire | None) -> None:
        """Put a tripwire on a link, or take it away."""
        self._each([name], lambda link: link.arm(wire))

    def close(self) -> None:
        """Close all links and end the thread."""
        for link in self._links.values():
            asyncio.run_coroutine_threadsafe(link.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _each(self, names: Iterable[str], act: Callable[[Proxy], None]) -> None:
        async def run() -> None:
            for name in names:
                act(self._links[name])

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)
