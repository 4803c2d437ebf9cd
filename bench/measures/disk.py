"""What is stored for an event: in EVENTS, in the files of NATS, and in each collection of the database.

``python -m bench.measures.disk --events 100000``. Documents are counted in bytes of BSON: what a server makes of them
on its disk, with indexes and compression, is its own matter.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import bson
import nats

from bench import workload
from bench.contender import RawEvent
from bench.contenders.laju_common import PARTITIONS, Laju, envelopes_of, laju, projected, publish
from shared.bus import EVENTS
from shared.envelope import partition_of, seal

_SEED = 5


@dataclass(frozen=True, slots=True)
class Stored:
    """``alone``: each event in an envelope of its own; of those that come twice the server drops the second, and
    ``events`` does not count it. ``streams`` and ``documents`` say how many messages are in each stream, documents in
    each collection, and their bytes together; ``files`` are all bytes below the folder of NATS."""

    events: int
    alone: bool
    streams: dict[str, tuple[int, int]]
    files: int
    documents: dict[str, tuple[int, int]]


async def streams(url: str) -> dict[str, tuple[int, int]]:
    """How many messages each stream holds, and their bytes as the server counts them."""
    client = await nats.connect(url)
    found = await client.jetstream().streams_info()
    await client.close()
    return {str(info.config.name): (info.state.messages, info.state.bytes) for info in found}


def documents(running: Laju) -> dict[str, tuple[int, int]]:
    """How many there are in each collection of the projection, and their bytes."""
    found = {}
    for name in sorted(running.database.list_collection_names()):
        sizes = [len(bson.encode(document)) for document in running.database[name].find()]
        found[name] = len(sizes), sum(sizes)
    return found


def accepted(line: str) -> RawEvent:
    """An event as ingest hands it on."""
    event: RawEvent = json.loads(line)
    return {**event, "recordedtime": event["time"]}


def measure(events: int, *, alone: bool) -> Stored:
    """Store and project so many events."""
    with tempfile.TemporaryDirectory(prefix="laju-bench-") as name:
        folder = Path(name)
        workload.write(folder / "events.ndjson", events, _SEED)
        sent = [accepted(line) for line in (folder / "events.ndjson").open()]
        envelopes = (
            [(partition_of(event, PARTITIONS), seal([event])) for event in sent] if alone else envelopes_of(sent)
        )
        with laju(folder / "laju") as running:
            asyncio.run(publish(running.nats_url, envelopes))
            asyncio.run(projected(running.nats_url))
            held = asyncio.run(streams(running.nats_url))
            store = folder / "laju" / "nats" / "store"
            files = sum(file.stat().st_size for file in store.rglob("*") if file.is_file())
            count = held[EVENTS][0] if alone else len(sent)
            return Stored(count, alone, held, files, documents(running))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.measures.disk", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    events = parser.parse_args().events
    for alone in (False, True):
        print(json.dumps(asdict(measure(events, alone=alone))))


if __name__ == "__main__":
    main()
