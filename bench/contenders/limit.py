"""The limit: the citizens' documents, as Laju leaves them, inserted into the same server and nothing else.

No bus, no decoding, no merging, no counters: what the database and its driver alone need. In transactions of 4,000
documents sorted by id, two at a time, each durable. Its rate is in documents a second.
"""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from bench.contender import Meter, Ran, arguments, events_in, report
from bench.contenders.laju_common import envelopes_of
from services.aggregator.projection import batch_of, fold
from services.aggregator.stored import STORED
from shared.envelope import open_envelope
from tests.servers import free_port, listens, mongo_process, mongo_url, running

_DOCUMENTS, _AT_ONCE = 4000, 2


async def inserted(url: str, documents: list[dict[str, Any]], meter: Meter) -> None:
    """Insert all documents, against the clock."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(url)
    citizens = client["laju_p1"]["citizens"]
    await client["laju_p1"].create_collection("citizens")
    chunks = iter([documents[start : start + _DOCUMENTS] for start in range(0, len(documents), _DOCUMENTS)])

    async def worker() -> None:
        for chunk in chunks:
            async with await client.start_session() as session, session.start_transaction():
                await citizens.insert_many(
                    sorted(chunk, key=lambda document: str(document["_id"])), session=session, ordered=False
                )

    meter.start()
    await asyncio.gather(*(worker() for _ in range(_AT_ONCE)))
    client.close()


def run(path: Path, folder: Path) -> Ran:
    """Insert what all events leave behind."""
    events = events_in(path)
    opened = [event for _, body in envelopes_of(events) for event in open_envelope(body, STORED).events]
    documents = list(fold(batch_of(opened), {}, {}).citizens.values())
    port = free_port()
    server = mongo_process(folder / "mongo", port, cache="2G")
    with running(server, partial(listens, port)):
        meter = Meter({"database": server})
        asyncio.run(inserted(mongo_url(port), documents, meter))
        return meter.stop(len(documents), None, f"the {len(documents):,} documents that {len(events):,} events leave")


def main() -> None:
    """Run with what the command line says."""
    report(run(*arguments()))


if __name__ == "__main__":
    main()
