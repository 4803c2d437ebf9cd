"""Several notifiers: one tells, the others wait for it to leave or to fall silent, and who was silent tells nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from services.notifier.duty import DUTY, Duty, DutyLostError
from services.notifier.metrics import Metrics
from shared.database import Database, Session, update
from tests.servers import mongo_server
from tests.waiting import eventually

BEAT_SECONDS = 0.1
TOLD = "told"


class Notifier:
    """One with nothing but its duty; ``lost`` is what ended it."""

    def __init__(self, url: str, name: str) -> None:
        self.database = Database.at(url, "laju_duty")
        self.metrics = Metrics()
        self.lost: list[BaseException] = []
        self.duty = Duty(self.database, name, self.metrics, lost=self.lost.append, beat_seconds=BEAT_SECONDS)
        self.telling = self.duty.transactions("telling")
        self.task = asyncio.create_task(self.duty.run())

    async def tell(self, what: str) -> None:
        """What a teller does: a transaction of its lane."""

        async def work(session: Session) -> None:
            await session.write(TOLD, [update(what, {"$set": {"by": what}})])

        await self.telling.run(work)

    async def stand_still(self) -> None:
        """It beats no more, and does not know it."""
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task

    @property
    def on_duty(self) -> bool:
        """As its metric says."""
        return self.metrics.registry.get_sample_value("laju_notifier_on_duty") == 1


@pytest.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    with mongo_server(tmp_path) as found:
        database = Database.at(found, "laju_duty")
        await database.reachable()
        await database.ensure([DUTY, TOLD], {})
        yield found
        database.close()


@asynccontextmanager
async def notifier(url: str, name: str) -> AsyncIterator[Notifier]:
    made = Notifier(url, name)
    try:
        yield made
    finally:
        await made.stand_still()
        made.database.close()


async def _begun(one: Notifier) -> bool:
    return one.on_duty


async def test_of_two_that_start_at_once_one_is_on_duty(url: str) -> None:
    async with notifier(url, "a") as a, notifier(url, "b") as b:
        await asyncio.wait(
            [asyncio.create_task(each.duty.begun.wait()) for each in (a, b)], return_when="FIRST_COMPLETED"
        )
        first, second = (a, b) if a.on_duty else (b, a)
        await first.tell("one")
        with pytest.raises(DutyLostError):
            await second.tell("two")
        assert set(await first.database.by_ids(TOLD, ["one", "two"])) == {"one"}
        assert not second.on_duty


async def test_who_leaves_is_relieved_at_once(url: str) -> None:
    async with notifier(url, "a") as a:
        await eventually(lambda: _begun(a))
        async with notifier(url, "b") as b:
            await a.stand_still()
            await a.duty.left()
            await eventually(lambda: _begun(b))
            await b.tell("one")
        assert not a.on_duty
        assert a.lost == []


async def test_who_was_silent_for_too_long_is_relieved_and_tells_nothing_any_more(url: str) -> None:
    async with notifier(url, "a") as a:
        await eventually(lambda: _begun(a))
        await a.tell("before")
        await a.stand_still()
        async with notifier(url, "b") as b:
            await eventually(lambda: _begun(b))
            await b.tell("one")
            with pytest.raises(DutyLostError):
                await a.tell("two")
            with pytest.raises(DutyLostError):
                await a.duty.left()
            assert set(await b.database.by_ids(TOLD, ["before", "one", "two"])) == {"before", "one"}
            assert b.on_duty


async def test_who_finds_out_that_another_has_taken_over_ends(url: str) -> None:
    async with notifier(url, "a") as a:
        await eventually(lambda: _begun(a))
        assert a.duty.is_certain
        await a.database.update(DUTY, "holder", {"$set": {"replica": "b", "term": 2}})

        async def ended() -> bool:
            return bool(a.lost)

        await eventually(ended)
        assert isinstance(a.lost[0], DutyLostError)
        assert not a.on_duty


async def test_who_starts_again_under_its_name_does_not_wait(url: str) -> None:
    async with notifier(url, "a") as a:
        await eventually(lambda: _begun(a))
        await a.stand_still()
        async with notifier(url, "b") as b, notifier(url, "a") as again:
            await eventually(lambda: _begun(again))
            assert not b.on_duty
            with pytest.raises(DutyLostError):
                await a.tell("one")
