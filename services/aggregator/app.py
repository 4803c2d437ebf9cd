"""Composition root of the aggregator: the only place that knows settings, broker, database and HTTP at once."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any

from fastapi import FastAPI
from nats.errors import Error as NatsError

from services.aggregator import scrape
from services.aggregator.generation import Generation
from services.aggregator.live.feed import Feed
from services.aggregator.metrics import Metrics
from services.aggregator.notices import Notices
from services.aggregator.pointer import Pointer
from services.aggregator.settings import AggregatorSettings
from services.aggregator.web import api, live
from services.aggregator.web.access.install import install as install_gate
from services.aggregator.web.exports import routes as exports
from services.aggregator.web.pages import routes as pages
from shared import bus, problems, telemetry
from shared.database import Database
from shared.errors import BusUnavailableError, RecoverableError
from shared.service import Lifeline, lifespan, serve
from shared.tracing.start import tracing
from shared.trust import trust

log = logging.getLogger(__name__)
_POINTER_SECONDS = 0.5
_LEVEL_SECONDS = 10.0
_LEVEL_PAUSE_SECONDS = 0.02


class Aggregator:
    """The running parts. The generation exists once the servers were reached."""

    def __init__(self, settings: AggregatorSettings, lifeline: Lifeline) -> None:
        self._settings = settings
        self._lifeline = lifeline
        self._generation: Generation | None = None
        self.metrics = Metrics()
        self.tracing = tracing(settings, "aggregator", port=settings.aggregator_port)
        self.broker = bus.broker(settings, name="aggregator", on_closed=lifeline.closed)
        self.database = Database.at(settings.mongo_url, settings.mongo_database, ca=settings.ca)
        self.pointer = Pointer(self.database)
        self.notices = Notices(settings.notifier_api_url, trust(settings.ca))
        self.feed = Feed(
            self.generation,
            self.metrics,
            most=settings.live_subscribers,
            look_seconds=settings.live_look_seconds,
        )
        lifeline.on_stopping(self.feed.close)

    def generation(self) -> Generation:
        """The projection that serves, once it does.

        Raises:
            BusUnavailableError: the service is still waiting for its servers.
        """
        if self._generation is None:
            raise BusUnavailableError("the aggregator has not reached its servers yet")
        return self._generation

    async def start(self) -> list[Coroutine[Any, Any, None]]:
        """Wait for the servers, prepare the streams, begin with the projection that serves."""
        js = await bus.opened(self.broker, self._settings)
        await self.database.reachable()
        await self.broker.start()
        partitions = await bus.patiently(lambda: bus.partitions_of(js), "asking for the partitions")
        serving = await bus.patiently(self.pointer.serving, "reading the pointer")
        self._generation = await self._begin(serving, partitions)
        log.info("projection %d serves", serving)
        watch = bus.StreamWatch(js, self._mend, self._lifeline.cut)
        return [watch.run(), self._follow(partitions), self.feed.run()]

    async def stop(self) -> None:
        """Finish and acknowledge the transaction in hand, then close."""
        if self._generation is not None:
            await self._generation.stop()
        try:
            await self.broker.stop()
        except NatsError as error:
            log.warning("draining the NATS connection failed: %s", type(error).__name__)
        await self.notices.close()
        self.database.close()
        await self.tracing.close()

    async def check_bus(self) -> None:
        """Readiness: JetStream knows our consumers."""
        await self.generation().consumers.check()

    async def _begin(self, number: int, partitions: int) -> Generation:
        generation = Generation(
            number,
            self._settings,
            self.database,
            self.broker,
            self.metrics,
            self._settings.today,
            partitions,
            self.feed.watched,
            self.tracing,
        )
        await generation.start(self._lifeline)
        return generation

    @staticmethod
    async def _level(present: Generation, following: Generation) -> None:
        """Return once the following projection holds all that readers have seen of the present one, and has assessed
        what was assessed in that since its standings were carried over: nobody reads a number, and then one that is
        older."""
        deadline = time.monotonic() + _LEVEL_SECONDS
        while time.monotonic() < deadline:
            try:
                reached, seen = await following.store.checkpoints(), await present.store.checkpoints()
                if all(reached.get(partition, 0) >= sequence for partition, sequence in seen.items()):
                    behind = await following.store.assessments.behind(present.store.assessments)
                    await following.assessor.assess_all(behind)
                    return
            except RecoverableError as error:
                log.warning("comparing the projections failed: %s; trying again", error)
            await asyncio.sleep(_LEVEL_PAUSE_SECONDS)
        log.warning("projection %d serves before it holds all that %d held", following.number, present.number)

    async def _follow(self, partitions: int) -> None:
        """Go over to another projection when the pointer names one, until cancelled."""
        while True:
            await asyncio.sleep(_POINTER_SECONDS)
            try:
                serving = await self.pointer.serving()
            except RecoverableError as error:
                log.warning("reading the pointer failed: %s; trying again", error)
                continue
            present = self.generation()
            if serving != present.number:
                following = await self._begin(serving, partitions)
                await present.stop()
                await self._level(present, following)
                self._generation = following
                log.info("projection %d serves", serving)

    async def _mend(self) -> None:
        await self.generation().consumers.mend()


def build(settings: AggregatorSettings, lifeline: Lifeline) -> FastAPI:
    """The aggregator as an ASGI app; it starts consuming with the app's lifespan.

    Raises:
        InvalidError: what tracing needs is not installed.
    """
    service = Aggregator(settings, lifeline)
    app = FastAPI(
        title="Laju aggregator",
        summary="Standings of Indonesian regions against their identity programme targets",
        lifespan=lifespan(lifeline, service.start, service.stop, shutdown_seconds=settings.shutdown_seconds),
        telemetry=telemetry.NOTHING_OF_ITS_OWN,
    )
    problems.install(app)
    app.include_router(
        telemetry.routes(
            service.metrics.vitals,
            {"bus": service.check_bus, "database": service.database.ping},
            scrape.asked(service.generation, service.metrics),
        )
    )
    app.include_router(api.routes(service.generation))
    app.include_router(live.routes(service.feed, heartbeat_seconds=settings.live_heartbeat_seconds))
    pages.install(
        app, service.generation, service.notices, service.feed, heartbeat_seconds=settings.live_heartbeat_seconds
    )
    exports.install(app, service.generation, settings.pages_address)
    install_gate(app, settings)
    return app


def run() -> None:
    """Run the aggregator until it is told to stop."""
    settings = AggregatorSettings()
    serve(lambda lifeline: build(settings, lifeline), settings, port=settings.aggregator_port)
