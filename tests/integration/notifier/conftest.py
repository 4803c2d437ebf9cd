"""Real servers for the notifier's tests: NATS with JetStream, a MongoDB-compatible server and an SMTP relay."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import nats
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from nats.js import JetStreamContext

from services.notifier.settings import NotifierSettings
from shared import bus
from shared.database import Database, DatabaseUnavailableError
from shared.events import PaceAssessed
from shared.events.standing import Standing
from tests.days import not_today
from tests.servers import Process, free_port, service
from tests.waiting import eventually

HEAD = "kepala@dukcapil.serangkab.go.id"
RECIPIENTS = f"""
[[recipient]]
region = "36.04"
role = "head"
title = "Kepala Disdukcapil Kabupaten Serang"
email = "{HEAD}"
"""


def binary(name: str) -> str:
    """A server installed beside the interpreter, or on the path."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is missing: install the embedded extra")
    return found


@dataclass
class Server:
    """A server process that can be stopped and started again on the same port and store."""

    command: list[str]
    url: str
    answers: Callable[[], Awaitable[bool]]
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *self.command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        await eventually(self.answers)

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()


def nats_server(tmp_path: Path) -> Server:
    port = free_port()
    url = f"nats://127.0.0.1:{port}"

    async def answers() -> bool:
        try:
            connection = await nats.connect(url, allow_reconnect=False, connect_timeout=1, error_cb=_quiet)
            await connection.jetstream().account_info()
            await connection.close()
        except (nats.errors.Error, OSError, TimeoutError):
            return False
        return True

    store = str(tmp_path / "nats")
    return Server([binary("nats-server"), "-js", "-sd", store, "-a", "127.0.0.1", "-p", str(port)], url, answers)


async def _quiet(error: Exception) -> None:
    """The client's own error log is noise while a server starts."""


def mongo_server(tmp_path: Path) -> Server:
    port = free_port()
    url = f"mongodb://127.0.0.1:{port}/?directConnection=true"

    async def answers() -> bool:
        try:  # the driver itself would wait seconds for a server that is not there yet
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        database = Database.at(url, "probe")
        try:
            await database.ping()
        except DatabaseUnavailableError:
            return False
        finally:
            database.close()
        return True

    store = tmp_path / "mongo"
    store.mkdir()
    command = [binary("secantusd-rs"), "--host", "127.0.0.1", "--port", str(port), "--storage-path", str(store)]
    return Server([*command, "--cache-size", "256M", "--log-file-max", "64MB", "--sync-on-commit"], url, answers)


@dataclass
class Relay:
    """An SMTP server that keeps what it accepts; ``replies`` and ``rcpt_replies`` are given before it accepts again.

    The reply ``drop`` cuts the connection instead of answering; ``hang`` waits until the client is gone,
    ``hold`` until ``release`` is set, and then accepts.
    """

    port: int = 0
    mails: list[Envelope] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    rcpt_replies: list[str] = field(default_factory=list)
    hanging: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    server: asyncio.Server | None = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt_replies:
            return self.rcpt_replies.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        reply = self.replies.pop(0) if self.replies else "250 OK"
        if reply == "hold":
            self.hanging.set()
            await self.release.wait()
            reply = "250 OK"
        if reply == "drop":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        elif reply == "hang":
            self.hanging.set()
            await asyncio.Event().wait()
        elif reply.startswith("250"):
            self.mails.append(envelope)
        return reply

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(lambda: SMTP(self, enable_SMTPUTF8=False), "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self.server is not None:
            self.server.close()
            await self.server.wait_closed()


@dataclass
class World:
    """Everything around one notifier."""

    settings: NotifierSettings
    nats: Server
    mongo: Server
    relay: Relay
    js: JetStreamContext

    async def publish(self, standing: Standing) -> None:
        """Publish a standing as the aggregator does."""
        number = f"{standing.line}-{standing.revision}-{standing.on}-{standing.status}"
        event = PaceAssessed(id=number, source="laju/aggregator", time=_noon(standing), data=standing)
        await self.js.publish(bus.pace_subject(standing.region), event.model_dump_json().encode(), stream=bus.PACE)

    async def alerts(self) -> list[Any]:
        """What is in the ALERTS stream."""
        info = await self.js.stream_info(bus.ALERTS)
        return [await self.js.get_msg(bus.ALERTS, seq) for seq in range(1, info.state.last_seq + 1)]


def _noon(standing: Standing) -> datetime:
    return datetime.combine(standing.on, time(12), UTC)


@asynccontextmanager
async def started(server: Server) -> AsyncIterator[Server]:
    try:
        await server.start()
        yield server
    finally:
        await server.stop()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Servers that run, streams that exist, an aggregator that knows of nothing, a recipients file, and a relay that
    accepts; no notifier yet."""
    relay = Relay()
    recipients = tmp_path / "recipients.toml"
    recipients.write_text(RECIPIENTS, encoding="utf-8")
    async with started(nats_server(tmp_path)) as bus_server, started(mongo_server(tmp_path)) as mongo:
        connection = await nats.connect(bus_server.url, error_cb=_quiet)
        await bus.ensure_streams(connection.jetstream())
        await relay.start()
        port = free_port()
        environment = {
            "LAJU_DATA": str(tmp_path / "aggregator"),
            "LAJU_NATS_URL": bus_server.url,
            "LAJU_MONGO_URL": mongo.url,
            "LAJU_AGGREGATOR_PORT": str(port),
        }
        settings = NotifierSettings(
            data=tmp_path,
            nats_url=bus_server.url,
            mongo_url=mongo.url,
            notifier_port=free_port(),
            smtp_url=f"smtp://127.0.0.1:{relay.port}",
            mail_from="Laju <laju@laju.go.id>",
            retry_first_seconds=0.1,
            retry_max_seconds=0.5,
            shutdown_seconds=2,
            aggregator_url=f"http://127.0.0.1:{port}",
            mail_any_time=True,
            digest_weekday=not_today(),
            gather_seconds=0,
        )
        aggregator = await asyncio.to_thread(
            _entered, service("aggregator", port, tmp_path / "aggregator", environment)
        )
        try:
            yield World(settings, bus_server, mongo, relay, connection.jetstream())
        finally:
            # It is scenery: a test may have taken its servers away, which it would wait for at its end.
            aggregator[0].end(signal.SIGKILL)
            await asyncio.to_thread(aggregator[1].close)
            await relay.stop()
            await connection.close()


def _entered(manager: AbstractContextManager[Process]) -> tuple[Process, ExitStack]:
    stack = ExitStack()
    return stack.enter_context(manager), stack
