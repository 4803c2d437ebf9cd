"""One projection at work: its database, its consumers, and who projects, assesses and reads it.

An aggregator runs one generation at a time. When the pointer names another projection, the next generation is started
beside the present one, the present one stops projecting, and readers go over once the next holds all that they saw.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import date, datetime

from faststream.nats import NatsBroker

from services.aggregator.assessor import Assessor
from services.aggregator.assignment import Replicas
from services.aggregator.compaction import Compactor
from services.aggregator.consumers import Consumers
from services.aggregator.latest.overview import Overview
from services.aggregator.metrics import Metrics
from services.aggregator.pointer import database_name
from services.aggregator.projection import Changes
from services.aggregator.projector import Projector
from services.aggregator.reading.reader import Reader
from services.aggregator.settings import AggregatorSettings
from services.aggregator.store import Store
from services.aggregator.suppression import Suppression
from shared import bus
from shared.database import Database
from shared.envelope import partition_of_region
from shared.pull import Pull
from shared.service import Lifeline
from shared.tracing.span import Tracing
from shared.tracing.traceparent import Trail
from shared.wilayah import NATION, kabkota_in


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
        watched: Callable[[], Collection[str]],
        tracing: Tracing,
    ) -> None:
        self.number = number
        self.metrics = metrics
        self.today = today
        self.policy = settings.policy
        self._client = bus.client_of(broker)
        js = self._js = bus.js_of(broker)
        replica = settings.replica(settings.aggregator_port)
        self.store = Store(
            database.sibling(database_name(settings.mongo_database, number)),
            number,
            replica,
            retried=metrics.transaction_retries.inc,
        )
        self.overview = Overview(self.store.assessments, self.store.shelves, policy=settings.policy, today=today)
        self.reader = Reader(
            self.store,
            self.overview,
            policy=settings.policy,
            today=today,
            suppression=Suppression(settings.smallest_cell),
        )
        self.consumers = Consumers(
            js,
            number,
            partitions,
            ack_wait_seconds=settings.ack_wait_seconds,
            in_flight=settings.envelopes_in_flight,
            in_flight_bytes=settings.bytes_in_flight,
        )
        self.assessor = Assessor(
            self.store.assessments,
            js,
            metrics,
            policy=settings.policy,
            today=today,
            debounce_seconds=settings.debounce_seconds,
            every_seconds=settings.assess_all_minutes * 60,
            catch_up=self.consumers.catch_up,
            watched=watched,
            tracing=tracing,
        )
        self.compactor = Compactor(self.store.merging)
        self.projector = Projector(
            self.store.merging,
            js,
            metrics,
            merged=self._merged,
            batch_events=settings.batch_events,
            tracing=tracing,
        )
        self._replicas = Replicas(self._client, bus.presence_subject(f"aggregator.p{number}"), replica)
        self._pulls: dict[int, Pull] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, lifeline: Lifeline) -> None:
        """Prepare the database and the consumers, begin to project and to assess.

        Raises:
            StreamLostError: EVENTS is not what the database was built from.
            FormatError: another version wrote the database, in a format that this one does not read.
        """
        await bus.patiently(self.store.ensure, "preparing the database")
        await bus.patiently(lambda: self.consumers.prepare(self.store), "preparing the consumers")
        work = (
            self._replicas.run(),
            self._follow_assignment(),
            self.assessor.run(),
            self.assessor.run_clock(self._own_kabkota),
            self.compactor.run(),
        )
        self._tasks = [asyncio.create_task(lifeline.guard(part)) for part in work]

    async def stop(self) -> None:
        """Stop fetching, finish and acknowledge the transaction in hand."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(pull.stop() for pull in self._pulls.values()))
        await self.projector.idle()

    async def quarantined(self) -> int:
        """How many events of the whole country are in quarantine.

        Raises:
            BusUnavailableError: JetStream does not answer.
        """
        return await bus.stored(self._js, bus.QUARANTINE)

    async def quarantined_since(self) -> datetime | None:
        """When the first of them was put there, ``None`` if there is none.

        Raises:
            NatsError: JetStream does not answer.
        """
        first = await bus.first_after(self._js, bus.QUARANTINE, bus.quarantine_subject("*", "*"), 0)
        return first.time if first else None

    def _merged(self, changes: Changes, trail: Trail) -> None:
        self.assessor.touch(changes.touched, trail)
        self.compactor.added(changes.counters)

    async def _follow_assignment(self) -> None:
        """Pull from the partitions that are for this replica, and no others, until cancelled."""
        while True:
            share = self._replicas.share(self.consumers.partitions)
            gained = sorted(share - self._pulls.keys())
            for partition in gained:
                pull = self.consumers.pull(self._client, partition, self.projector.take)
                await bus.patiently(pull.start, "subscribing")
                self._pulls[partition] = pull
            # Who had them may have died between its commit and its assessment.
            self.assessor.touch(self._kabkota_in(gained))
            self.metrics.partitions.set(len(share))
            others = sorted(self._pulls.keys() - share)
            await asyncio.gather(*(self._pulls[partition].stop() for partition in others))
            for partition in others:
                del self._pulls[partition]
            await self._replicas.changed()

    def _own_kabkota(self) -> list[str]:
        return self._kabkota_in(self._replicas.share(self.consumers.partitions))

    def _kabkota_in(self, partitions: Collection[int]) -> list[str]:
        every = len(self.consumers.partitions)
        return [kabkota for kabkota in kabkota_in(NATION) if partition_of_region(kabkota, every) in partitions]
