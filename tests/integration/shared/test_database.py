"""Transactions on a real server: what a killed, a cut off and a conflicting one leave to the others."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import pymongo
import pytest

from shared.database import Database, DatabaseUnavailableError, Session, Transactions, update
from shared.settings import ServiceSettings
from tests.faults.proxy import Network, Towards, Tripwire
from tests.servers import mongo_server

_UPDATE: tuple[Towards, bytes] = ("server", b"$inc")
_COMMIT: tuple[Towards, bytes] = ("server", b"commitTransaction")
_ANSWER: tuple[Towards, bytes] = ("client", b"")

_KILLED_INSIDE = """
import asyncio, sys
from shared.database import Database, update

async def main():
    async def work(session):
        await session.write("counts", [update("one", {"$inc": {"n": 100}})])
        print("inside", flush=True)
        await asyncio.Event().wait()
    await Database.at(sys.argv[1], "test").transactions("worker").run(work)

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mongo_server(tmp_path_factory.mktemp("mongo")) as url:
        client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(url)
        with client:
            client["test"].create_collection("counts")
        yield url


@pytest.fixture
def count(url: str) -> Iterator[Any]:
    """The counter that everyone adds to, from zero on; called, it tells where it stands."""
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(url)
    with client:
        counts = client["test"].counts
        counts.delete_many({})
        yield lambda: (counts.find_one({"_id": "one"}) or {"n": 0})["n"]


async def add(session: Session) -> None:
    await session.write("counts", [update("one", {"$inc": {"n": 1}})])


async def test_the_next_of_the_same_name_ends_what_a_killed_one_left(url: str, count: Any) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _KILLED_INSIDE, url, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"inside\n"
    child.kill()
    await child.communicate()

    database = Database.at(url, "test")
    # Another name has to wait for the server, which keeps the locks far longer than anybody tries.
    with pytest.raises(DatabaseUnavailableError):
        await database.transactions("another worker").run(add)
    await database.transactions("worker").run(add)
    await database.transactions("another worker").run(add)
    assert count() == 2
    database.close()


async def test_a_conflict_is_tried_again_until_the_other_is_done(url: str, count: Any) -> None:
    database = Database.at(url, "test")
    inside, leave, tries = asyncio.Event(), asyncio.Event(), 0

    async def slow(session: Session) -> None:
        await add(session)
        inside.set()
        await leave.wait()

    async def other(session: Session) -> None:
        nonlocal tries
        tries += 1
        if tries == 3:
            leave.set()
        await add(session)

    async with asyncio.TaskGroup() as group:
        group.create_task(database.transactions("slow").run(slow))
        await inside.wait()
        group.create_task(database.transactions("other").run(other))
    assert count() == 2
    assert tries >= 3
    database.close()


async def test_two_that_add_the_same_document_are_a_conflict(url: str, count: Any) -> None:
    database = Database.at(url, "test")
    together = asyncio.Barrier(2)
    first: set[str] = set()

    def adding(name: str) -> Any:
        async def work(session: Session) -> None:
            known = await session.by_ids("counts", ["one"])
            if name not in first:
                first.add(name)
                await together.wait()
                assert known == {}
            await add(session)

        return work

    names = ("a", "b")
    await asyncio.gather(*(database.transactions(name).run(adding(name)) for name in names))
    assert count() == 2
    database.close()


@pytest.mark.parametrize("steps", [(_UPDATE,), (_UPDATE, _COMMIT), (_UPDATE, _COMMIT, _ANSWER)], ids=len)
async def test_a_line_that_is_cut_at_any_point_counts_once(
    steps: tuple[tuple[Towards, bytes], ...], url: str, count: Any
) -> None:
    network = Network({"database": int(url.partition("127.0.0.1:")[2].partition("/")[0])})
    database = Database.at(f"mongodb://127.0.0.1:{network.port('database')}/?directConnection=true", "test")
    try:
        await database.ping()
        wire = Tripwire(steps, lambda: None)  # what tripped it is not passed on, and its connection ends
        network.arm("database", wire)
        await database.transactions(f"cut at {len(steps)}").run(add)
        assert wire.hit.is_set()
        assert count() == 1
    finally:
        database.close()
        network.close()


async def test_what_work_raises_is_raised_and_nothing_is_kept(url: str, count: Any) -> None:
    database = Database.at(url, "test")

    async def refuses(session: Session) -> None:
        await add(session)
        raise LookupError("as work may")

    transactions: Transactions = database.transactions("refusing")
    with pytest.raises(LookupError, match="as work may"):
        await transactions.run(refuses)
    await transactions.run(add)
    assert count() == 1
    database.close()


def test_a_name_is_the_replicas_own(monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.delenv("LAJU_INSTANCE", raising=False)
    assert ServiceSettings().replica(8081) != ServiceSettings().replica(8082)
    monkeypatch.setenv("LAJU_INSTANCE", "aggregator-0")
    assert ServiceSettings().replica(8081) == "aggregator-0"
