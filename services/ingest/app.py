"""Composition root of ingest: the only place that knows settings, broker, keys and HTTP at once."""

from __future__ import annotations

import logging
from collections.abc import Coroutine
from math import nan
from typing import Any

from fastapi import FastAPI
from nats.errors import Error as NatsError
from starlette.types import ASGIApp

from services.ingest.http import catalogue
from services.ingest.http.description import describe
from services.ingest.http.intake import Intake
from services.ingest.keys.bucket import Bucket
from services.ingest.keys.operator import operator_key
from services.ingest.keys.ring import Keyring
from services.ingest.metrics import Metrics
from services.ingest.nats.intake import BusIntake
from services.ingest.pseudonym import pseudonyms
from services.ingest.settings import IngestSettings
from services.ingest.writer import EnvelopeWriter
from shared import bus, problems, telemetry
from shared.errors import BusUnavailableError
from shared.service import Lifeline, lifespan, serve
from shared.telemetry import Asked
from shared.tracing.start import tracing

log = logging.getLogger(__name__)


class Ingest:
    """The running parts. The writer exists once the bus was reached."""

    def __init__(self, settings: IngestSettings, lifeline: Lifeline) -> None:
        self._settings = settings
        self._lifeline = lifeline
        self._writer: EnvelopeWriter | None = None
        self._intake: BusIntake | None = None
        self._bucket: Bucket | None = None
        self.pseudonyms = pseudonyms(settings)
        self.keyring = Keyring(operator_key(settings))
        self.metrics = Metrics()
        self.tracing = tracing(settings, "ingest", port=settings.ingest_port)
        self.broker = bus.broker(settings, name="ingest", on_closed=lifeline.closed)

    def writer(self) -> EnvelopeWriter:
        """The writer, if the bus can be reached at this moment.

        Raises:
            BusUnavailableError: it cannot; answered at once, so that no request waits for a server that is away.
        """
        if self._writer is None or not self.broker.connection.is_connected:
            raise BusUnavailableError("storing failed: NATS cannot be reached")
        return self._writer

    async def start(self) -> list[Coroutine[Any, Any, None]]:
        """Wait for the bus, make sure of the streams, open the intake."""
        js = await bus.opened(self.broker, self._settings)
        await self.broker.start()
        self._writer = EnvelopeWriter(
            js,
            await bus.patiently(lambda: bus.partitions_of(js), "asking for the partitions"),
            self.metrics,
            timeout_seconds=self._settings.publish_timeout_seconds,
            tracing=self.tracing,
        )
        self._intake = intake = BusIntake(
            js,
            bus.client_of(self.broker),
            self.writer,
            settings=self._settings,
            pseudonyms=self.pseudonyms,
            metrics=self.metrics,
            tracing=self.tracing,
        )
        await bus.patiently(intake.ensure, "preparing the consumer of INTAKE")
        watch = bus.StreamWatch(js, intake.ensure, self._lifeline.cut)
        self._bucket = Bucket(js, replicas=self._settings.stream_replicas)
        return [watch.run(), self.keyring.follow(self._bucket), intake.run()]

    async def stop(self) -> None:
        """Finish the envelopes in flight, then close."""
        if self._writer is not None:
            await self._writer.idle()
        try:
            if self._bucket is not None and self.broker.connection.is_connected:
                await self.keyring.note_use(self._bucket)
        except (NatsError, TimeoutError) as error:
            log.warning("noting when keys were used failed: %s", type(error).__name__)
        try:
            await self.broker.stop()
        except NatsError as error:
            log.warning("draining the NATS connection failed: %s", type(error).__name__)
        await self.tracing.close()

    async def ask_store(self) -> None:
        """How much of its storage our account of JetStream takes up, at a scrape.

        Raises:
            BusUnavailableError: it does not answer.
        """
        self.writer()
        try:
            account = await bus.js_of(self.broker).account_info()
        except NatsError as error:
            raise BusUnavailableError(f"asking about our account failed: {type(error).__name__}") from error
        limit = account.limits.max_storage
        self.metrics.show_store(account.storage, nan if limit < 0 else limit)

    async def ask_intake(self) -> None:
        """How far the messages of districts with a server are taken, at a scrape.

        Raises:
            BusUnavailableError: JetStream does not answer.
        """
        self.writer()
        if self._intake is None:
            raise BusUnavailableError("the intake is not open yet")
        backlog = await self._intake.backlog()
        self.metrics.show_intake(backlog.wait, backlog.taken)

    async def check_bus(self) -> None:
        """Readiness: EVENTS can be asked about."""
        self.writer()
        try:
            await bus.partitions_of(bus.js_of(self.broker))
        except NatsError as error:
            raise BusUnavailableError(f"asking JetStream about EVENTS failed: {type(error).__name__}") from error


def build(settings: IngestSettings, lifeline: Lifeline) -> ASGIApp:
    """Ingest as an ASGI app; it connects with the app's lifespan.

    Raises:
        InvalidError: a configured key cannot be used, or what tracing needs is not installed.
    """
    service = Ingest(settings, lifeline)
    app = FastAPI(
        title="Laju ingest",
        summary="Takes activation and perekaman events from district systems",
        lifespan=lifespan(lifeline, service.start, service.stop, shutdown_seconds=settings.shutdown_seconds),
        telemetry=telemetry.NOTHING_OF_ITS_OWN,
    )
    problems.install(app)
    app.include_router(
        telemetry.routes(
            service.metrics.vitals,
            {"bus": service.check_bus},
            [
                Asked("the storage", service.ask_store, service.metrics.forget_store),
                Asked("INTAKE", service.ask_intake, service.metrics.forget_intake),
            ],
        )
    )
    app.include_router(catalogue.routes())
    described = app.openapi
    app.openapi = lambda: describe(described())  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return Intake(
        app,
        settings=settings,
        keyring=service.keyring,
        pseudonyms=service.pseudonyms,
        writer=service.writer,
        metrics=service.metrics,
        tracing=service.tracing,
    )


def run() -> None:
    """Run ingest until it is told to stop."""
    settings = IngestSettings()
    serve(lambda lifeline: build(settings, lifeline), settings, port=settings.ingest_port)
