"""One projection at work: its database, its consumers, and who projects, assesses and reads it.

An aggregator runs one generation at a time. When the pointer names another projection, the next generation is started
beside the present one, readers are switched over, and the present one is stopped; nobody waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import date

from faststream import AckPolicy
from faststream.nats import NatsBroker, NatsMessage, PullSub
from faststream.nats.subscriber.usecases import PullStreamSubscriber
from nats.errors import Error as NatsError

from services.aggregator.assessor import Assessor
from services.aggregator.consumers import Consumers
from services.aggregator.metrics import Metrics
from services.aggregator.pointer import database_name
from services.aggregator.projector import Projector
from services.aggregator.reading import Reader
from services.aggregator.settings import AggregatorSettings
from services.aggregator.store import Store
from shared import bus
from shared.database import Database
from shared.errors import RecoverableError
from shared.service import Lifeline

log = logging.getLogger(__name__)
_RETRY_SECONDS = 1


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
        self.store = Store(database.sibling(database_name(settings.mongo_database, number)), number)
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
        self.projector = Projector(
            self.store, js, metrics, touched=self.assessor.touch, batch_events=settings.batch_events
        )
        self._subscribers = [self._subscriber(partition) for partition in self.consumers.partitions]
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, lifeline: Lifeline) -> None:
        """Prepare the database and the consumers, begin to project and to assess.

        Raises:
            StreamLostError: EVENTS is not what the database was built from.
        """
        await bus.patiently(self.store.ensure, "preparing the database")
        await bus.patiently(lambda: self.consumers.prepare(self.store), "preparing the consumers")
        for subscriber in self._subscribers:
            await bus.patiently(subscriber.start, "subscribing")
        self._tasks = [
            asyncio.create_task(lifeline.guard(work)) for work in (self.assessor.run(), self.assessor.run_clock())
        ]

    async def stop(self) -> None:
        """Stop fetching, finish and acknowledge the transaction in hand."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for subscriber in self._subscribers:
            try:
                await subscriber.stop()
            except NatsError as error:
                log.warning("ending a subscription failed: %s", type(error).__name__)
        await self.projector.idle()

    def _subscriber(self, partition: int) -> PullStreamSubscriber:
        async def on_envelope(message: NatsMessage) -> None:
            raw = message.raw_message
            sequence = raw.metadata.sequence.stream
            try:
                await self.projector.project(partition, sequence, raw.data)
            except RecoverableError as error:
                log.warning("projecting envelope %d failed: %s; it will be redelivered", sequence, error)
                self.metrics.retried.inc()
                await message.nack(delay=_RETRY_SECONDS)
            else:
                await message.ack()
                self.metrics.envelopes.inc()

        subscriber = self._broker.subscriber(
            bus.events_subject(partition),
            stream=bus.declared(bus.EVENTS),
            durable=self.consumers.durable_name(partition),
            config=self.consumers.config(partition),
            pull_sub=PullSub(batch_size=self._settings.envelopes_in_flight, timeout=5),
            decoder=_whole,
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            persistent=False,
        )
        subscriber(on_envelope)
        return subscriber


async def _whole(message: NatsMessage) -> NatsMessage:
    """The handler opens envelopes itself, on the event loop: a synchronous decoder would go through a thread pool."""
    return message
