"""Composition root of the notifier: the only place that knows settings, broker, database, relay and HTTP at once."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import FastAPI
from faststream.exceptions import IncorrectState
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from services.notifier import consumer
from services.notifier.alerts import Alerts
from services.notifier.delivery import outbox as outboxes
from services.notifier.delivery.backoff import Backoff
from services.notifier.delivery.lmtp import Lmtp
from services.notifier.delivery.mailer import Mailer
from services.notifier.delivery.outbox import OUTBOX, Outbox
from services.notifier.delivery.relay import relay_at
from services.notifier.delivery.retention import Retention
from services.notifier.delivery.sender import Sender
from services.notifier.digests import DIGESTS, Digests
from services.notifier.duty import DUTY, Duty
from services.notifier.history import History
from services.notifier.http import acts, history, letters, mails
from services.notifier.intake import Intake
from services.notifier.lines import LINES, Lines
from services.notifier.links import Links
from services.notifier.metrics import Metrics
from services.notifier.pages import Pages
from services.notifier.read_api import ReadApi
from services.notifier.readiness import Readiness
from services.notifier.recipients import Recipients
from services.notifier.record import STEPS, Record, mailed, publish
from services.notifier.schedule import Hours
from services.notifier.settings import NotifierSettings
from services.notifier.signs import Signs
from services.notifier.stages.decide import Decide
from services.notifier.stages.escalate import Escalate
from services.notifier.stages.group import Group
from services.notifier.stages.inhibit import Inhibit
from services.notifier.stages.render import Render
from services.notifier.stages.schedule import Schedule
from services.notifier.stages.silence import silence
from services.notifier.teller import Teller
from shared import bus, problems, telemetry
from shared.database import Database
from shared.errors import BusUnavailableError, RecoverableError
from shared.pages_key import known_keys
from shared.pull import Pull
from shared.secrets import kept_in
from shared.service import Lifeline, lifespan, serve
from shared.telemetry import Asked
from shared.tracing.start import tracing
from shared.trust import trust

log = logging.getLogger(__name__)
_RETRY_SECONDS = 2.0
_FOLLOW_SECONDS = 1.0
_STANDINGS_IN_FLIGHT_BYTES = 1_000_000
_STANDINGS_IN_FLIGHT = 16


class Notifier:
    """The running parts. Nothing is connected before :meth:`start`."""

    def __init__(self, settings: NotifierSettings, lifeline: Lifeline) -> None:
        """Wire everything.

        Raises:
            InvalidError: the relay's URL, its certificate authority, the recipients file or the keys of the pages
                cannot be used, or what tracing needs is not installed.
        """
        self._settings = settings
        self._lifeline = lifeline
        self._sending: asyncio.Task[None] | None = None
        self._pull: Pull | None = None
        self.metrics = Metrics()
        self.tracing = tracing(settings, "notifier", port=settings.notifier_port)
        self.broker = bus.broker(settings, name="notifier", on_closed=lifeline.closed)
        self.database = Database.at(settings.mongo_url, settings.notifier_database, ca=settings.ca)
        self.duty = Duty(self.database, settings.replica(settings.notifier_port), self.metrics, lost=lifeline.cut)
        self._begun = asyncio.Event()
        self.outbox = Outbox(self.database, self.duty.transactions("claiming"))
        self.sender = Sender(
            self.outbox,
            Mailer(
                relay_at(settings.smtp_url.get_secret_value()),
                settings.sender,
                trust(settings.smtp_ca, setting="LAJU_SMTP_CA"),
            ),
            recorded=lambda entry: publish(self.js(), mailed(entry, _now())),
            metrics=self.metrics.delivery,
            backoff=Backoff(
                settings.retry_first_seconds, settings.retry_max_seconds, timedelta(days=settings.give_up_days)
            ),
            clock=_now,
            at_once=settings.mails_at_once,
            tracing=self.tracing,
        )
        self.lmtp = None
        if settings.bounce_port is not None:
            self.lmtp = Lmtp(
                self.outbox,
                self.metrics.delivery,
                settings.sender,
                port=settings.bounce_port,
                clock=_now,
                host=settings.bounce_host,
                alias=settings.bounce_alias,
            )
        self.retention = Retention(self.outbox, timedelta(days=settings.keep_letters_days), _now)
        self.links = Links(
            settings.notifier_url, bytes.fromhex(kept_in(settings.data / "links.key", lambda: secrets.token_hex(32)))
        )
        pages = _pages(settings)
        given = settings.read_api_token.get_secret_value() if settings.read_api_token else None
        self.read_api = ReadApi(
            settings.read_api_url or settings.aggregator_url, lambda: pages.token(_now()) or given, trust(settings.ca)
        )
        self.lines = Lines(self.database)
        self.history = History()
        self.alerts = Alerts(self._on_word, self.history.take)
        self.record = Record(self.database, self.js)
        recipients = self._recipients = Recipients(
            settings.recipients_file, self.metrics, settings.hours, self._on_recipients
        )

        def hours() -> Hours:
            return replace(settings.hours, quiet=recipients.quiet())

        readiness = Readiness(
            self.pending_standings,
            self.js,
            self.read_api,
            lag_events=settings.lag_events,
            quarantined_many=settings.quarantined_many,
        )
        group = Group(recipients, timedelta(seconds=settings.gather_seconds))
        self.teller = Teller(
            self.lines,
            self.alerts,
            telling=(
                Decide(settings.policy, self.read_api),
                Escalate(settings.policy),
                Inhibit(readiness),
                silence,
                group,
                Schedule(hours),
                Render(settings.sender.domain, pages, self.links, self.read_api),
            ),
            group=group,
            policy=settings.policy,
            transactions=self.duty.transactions("telling"),
            record=self.record,
            resync=self._resync,
            metrics=self.metrics,
            told=self.sender.wake,
            clock=_now,
            tracing=self.tracing,
        )
        self.digests = Digests(
            self.lines,
            self.alerts,
            recipients,
            readiness,
            database=self.database,
            transactions=self.duty.transactions("digesting"),
            metrics=self.metrics,
            hours=hours,
            weekday=settings.digest_weekday,
            domain=settings.sender.domain,
            pages=pages,
            facts=Signs(self.lines, self.alerts, recipients, readiness, self.database).facts,
            told=self.sender.wake,
            clock=_now,
        )
        self._intake = Intake(self.lines, js=self.js, metrics=self.metrics, changed=self.teller.touch)

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
        """Wait for the servers and learn what was told; the rest begins once this notifier is on duty."""
        js = await bus.opened(self.broker, self._settings)
        await self.database.reachable()
        await bus.patiently(
            lambda: self.database.ensure([LINES, STEPS, DIGESTS, OUTBOX, DUTY], {OUTBOX: outboxes.INDEXES}),
            "preparing the database",
        )
        await bus.patiently(self._mend, "preparing the consumer")
        await bus.patiently(lambda: self.alerts.load(bus.client_of(self.broker)), "reading what is known of alerts")
        watch = bus.StreamWatch(js, self._mend, self._lifeline.cut)
        works = (self._send, self.teller.run, self.record.run, self.digests.run, self.retention.run)
        return [
            watch.run(), self._follow(), self.duty.run(), self._begin(), *(self._once_begun(work) for work in works),
        ]  # fmt: skip

    async def _begin(self) -> None:
        """Once on duty, settle what the last one left, then begin to listen, to tell and to send."""
        await self.duty.begun.wait()
        await bus.patiently(self.sender.recover, "settling what the last run left")
        await bus.patiently(self._remember, "reading what is known of lines and alerts")
        self._pull = Pull(
            bus.client_of(self.broker),
            bus.PACE,
            consumer.DURABLE,
            self._on_standing,
            in_flight=_STANDINGS_IN_FLIGHT,
            in_flight_bytes=_STANDINGS_IN_FLIGHT_BYTES,
        )
        await bus.patiently(self._pull.start, "subscribing to PACE")
        if self.lmtp is not None:
            await self.lmtp.start()
        self.teller.touch_all()
        self._begun.set()

    async def _once_begun(self, work: Callable[[], Awaitable[None]]) -> None:
        await self._begun.wait()
        await work()

    async def _send(self) -> None:
        # Shielded: at the end the mail in hand is finished, cutting it off would leave it uncertain.
        self._sending = asyncio.create_task(self.sender.run())
        await asyncio.shield(self._sending)

    async def stop(self) -> None:
        """Finish the mail in hand, then close. What is cut off is found in the outbox at the next start."""
        if self._pull is not None:
            await self._pull.stop()
        if self.lmtp is not None:
            await self.lmtp.stop()
        self.sender.stop()
        try:
            if self._sending is not None:
                await self._sending
            if self._begun.is_set():
                await self.record.flush()
            await self.duty.left()
        except RecoverableError as error:
            log.warning("%s; what ALERTS lacks is published by the next on duty", error)
        finally:
            try:
                await self.broker.stop()
            except NatsError as error:
                log.warning("draining the NATS connection failed: %s", type(error).__name__)
            await self.read_api.close()
            self.database.close()
            await self.tracing.close()

    async def pending_standings(self) -> int:
        """How many standings are not yet kept; also the readiness check of the bus.

        Raises:
            BusUnavailableError: JetStream does not answer or does not know our consumer.
        """
        return await consumer.backlog(self.js())

    async def check_bus(self) -> None:
        """Readiness: JetStream knows our consumer."""
        await self.pending_standings()

    async def show_at_hand(self) -> None:
        """At a scrape: what the notifier itself knows of alerts and mails."""
        self.metrics.show_alerts(state for _, state in self.alerts.lines())
        self.sender.show_age()

    async def ask_waiting(self) -> None:
        """At a scrape: how many standings wait."""
        self.metrics.standings_waiting.set(await self.pending_standings())

    async def _remember(self) -> None:
        """Know again what was known: standings from the database, alerts from ALERTS."""
        await self.record.flush()
        await self.alerts.load(bus.client_of(self.broker))
        if await self.lines.load() == 0:
            # The database is new: PACE has the standings of the last hundred days.
            await consumer.begin_anew(self.js())

    async def _resync(self) -> None:
        for event in await self.record.kept():
            self.alerts.apply(event)
        await self.alerts.follow(bus.client_of(self.broker))

    async def _follow(self) -> None:
        """Hear what people say about alerts, and in the recipients file. It is looked at, not listened to: a
        subscription that has silently ended would leave a head unheard."""
        while True:
            self._recipients.refresh()
            try:
                await self.alerts.follow(bus.client_of(self.broker))
            except RecoverableError as error:
                log.warning("%s; trying again", error)
            await asyncio.sleep(_FOLLOW_SECONDS)

    async def _mend(self) -> None:
        # PACE can be recomputed: unlike EVENTS it may be created anew.
        await bus.ensure_streams(
            self.js(), replicas=self._settings.stream_replicas, partitions=self._settings.partitions
        )
        await consumer.mend(self.js)

    def _on_recipients(self) -> None:
        # Who waited for a quiet time to end, or was in the file nowhere, may be told now.
        self.teller.touch_all()

    def _on_word(self, scope: str) -> None:
        self.metrics.words.inc()
        self.teller.touch(scope.partition("/")[0])

    async def _on_standing(self, message: Msg) -> None:
        # A defect leaves the standing unacknowledged, and it comes again after ack_wait. Who is not certain of its duty
        # keeps nothing: what another one keeps meanwhile may be newer.
        sequence = message.metadata.sequence.stream
        trail = self.tracing.told(message.headers)
        if self.duty.is_certain and await self._intake.take(sequence, message.data, trail) == "done":
            await message.ack()
        else:
            await message.nak(delay=_RETRY_SECONDS)


def _pages(settings: NotifierSettings) -> Pages:
    if settings.access != "link":
        return Pages(settings.aggregator_url)
    return Pages(settings.aggregator_url, known_keys(settings), timedelta(days=settings.page_link_days))


def _now() -> datetime:
    return datetime.now(UTC)


def build(settings: NotifierSettings, lifeline: Lifeline) -> FastAPI:
    """The notifier as an ASGI app; it starts consuming with the app's lifespan.

    Raises:
        InvalidError: a setting, or a file that it names, cannot be used.
    """
    service = Notifier(settings, lifeline)
    app = FastAPI(
        title="Laju notifier",
        summary="Mails the heads of regions when they fall behind, and what they have to know after it",
        lifespan=lifespan(lifeline, service.start, service.stop, shutdown_seconds=settings.shutdown_seconds),
        telemetry=telemetry.NOTHING_OF_ITS_OWN,
    )
    problems.install(app)
    app.include_router(
        telemetry.routes(
            service.metrics.vitals,
            {"bus": service.check_bus, "database": service.database.ping},
            [
                Asked("what is at hand", service.show_at_hand),
                Asked("the standings that wait", service.ask_waiting, service.metrics.forget_waiting),
            ],
        )
    )
    app.include_router(mails.routes(service.outbox, service.pending_standings, service.teller.pending, service.record))
    app.include_router(letters.routes(service.outbox))
    app.include_router(history.routes(service.alerts, service.history))
    app.include_router(
        acts.routes(
            service.links,
            service.js,
            service.alerts,
            {"acknowledge": settings.acknowledge_days, "silence": settings.silence_days},
            _now,
        )
    )
    return app


def run() -> None:
    """Run the notifier until it is told to stop."""
    settings = NotifierSettings()
    serve(lambda lifeline: build(settings, lifeline), settings, port=settings.notifier_port)
