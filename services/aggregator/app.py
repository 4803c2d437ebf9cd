"""Composition root of the aggregator: the only place that knows settings, broker, database and HTTP at once."""

from __future__ import annotations

import logging
from collections.abc import Coroutine
from datetime import UTC, date, datetime
from typing import Any

from fastapi import FastAPI
from faststream import AckPolicy
from faststream.nats import NatsMessage, PullSub
from nats.errors import Error as NatsError

from services.aggregator.assessor import Assessor
from services.aggregator.consumers import Consumers, durable_name
from services.aggregator.metrics import Metrics
from services.aggregator.projection import VERSION
from services.aggregator.projector import Projector
from services.aggregator.reading import Reader
from services.aggregator.settings import AggregatorSettings
from services.aggregator.store import Store
from services.aggregator.web import api
from shared import bus, problems, telemetry
from shared.database import Database
from shared.errors import BusUnavailableError, RecoverableError
from shared.service import Lifeline, lifespan, serve
from shared.wilayah import local_day

log = logging.getLogger(__name__)
_RETRY_SECONDS = 1


class Aggregator:
    """The running parts. What needs JetStream exists once the bus was reached."""

    def __init__(self, settings: AggregatorSettings, lifeline: Lifeline) -> None:
        self._settings = settings
        self._lifeline = lifeline
        self._consumers: Consumers | None = None
        self._projector: Projector | None = None
        self._assessor: Assessor | None = None
        self.metrics = Metrics()
        self.broker = bus.broker(settings.nats_url, name="aggregator", on_closed=lifeline.closed)
        self.store = Store(Database(settings.mongo_url, f"{settings.mongo_database}_p{VERSION}"))
        self.reader = Reader(self.store, policy=settings.policy, today=self.today)

    def today(self, region: str) -> date:
        """The business date of a region: the configured one, or today in its own zone."""
        return self._settings.as_of or local_day(datetime.now(UTC), region)

    def consumers(self) -> Consumers:
        """The consumers, once they are prepared.

        Raises:
            BusUnavailableError: the service is still waiting for its servers.
        """
        if self._consumers is None:
            raise BusUnavailableError("the aggregator has not reached its servers yet")
        return self._consumers

    def assessments_pending(self) -> int:
        """How many kab/kota are still to be assessed; none before the service has started."""
        return self._assessor.pending() if self._assessor else 0

    async def start(self) -> list[Coroutine[Any, Any, None]]:
        """Wait for the servers, prepare streams and database, begin to consume."""
        js = await bus.connected(self.broker)
        await bus.ensure_streams(js, replicas=self._settings.stream_replicas, partitions=self._settings.partitions)
        await self.store.reachable()
        await self.store.ensure()
        consumers = Consumers(
            js,
            await bus.partitions_of(js),
            ack_wait_seconds=self._settings.ack_wait_seconds,
            in_flight=self._settings.envelopes_in_flight,
        )
        await consumers.prepare(self.store)
        assessor = self._assessor = Assessor(
            self.store,
            js,
            self.metrics,
            policy=self._settings.policy,
            today=self.today,
            debounce_seconds=self._settings.debounce_seconds,
            every_seconds=self._settings.assess_all_minutes * 60,
            lag=consumers.lag,
        )
        projector = self._projector = Projector(
            self.store,
            js,
            self.metrics,
            touched=assessor.touch,
            batch_events=self._settings.batch_events,
        )
        for partition in consumers.partitions:
            self._subscribe(partition, projector, consumers)
        await self.broker.start()
        self._consumers = consumers
        watch = bus.StreamWatch(js, consumers.mend, self._lifeline.cut)
        return [assessor.run(), assessor.run_clock(), watch.run()]

    async def stop(self) -> None:
        """Stop fetching, finish the transaction in hand, acknowledge it, close."""
        try:
            await self.broker.stop()
        except NatsError as error:
            log.warning("draining the NATS connection failed: %s", type(error).__name__)
        if self._projector is not None:
            await self._projector.idle()
        self.store.close()

    async def check_bus(self) -> None:
        """Readiness: JetStream knows our consumers."""
        await self.consumers().check()

    async def refresh_metrics(self) -> None:
        """Bring the domain gauges up to the last assessments before a scrape."""
        try:
            self.metrics.show(await self.store.assessed())
        except RecoverableError as error:
            log.warning("refreshing the gauges failed: %s", error)

    def _subscribe(self, partition: int, projector: Projector, consumers: Consumers) -> None:
        async def on_envelope(message: NatsMessage) -> None:
            raw = message.raw_message
            sequence = raw.metadata.sequence.stream
            try:
                await projector.project(partition, sequence, raw.data)
            except RecoverableError as error:
                log.warning("projecting envelope %d failed: %s; it will be redelivered", sequence, error)
                self.metrics.retried.inc()
                await message.nack(delay=_RETRY_SECONDS)
            else:
                await message.ack()
                self.metrics.envelopes.inc()

        self.broker.subscriber(
            bus.events_subject(partition),
            stream=bus.declared(bus.EVENTS),
            durable=durable_name(partition),
            config=consumers.config(partition),
            pull_sub=PullSub(batch_size=self._settings.envelopes_in_flight, timeout=5),
            decoder=_whole,
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
        )(on_envelope)


async def _whole(message: NatsMessage) -> NatsMessage:
    """The handler opens envelopes itself, on the event loop: a synchronous decoder would go through a thread pool."""
    return message


def build(settings: AggregatorSettings, lifeline: Lifeline) -> FastAPI:
    """The aggregator as an ASGI app; it starts consuming with the app's lifespan."""
    service = Aggregator(settings, lifeline)
    app = FastAPI(
        title="Laju aggregator",
        summary="Standings of Indonesian regions against their identity programme targets",
        lifespan=lifespan(lifeline, service.start, service.stop, shutdown_seconds=settings.shutdown_seconds),
    )
    problems.install(app)
    app.include_router(
        telemetry.routes(
            service.metrics.registry,
            {"bus": service.check_bus, "database": service.store.ping},
            service.refresh_metrics,
        )
    )
    app.include_router(
        api.routes(service.reader, service.consumers, service.metrics.events_per_envelope, service.assessments_pending)
    )
    return app


def run() -> None:
    """Run the aggregator until it is told to stop."""
    settings = AggregatorSettings()
    serve(
        lambda lifeline: build(settings, lifeline),
        host=settings.host,
        port=settings.aggregator_port,
        log_level=settings.log_level,
        shutdown_seconds=settings.shutdown_seconds,
    )
