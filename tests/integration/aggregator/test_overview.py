"""The assessments in memory against a real database that others write, and that goes away."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from services.aggregator.book import Book, Track
from services.aggregator.latest.assessment import Assessment
from services.aggregator.latest.ledger import ledger_of
from services.aggregator.latest.overview import Overview
from services.aggregator.pace import Policy, assess_all
from services.aggregator.shelves import Shelf
from services.aggregator.store import Store
from shared.database import Database, DatabaseUnavailableError
from tests.servers import Process, free_port, listens, mongo_process, mongo_url, running
from tests.waiting import eventually

DAY = date(2024, 6, 27)


@pytest.fixture
def mongo(tmp_path: Path) -> Iterator[tuple[Process, str]]:
    port = free_port()
    process = mongo_process(tmp_path, port)
    with running(process, partial(listens, port)):
        yield process, mongo_url(port)


@pytest.fixture
async def stores(mongo: tuple[Process, str]) -> AsyncIterator[tuple[Store, Store]]:
    """Of two replicas."""
    _, url = mongo
    databases = [Database.at(url, "laju_p1") for _ in range(2)]
    first, second = (Store(database, 1, f"replica-{number}") for number, database in enumerate(databases))
    await first.ensure()
    yield first, second
    for database in databases:
        database.close()


def overview(store: Store) -> Overview:
    return Overview(store.assessments, store.shelves, policy=Policy(), today=lambda code: DAY)


async def assess(store: Store, code: str, actual: int) -> None:
    book = Book({"ikd": Track({DAY: actual}), "perekaman": Track({})})

    def assessment_of(owner: str, shelf: Shelf) -> Assessment:
        return Assessment(assess_all(owner, book, (), DAY, Policy()), ledger_of(book))

    await store.assessments.assess([code], assessment_of)


async def done(found: Overview, code: str) -> int:
    return (await found.seen(code, await found.refresh())).done["ikd"]


async def test_what_another_replica_assessed_is_seen(stores: tuple[Store, Store]) -> None:
    here, there = stores
    found = overview(here)
    assert await done(found, "ID") == 0
    await assess(there, "51.71", 5)
    await assess(here, "35.73", 7)
    assert [await done(found, code) for code in ("ID", "51", "51.71", "35", "51.03")] == [12, 5, 5, 7, 0]
    before = found.view
    assert await found.refresh() is before
    await assess(there, "51.71", 6)
    assert [await done(found, code) for code in ("ID", "51", "35")] == [13, 6, 7]
    assert found.view.changed_since(before.version) == {"51.71"}
    rows = await found.standings("51.71")
    assert [(row.programme, row.actual, row.coverage_percent) for row in rows] == [
        ("ikd", 6, None),
        ("perekaman", 0, None),
    ]
    assert rows[0].rate7 == Decimal("0.86")


async def test_who_asks_while_another_reads_sees_what_was_there_when_it_asked(stores: tuple[Store, Store]) -> None:
    here, there = stores
    found = overview(here)
    for number in range(1, 21):
        early = asyncio.ensure_future(found.refresh())
        await asyncio.sleep(0)
        await assess(there, "51.71", number)
        asked = await asyncio.gather(*(found.refresh() for _ in range(20)))
        assert all(view.rows_of("51.71")[0].actual == number for view in asked)
        await early


async def test_one_that_gives_up_leaves_the_others_no_old_figures(stores: tuple[Store, Store]) -> None:
    here, there = stores
    found = overview(here)
    for number in range(1, 21):
        early = asyncio.ensure_future(found.refresh())
        await asyncio.sleep(0)
        await assess(there, "51.71", number)
        first, *others = [asyncio.ensure_future(found.refresh()) for _ in range(3)]
        await asyncio.sleep(0)
        early.cancel()
        await asyncio.sleep(0)
        first.cancel()
        assert [(await other).rows_of("51.71")[0].actual for other in others] == [number, number]
        await asyncio.gather(early, first, return_exceptions=True)


async def test_what_was_known_stays_while_the_database_is_away(
    mongo: tuple[Process, str], stores: tuple[Store, Store]
) -> None:
    process, _ = mongo
    here, there = stores
    found = overview(here)
    await assess(there, "51.71", 5)
    assert await done(found, "51") == 5
    read_at = found.read_at
    process.end(signal.SIGKILL)
    for answer in await asyncio.gather(*(found.refresh() for _ in range(5)), return_exceptions=True):
        assert isinstance(answer, DatabaseUnavailableError)
    assert (found.read_at, (await found.seen("51", found.view)).done["ikd"]) == (read_at, 5)
    process.start()

    async def is_back() -> bool:
        try:
            await assess(there, "51.71", 6)
            return await done(found, "51") == 6
        except DatabaseUnavailableError:
            return False

    await eventually(is_back, seconds=60)
    assert read_at is not None
    assert found.read_at is not None
    assert found.read_at > read_at


async def test_a_projection_knows_what_was_assessed_in_another_since(mongo: tuple[Process, str]) -> None:
    _, url = mongo
    database = Database.at(url, "laju_p1")
    one, other = Store(database, 1, "one"), Store(database.sibling("laju_p2"), 2, "other")
    for store in (one, other):
        await store.ensure()
    known, present = other.assessments, one.assessments
    assert await known.behind(present) == []
    for code in ("51.71", "35.73"):
        await assess(one, code, 5)
    assert await known.behind(present) == ["35.73", "51.71"]
    await known.adopt(present)
    assert await known.behind(present) == []
    await assess(one, "51.71", 6)
    assert await known.behind(present) == ["51.71"]
    await assess(other, "51.71", 6)
    assert (await known.behind(present), await present.behind(known)) == ([], ["51.71"])
    database.close()
