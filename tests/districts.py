"""A hub and districts with servers of their own, as the commands and ``deploy/nats`` set them up."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from typer.testing import CliRunner

from services.cli.commands.district import district
from services.cli.districts.link import Link
from services.cli.stream_creation import create
from shared.bus import INTAKE, REJECTED, intake_subject, rejected_subject
from tests.faults.proxy import Proxy
from tests.hub import Hub, hub_in
from tests.servers import BIN, Process, free_port, get, listens, running
from tests.waiting import eventually

DENPASAR, BADUNG = "51.71", "51.03"


class Line(Proxy):
    """A line that stays cut until it is mended."""

    is_cut = False

    def cut(self) -> None:
        self.is_cut = True
        super().cut()

    def mend(self) -> None:
        self.is_cut = False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            writer.transport.abort()
            return
        await super()._serve(reader, writer)


@dataclass
class Leaf:
    """A district's server and its line to the hub."""

    link: Link
    line: Line
    process: Process
    url: str
    monitoring: str

    async def emit(self, texts: Sequence[str], subject: str | None = None, **headers: str) -> None:
        """Put these on the district's subject, each acknowledged."""
        async with connected(self.url) as client:
            for text in texts:
                told = {name.replace("_", "-"): value for name, value in headers.items()}
                await client.jetstream().publish(subject or intake_subject(self.link.code), text.encode(), headers=told)

    async def ask(self, subject: str, body: bytes = b"") -> bytes | None:
        """What the hub answers a request of the district, ``None`` if nothing."""
        async with connected(self.url) as client:
            answers = await client.subscribe("$JSC.R.mine")  # where the hub lets the district hear an answer
            await client.publish(subject, body, reply="$JSC.R.mine")
            try:
                answer = await answers.next_msg(timeout=0.3)
            except NatsTimeoutError:
                return None
            nobody = (answer.headers or {}).get("Status") == "503"
            return None if nobody else answer.data

    async def say(self, *lines: bytes) -> None:
        """Lines of the protocol, as a changed server or client might say them."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(self.url))
        writer.write(b'CONNECT {"verbose":false,"headers":true}\r\n' + b"".join(lines) + b"PING\r\n")
        while await reader.readline() != b"PONG\r\n":
            pass
        writer.close()
        await writer.wait_closed()


@dataclass
class World:
    """A hub, and districts that are joined to it."""

    server: Hub
    stack: ExitStack
    leaves: dict[str, Leaf] = field(default_factory=dict)
    printed: str = ""

    @property
    def folder(self) -> Path:
        return self.server.folder

    @property
    def hub(self) -> Process:
        return self.server.process

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def roster(self) -> Path:
        return self.server.roster

    async def join(self, *codes: str) -> list[Leaf]:
        """What the operators of the hub and of these districts do; INTAKE copies each district then."""
        for code in codes:
            await self._new(code)
        self.server.write_accounts()
        await self.start()
        for code in codes:
            leaf = self.leaves[code]
            self.stack.enter_context(running(leaf.process, partial(listens, port_of(leaf.url))))
            await self.laju("prepare", code, "--nats-url", leaf.url)
        await self.lines_are_up(len(codes))
        await self.connect()
        return [self.leaves[code] for code in codes]

    async def start(self) -> None:
        """The hub, with the streams that the services make."""
        self.stack.enter_context(running(self.hub, partial(listens, self.server.port)))
        await self.on_hub(lambda client: create(client.jetstream(), replicas=1, partitions=16))

    async def lines_are_up(self, count: int) -> None:
        """The servers of so many districts are connected. A hub that begins to copy one before tries again after 40
        seconds only."""

        async def there() -> bool:
            found = await asyncio.to_thread(get, f"{self.server.monitoring}/leafz")
            return bool(found["leafnodes"] == count)

        await eventually(there)

    async def _new(self, code: str) -> None:
        line = Line(self.server.leaf_port)
        await line.open()
        port, folder = free_port(), self.folder / code
        await self.laju(
            "new", code, "--hub", f"tls://127.0.0.1:{line.port}", "--out", folder,
            "--listen", f"127.0.0.1:{port}", "--store", folder / "store", "--ca-file", self.server.authority,
        )  # fmt: skip
        with self.roster.open("a") as roster:
            roster.write(self.printed)
        process, monitoring = server(folder / "leaf.conf")
        self.leaves[code] = Leaf(Link(code), line, process, f"nats://127.0.0.1:{port}", monitoring)

    async def connect(self, *more: str) -> str:
        """INTAKE copies the districts of the roster."""
        return await self.laju("connect", self.roster, "--nats-url", self.url, *more)

    async def laju(self, *arguments: object) -> str:
        """What a command prints; it must succeed."""
        result = await asyncio.to_thread(self.invoke, *arguments)
        assert result.exit_code == 0, result.output
        self.printed = str(result.stdout)
        return self.printed

    def invoke(self, *arguments: object) -> Any:
        # A district's own server asks for no key.
        environment = {} if "prepare" in arguments else self.server.environment("administrator")
        return CliRunner(env=environment).invoke(district, [str(argument) for argument in arguments])

    async def on_hub(self, work: Callable[[Client], Awaitable[Any]]) -> Any:
        async with self.server.connected() as client:
            return await work(client)

    async def hub_reached(self) -> None:
        """Return once its JetStream answers."""

        async def there() -> bool:
            try:
                await self.on_hub(lambda client: client.jetstream().account_info())
            except (OSError, NatsError):
                return False
            return True

        await eventually(there)

    async def hub_restarted(self, how: int = signal.SIGTERM) -> None:
        """Ended, started again, and reached."""
        await asyncio.to_thread(self.hub.end, how)
        self.hub.start()
        await self.hub_reached()

    async def copied(self, code: str = DENPASAR) -> list[str]:
        """What INTAKE holds of a district, in order."""
        return [text for subject, text in await self.held(INTAKE) if subject == intake_subject(code)]

    async def held(self, stream: str) -> list[tuple[str, str]]:
        """Subject and text of all that a stream of the hub holds."""
        return list(await self.on_hub(lambda client: held(client.jetstream(), stream)))

    async def refuse(self, code: str, texts: Sequence[str]) -> None:
        """As ingest does."""
        async with self.server.connected("ingest") as client:
            for text in texts:
                await client.jetstream().publish(rejected_subject(code), text.encode())

    async def streams(self) -> set[str]:
        async def names(client: Client) -> set[str]:
            return {str(info.config.name) for info in await client.jetstream().streams_info()}

        return set(await self.on_hub(names))


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Client]:
    client = await nats.connect(url, allow_reconnect=False)
    try:
        yield client
    finally:
        await client.close()


async def held(js: JetStreamContext, stream: str) -> list[tuple[str, str]]:
    last = (await js.stream_info(stream)).state.last_seq
    found = []
    for sequence in range(1, last + 1):
        message = await js.get_msg(stream, sequence)
        found.append((message.subject or "", (message.data or b"").decode()))
    return found


async def returned(leaf: Leaf) -> list[str]:
    """What the district's own REJECTED holds."""
    async with connected(leaf.url) as client:
        return [text for _, text in await held(client.jetstream(), REJECTED)]


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def server(configuration: Path) -> tuple[Process, str]:
    """A server, not started yet, and where it can be looked into."""
    port = free_port()
    command = [str(BIN / "nats-server"), "-c", str(configuration), "-m", str(port)]
    process = Process(configuration.stem, command, configuration.with_suffix(".log"))
    return process, f"http://127.0.0.1:{port}"


async def restarted(process: Process, url: str, how: int = signal.SIGTERM) -> None:
    """Ended, started again, and reached."""
    await asyncio.to_thread(process.end, how)
    process.start()
    await reached(url)


async def reached(url: str) -> None:
    """Return once JetStream answers there."""

    async def there() -> bool:
        try:
            async with connected(url) as client:
                await client.jetstream().account_info()
        except (OSError, NatsError):
            return False
        return True

    await eventually(there)


def numbered(name: str, count: int) -> list[str]:
    return [f"{name} {number}" for number in range(count)]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """The hub of deploy/nats on ports and in folders of its own, not started yet."""
    with ExitStack() as stack:
        found = World(hub_in(tmp_path), stack)
        yield found
        for leaf in found.leaves.values():
            await leaf.line.close()
