"""The delivery as a process of its own, which kills itself where it is told to.

Arguments: MongoDB URL, database, port of the relay, where to die, file of what was told.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvloop
from prometheus_client import CollectorRegistry

from services.notifier.delivery.backoff import Backoff
from services.notifier.delivery.mailer import Mailer
from services.notifier.delivery.metrics import Metrics
from services.notifier.delivery.outbox import Entry, Outbox, State
from services.notifier.delivery.relay import relay_at
from services.notifier.delivery.sender import Sender
from shared.database import Database, Transactions
from shared.trust import trust
from tests.integration.notifier.delivery.conftest import SENDER


class MortalOutbox(Outbox):
    """An outbox whose process ends without a word at one point."""

    def __init__(self, database: Database, transactions: Transactions, deadly: str) -> None:
        super().__init__(database, transactions)
        self._deadly = deadly

    def at(self, point: str) -> None:
        if point == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    async def claim(self, key: str, claim: str) -> None:
        self.at("before it is marked")
        await super().claim(key, claim)
        self.at("marked, before DATA")

    async def settle(
        self, entry: Entry, state: State, *, reply: str, at: datetime, next_at: datetime, tried: bool = True
    ) -> None:
        self.at("taken by the relay, outcome not written")
        await super().settle(entry, state, reply=reply, at=at, next_at=next_at, tried=tried)
        self.at("outcome written, not told")

    async def recorded(self, key: str) -> None:
        self.at("told, not marked as recorded")
        await super().recorded(key)


def append(file: Path, line: str) -> None:
    """On the disk when it returns."""
    with file.open("ab", buffering=0) as out:
        out.write(line.encode())
        os.fsync(out.fileno())


async def main(url: str, name: str, port: str, deadly: str, told: str) -> None:
    database = Database.at(url, name)
    outbox = MortalOutbox(database, database.transactions("runner"), deadly)

    async def tell(entry: Entry) -> None:
        append(Path(told), f"{entry.state}\n")

    sender = Sender(
        outbox,
        Mailer(relay_at(f"smtp://127.0.0.1:{port}"), SENDER, trust(None)),
        recorded=tell,
        metrics=Metrics(CollectorRegistry()),
        backoff=Backoff(0.1, 0.5, timedelta(days=5)),
        clock=lambda: datetime.now(UTC),
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, sender.stop)
    await sender.recover()
    await sender.run()
    database.close()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
