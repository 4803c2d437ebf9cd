"""Composition root of the notifier: the only place that knows settings, broker, database, relay and HTTP at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import FastAPI
from faststream.exceptions import IncorrectState
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from services.notifier import consumer, http
from services.notifier.intake import Intake
from services.notifier.mailer import Mailer, relay_at
from services.notifier.metrics import Metrics
from services.notifier.outbox import OUTBOX, Outbox
from services.notifier.recipients import Recipients
from services.notifier.sender import Sender
from services.notifier.settings import NotifierSettings
from services.notifier.stages.address import Address
from services.notifier.stages.decide import ALERTS, decide_on_alert
from services.notifier.stages.enqueue import enqueue
from services.notifier.stages.inhibit import inhibit
from services.notifier.stages.record import Record
from services.notifier.stages.render import Render
from services.notifier.stages.send import Backoff, Send
from shared import bus, problems, telemetry
from shared.database import Database
from shared.errors import BusUnavailableError
from shared.pull import Pull
from shared.service import Lifeline, lifespan, serve

log = logging.getLogger(__name__)
_RETRY_SECONDS = 2.0
_STANDINGS_IN_FLIGHT_BYTES = 1_000_000
_STANDINGS_IN_FLIGHT = 16


class Notifier:
    """The running parts. Nothing is connected before :meth:`start`."""

    def __init__(self, settings: NotifierSettings, lifeline: Lifeline) -> None:
        """Wire everything.

        Raises:
            InvalidError: the relay's URL or the recipients file cannot be used.
        """
        self._settings = settings
        self._lifeline = lifeline
        self._sending: asyncio.Task[None] | None = None
        self._pull: Pull | None = None
        self.metrics = Metrics()
        self.broker = bus.broker(settings.nats_url, name="notifier", on_closed=lifeline.closed)
        self.database = Database.at(settings.mongo_url, settings.notifier_database)
        replica = settings.replica(settings.notifier_port)
        self.outbox = Outbox(self.database, self.database.transactions(f"{replica}/claiming"))
        backoff = Backoff(
            settings.retry_first_seconds, settings.retry_max_seconds, timedelta(days=settings.give_up_days)
        )
        mailer = Mailer(relay_at(settings.smtp_url.get_secret_value()), settings.sender)
        record = Record(self.outbox, self.js, _now)
        self.sender = Sender(
            self.outbox,
            delivery=(Send(self.outbox, mailer, self.metrics, backoff, _now), record),
            recording=(record,),
            metrics=self.metrics,
            backoff=backoff,
            clock=_now,
        )
        self._intake = Intake(
            self.database.transactions(f"{replica}/deciding"),
            telling=(
                inhibit,
                decide_on_alert,
                Address(Recipients(settings.recipients_file, self.metrics)),
                Render(settings.sender.domain, settings.aggregator_url),
                enqueue,
            ),
            js=self.js,
            metrics=self.metrics,
            told=self.sender.wake,
            clock=_now,
        )

    def js(self) -> JetStreamContext:
        """JetStream over the broker's connection.

        Raises:
            BusUnavailableError: there was no connection yet.
        """
        try:
            return bus.js_of(self.broker)
        except IncorrectState as error:
            raise BusUnavailableError("the notifier has not reached NATS yet") from error

    async def start(self) -> list[Coroutine[Any, Any, None]]:
        """Wait for the servers, settle what the last run left, begin to consume and to send."""
        js = await bus.opened(self.broker, self._settings)
        await self.database.reachable()
        await bus.patiently(
            lambda: self.database.ensure([ALERTS, OUTBOX], {OUTBOX: ["recorded", "created_at"]}),
            "preparing the database",
        )
        await bus.patiently(self.sender.recover, "settling what the last run left")
        await bus.patiently(self._mend, "preparing the consumer")
        self._pull = Pull(
            bus.client_of(self.broker),
            bus.PACE,
            consumer.DURABLE,
            self._on_standing,
            in_flight=_STANDINGS_IN_FLIGHT,
            in_flight_bytes=_STANDINGS_IN_FLIGHT_BYTES,
        )
        await bus.patiently(self._pull.start, "subscribing to PACE")
        sending = self._sending = asyncio.create_task(self.sender.run())
        watch = bus.StreamWatch(js, self._mend, self._lifeline.cut)
        # Shielded: at the end the mail in hand is finished, cutting it off would leave it uncertain.
        return [_kept(sending), watch.run()]

    async def stop(self) -> None:
        """Finish the mail in hand, then close. What is cut off is found in the outbox at the next start."""
        if self._pull is not None:
            await self._pull.stop()
        self.sender.stop()
        try:
            if self._sending is not None:
                await self._sending
        finally:
            try:
                await self.broker.stop()
            except NatsError as error:
                log.warning("draining the NATS connection failed: %s", type(error).__name__)
            self.database.close()

    async def pending_standings(self) -> int:
        """How many standings are not yet decided on; also the readiness check of the bus.

        Raises:
            BusUnavailableError: JetStream does not answer or does not know our consumer.
        """
        return await consumer.backlog(self.js())

    async def check_bus(self) -> None:
        """Readiness: JetStream knows our consumer."""
        await self.pending_standings()

    async def _mend(self) -> None:
        # PACE can be recomputed: unlike EVENTS it may be created anew.
        await bus.ensure_streams(
            self.js(), replicas=self._settings.stream_replicas, partitions=self._settings.partitions
        )
        await consumer.mend(self.js)

    async def _on_standing(self, message: Msg) -> None:
        # A defect leaves the standing unacknowledged, and it comes again after ack_wait.
        if await self._intake.take(message.metadata.sequence.stream, message.data) == "done":
            await message.ack()
        else:
            await message.nak(delay=_RETRY_SECONDS)


def _now() -> datetime:
    return datetime.now(UTC)


async def _kept(task: asyncio.Task[None]) -> None:
    await asyncio.shield(task)


def build(settings: NotifierSettings, lifeline: Lifeline) -> FastAPI:
    """The notifier as an ASGI app; it starts consuming with the app's lifespan.

    Raises:
        InvalidError: the relay's URL or the recipients file cannot be used.
    """
    service = Notifier(settings, lifeline)
    app = FastAPI(
        title="Laju notifier",
        summary="Mails the head of a region that falls behind, and again when it is back on the line",
        lifespan=lifespan(lifeline, service.start, service.stop, shutdown_seconds=settings.shutdown_seconds),
    )
    problems.install(app)
    app.include_router(
        telemetry.routes(service.metrics.registry, {"bus": service.check_bus, "database": service.database.ping})
    )
    app.include_router(http.routes(service.outbox, service.pending_standings))
    return app


def run() -> None:
    """Run the notifier until it is told to stop."""
    settings = NotifierSettings()
    serve(lambda lifeline: build(settings, lifeline), settings, port=settings.notifier_port)
