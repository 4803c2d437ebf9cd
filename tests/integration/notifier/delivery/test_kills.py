"""The process ends without a word at every stage: each mail is once at the relay, or known to be uncertain."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.proxy import Proxy, Tripwire
from tests.integration.notifier.delivery.conftest import Office, entry
from tests.integration.notifier.delivery.relay import Relay
from tests.waiting import eventually

PAGE = Path(__file__).parents[4] / "docs" / "mail.md"


@dataclass(frozen=True)
class Kill:
    """Where the process is killed, what the relay does meanwhile, what the mail is in the end, how often the relay has
    it and how often its outcome was told."""

    name: str
    end: str
    kept: int
    told: int = 1
    relay: str = "250 OK"

    def row(self) -> str:
        """The stage as a row of the documented table."""
        return f"| {self.name} | {self.end} | {self.kept} | {self.told} |"


WITHIN = [
    Kill("within DATA, relay has the text and not kept it", "uncertain", 0, relay="hang"),
    Kill("within DATA, relay has kept the mail", "uncertain", 1, relay="keep and hold"),
]
BY_ITSELF = [
    Kill("before it is marked", "sent", 1),
    Kill("marked, before DATA", "uncertain", 0),
    Kill("taken by the relay, outcome not written", "uncertain", 1),
    Kill("outcome written, not told", "sent", 1),
    Kill("told, not marked as recorded", "sent", 1, told=2),
]
BEFORE_TEXT = Kill("within DATA, relay waits for the text", "uncertain", 0)


@dataclass
class Runner:
    """Starts the process on one office."""

    mongo: str
    office: Office
    told: Path

    @asynccontextmanager
    async def started(self, port: int, deadly: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
        name = self.office.database._database.name
        command = [sys.executable, "-m", "tests.integration.notifier.delivery.runner"]
        process = await asyncio.create_subprocess_exec(*command, self.mongo, name, str(port), deadly, str(self.told))
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def finish(self, port: int) -> None:
        """The next start, which has all the time it needs and is ended in order."""
        async with self.started(port) as process:
            await eventually(self.office.idle)
            process.terminate()
            assert await asyncio.wait_for(process.wait(), 20) == 0

    async def check(self, kill: Kill, relay: Relay) -> None:
        assert await self.office.states() == [kill.end]
        assert len(relay.mails) == kill.kept
        assert self.told.read_text().split() == [kill.end] * kill.told


@pytest.fixture
def runner(mongo: str, office: Office, tmp_path: Path) -> Runner:
    return Runner(mongo, office, tmp_path / "told")


@pytest.mark.parametrize("kill", BY_ITSELF, ids=lambda kill: kill.name)
async def test_killed(kill: Kill, runner: Runner, relay: Relay) -> None:
    await runner.office.put(entry())
    async with runner.started(relay.port, kill.name) as process:
        assert await asyncio.wait_for(process.wait(), 20) == -signal.SIGKILL
    await runner.finish(relay.port)

    await runner.check(kill, relay)


@pytest.mark.parametrize("kill", WITHIN, ids=lambda kill: kill.name)
async def test_killed_by_others(kill: Kill, runner: Runner, relay: Relay) -> None:
    relay.at_data["*"].append(kill.relay)
    await runner.office.put(entry())
    async with runner.started(relay.port) as process:
        await asyncio.wait_for(relay.waiting.wait(), 20)
        process.kill()
        await process.wait()
    await runner.finish(relay.port)

    await runner.check(kill, relay)


async def test_killed_before_the_text(runner: Runner, relay: Relay) -> None:
    await runner.office.put(entry())
    proxy = Proxy(relay.port)
    await proxy.open()
    async with runner.started(proxy.port) as process:
        proxy.arm(Tripwire((("server", b"DATA"), ("client", b"354")), process.kill))
        assert await asyncio.wait_for(process.wait(), 20) == -signal.SIGKILL
    await proxy.close()
    await runner.finish(relay.port)

    await runner.check(BEFORE_TEXT, relay)


def test_the_page_shows_this_table() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert [kill.row() for kill in (*BY_ITSELF, *WITHIN, BEFORE_TEXT) if kill.row() not in page] == []
