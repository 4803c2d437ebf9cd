"""What a service shows of itself at a scrape, and what it does not when it cannot know."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Gauge

from shared import telemetry
from shared.errors import BusUnavailableError
from shared.telemetry import Asked, Vitals, routes


class Service:
    """A service that asks for a lag, and for figures that may be old."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.lag = Gauge("laju_test_lag_seconds", "Of a partition", ["partition"], registry=self.registry)
        self.figures = Gauge("laju_test_figures_people", "As last known", registry=self.registry)
        self.answers = True
        self.hangs = False

    async def check(self) -> None:
        if self.hangs:
            await asyncio.get_running_loop().create_future()
        if not self.answers:
            raise BusUnavailableError("asking failed")

    async def ask_lag(self) -> None:
        await self.check()
        self.lag.labels("3").set(7)

    async def ask_figures(self) -> None:
        await self.check()
        self.figures.set(5)

    async def nothing_wrong(self) -> None:
        """The other server is there."""

    async def shown(self) -> str:
        app = FastAPI()
        asked = [Asked("the lag", self.ask_lag, self.lag.clear), Asked("the figures", self.ask_figures)]
        app.include_router(routes(Vitals(self.registry), {"bus": self.check, "database": self.nothing_wrong}, asked))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://laju") as http:
            before = (await http.get("/metrics")).text
            self.answers = False
            return before + "=====" + (await http.get("/metrics")).text


async def test_a_server_that_does_not_answer_any_more() -> None:
    before, _, after = (await Service().shown()).partition("=====")

    for text, ready in ((before, 1), (after, 0)):
        assert f'laju_ready{{check="bus"}} {ready}.0' in text
        assert 'laju_ready{check="database"} 1.0' in text
        assert "laju_test_figures_people 5.0" in text
    assert 'laju_test_lag_seconds{partition="3"} 7.0' in before
    assert "laju_test_lag_seconds{" not in after


async def test_a_server_that_answers_nothing_holds_up_no_scrape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "_CHECK_SECONDS", 0.05)
    service = Service()
    service.hangs = True

    before, _, _ = (await service.shown()).partition("=====")

    assert 'laju_ready{check="bus"} 0.0' in before
    assert "laju_test_figures_people 0.0" in before


async def test_the_process_is_shown_too() -> None:
    shown = await Service().shown()

    for name in ("process_start_time_seconds", "process_resident_memory_bytes", "process_cpu_seconds_total"):
        assert f"\n{name} " in shown
