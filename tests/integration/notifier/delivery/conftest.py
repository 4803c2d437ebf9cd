"""One delivery on real servers: a MongoDB-compatible server, and relays that the tests bring."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import trustme
from prometheus_client import CollectorRegistry, generate_latest

from services.notifier.delivery.backoff import Backoff
from services.notifier.delivery.mailer import Mailer, Outcome
from services.notifier.delivery.metrics import Metrics
from services.notifier.delivery.outbox import INDEXES, OUTBOX, Entry, Outbox, put
from services.notifier.delivery.relay import relay_at
from services.notifier.delivery.sender import Sender
from shared.database import Database, Session
from shared.trust import trust
from tests.integration.notifier.delivery.relay import Relay
from tests.servers import mongo_server
from tests.unit.notifier.delivery import mails
from tests.waiting import eventually

SENDER = Address("Laju", "laju", "laju.go.id")
BACKOFF = Backoff(0.05, 0.4, timedelta(days=5))
PERSONAL = ("kepala", "sekretaris", "dukcapil", "Budi", "hunter2")
"""What no log line and no metric may hold."""


class Watched(Mailer):
    """A mailer whose tries can be looked at: ``+`` where one began, ``-`` where it ended, and the outcomes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.outcomes: list[Outcome] = []
        self.order = ""

    @asynccontextmanager
    async def sending(self, entry: Entry, *, before_data: Callable[[], Awaitable[None]]) -> AsyncIterator[Outcome]:
        self.order += "+"
        try:
            async with super().sending(entry, before_data=before_data) as outcome:
                self.outcomes.append(outcome)
                yield outcome
        finally:
            self.order += "-"


@dataclass
class Office:
    """One outbox, and what is around it."""

    database: Database
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    told: list[Entry] = field(default_factory=list)
    backoff: Backoff = BACKOFF

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.database, self.database.transactions("outbox"))
        self.metrics = Metrics(self.registry)
        self._filling = self.database.transactions("filling")

    async def put(self, *entries: Entry) -> None:
        async def work(session: Session) -> None:
            await put(session, entries)

        await self._filling.run(work)

    async def tell(self, entry: Entry) -> None:
        self.told.append(entry)

    def sender(self, mailer: Mailer, **options: Any) -> Sender:
        fields: dict[str, Any] = {
            "recorded": self.tell,
            "metrics": self.metrics,
            "backoff": self.backoff,
            "clock": lambda: datetime.now(UTC),
        }
        return Sender(self.outbox, mailer, **(fields | options))

    async def idle(self) -> bool:
        return not await self.outbox.open()

    async def states(self) -> list[str]:
        return [mail["state"] for mail in await self.outbox.mails(1000)]

    def metric(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0

    def shown(self) -> str:
        return generate_latest(self.registry).decode()


@asynccontextmanager
async def running(sender: Sender) -> AsyncIterator[asyncio.Task[None]]:
    """The sender as the service runs it, ended in order."""
    await sender.recover()
    task = asyncio.create_task(sender.run())
    try:
        yield task
    finally:
        sender.stop()
        await asyncio.wait_for(task, 20)


def entry(number: int = 0, **changes: Any) -> Entry:
    """A mail that is due now; ``number`` tells it from others."""
    now = datetime.now(UTC)
    return mails.entry(
        **({"message_id": f"<{number}@laju.go.id>", "created_at": now, "next_attempt_at": now} | changes)
    )


def mailer_to(relay: Relay, url: str = "smtp://127.0.0.1:{port}", ca: Path | None = None, **options: float) -> Watched:
    return Watched(relay_at(url.format(port=relay.port)), SENDER, trust(ca), **options)


@dataclass(frozen=True)
class Certificates:
    """``good`` is for 127.0.0.1 and signed by ``ca``; ``elsewhere`` is for another host, ``foreign`` signed by
    others."""

    ca: Path
    good: ssl.SSLContext
    elsewhere: ssl.SSLContext
    foreign: ssl.SSLContext


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    ours, others = trustme.CA(), trustme.CA()
    file = tmp_path_factory.mktemp("certificates") / "ca.pem"
    ours.cert_pem.write_to_path(file)

    def served(authority: trustme.CA, host: str) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(host).configure_cert(context)
        return context

    return Certificates(file, served(ours, "127.0.0.1"), served(ours, "relay.go.id"), served(others, "127.0.0.1"))


@pytest.fixture(scope="session")
def mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for all of these tests: each has a database of its own."""
    with mongo_server(tmp_path_factory.mktemp("delivery")) as url:
        yield url


@pytest.fixture
async def office(mongo: str) -> AsyncIterator[Office]:
    database = Database.at(mongo, f"delivery_{uuid4().hex}")
    await database.ensure([OUTBOX], {OUTBOX: INDEXES})
    yield Office(database)
    database.close()


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    """One that accepts everything until it is told otherwise."""
    found = await Relay().start()
    yield found
    found.stop()


@pytest.fixture(autouse=True)
def discreet(caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test does: what the delivery logs and counts names nobody."""
    caplog.set_level("DEBUG", "services")
    office: Office | None = request.getfixturevalue("office") if "office" in request.fixturenames else None
    yield
    records = caplog.get_records("call")
    logged = "\n".join(record.getMessage() for record in records if record.name.startswith("services"))
    shown = logged + (office.shown() if office else "")
    assert [word for word in PERSONAL if word in shown] == []


async def retried(office: Office, times: int) -> None:
    """Wait until so many tries were in vain."""

    async def enough() -> bool:
        return office.metric("laju_notifier_mails_total", outcome="retry") >= times

    await eventually(enough)
