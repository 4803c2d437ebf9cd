"""One projection at work: its database, its consumers, and who projects, assesses and reads it.

An aggregator runs one generation at a time. When the pointer names another projection, the next generation is started
beside the present one, the present one stops projecting, and readers go over once the next holds all that they saw.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date

from faststream.nats import NatsBroker
from nats.aio.msg import Msg

from services.aggregator.assessor import Assessor
from services.aggregator.compaction import Compactor
from services.aggregator.consumers import Consumers
from services.aggregator.metrics import Metrics
from services.aggregator.pointer import database_name
from services.aggregator.projection import Changes
from services.aggregator.projector import Projector
from services.aggregator.reading import Reader
from services.aggregator.settings import AggregatorSettings
from services.aggregator.store import Store
from shared import bus
from shared.database import Database
from shared.pull import Pull
from shared.service import Lifeline


class Generation:
    """Projection ``number``, of which this process projects its share."""

    def __init__(
        self,
        number: int,
        settings: AggregatorSettings,
        database: Database,
        broker: NatsBroker,
        metrics: Metrics,
        today: Callable[[str], date],
        partitions: int,
    ) -> None:
        self.number = number
        self.metrics = metrics
        self._settings = settings
        self._broker = broker
        js = bus.js_of(broker)
        replica = settings.replica(settings.aggregator_port)
        self.store = Store(
            database.sibling(database_name(settings.mongo_database, number)),
            number,
            replica,
            retried=metrics.transaction_retries.inc,
        )
        self.reader = Reader(self.store, policy=settings.policy, today=today)
        self.consumers = Consumers(
            js,
            number,
            partitions,
            ack_wait_seconds=settings.ack_wait_seconds,
            in_flight=settings.envelopes_in_flight,
        )
        self.assessor = Assessor(
            self.store,
            js,
            metrics,
            policy=settings.policy,
            today=today,
            debounce_seconds=settings.debounce_seconds,
            every_seconds=settings.assess_all_minutes * 60,
            lag=self.consumers.lag,
        )
        self.compactor = Compactor(self.store)
        self.projector = Projector(self.store, js, metrics, merged=self._merged, batch_events=settings.batch_events)
        self._pulls = [self._pull(partition) for partition in self.consumers.partitions]
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, lifeline: Lifeline) -> None:
        """Prepare the database and the consumers, begin to project and to assess.

        Raises:
            StreamLostError: EVENTS is not what the database was built from.
            FormatError: another version wrote the database, in a format that this one does not read.
        """
        await bus.patiently(self.store.ensure, "preparing the database")
        await bus.patiently(lambda: self.consumers.prepare(self.store), "preparing the consumers")
        for pull in self._pulls:
            await bus.patiently(pull.start, "subscribing")
        self._tasks = [
            asyncio.create_task(lifeline.guard(work))
            for work in (self.assessor.run(), self.assessor.run_clock(), self.compactor.run())
        ]

    async def stop(self) -> None:
        """Stop fetching, finish and acknowledge the transaction in hand."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(pull.stop() for pull in self._pulls))
        await self.projector.idle()

    def _merged(self, changes: Changes) -> None:
        self.assessor.touch(changes.touched)
        self.compactor.added(changes.counters)

    def _pull(self, partition: int) -> Pull:
        async def on_envelope(message: Msg) -> None:
            await self.projector.take(partition, message)

        durable, in_flight = self.consumers.durable_name(partition), self._settings.envelopes_in_flight
        return Pull(bus.client_of(self._broker), bus.EVENTS, durable, on_envelope, in_flight=in_flight)
