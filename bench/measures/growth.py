"""What an event costs when a million citizens are stored already, and how much memory each process then holds."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pymongo

from bench.contenders import laju_bus
from services.aggregator.citizen import Fact
from services.aggregator.projection import document_of

_AT_ONCE = 4000


@dataclass(frozen=True, slots=True)
class Grown:
    """The rate of so many aggregators with ``citizens`` stored before, and the most memory of each process in MB."""

    citizens: int
    aggregators: int
    events_per_second: int
    cpu_seconds_per_100k: float
    peak_rss_mb: dict[str, int]


def _documents(citizens: int) -> Iterator[dict[str, Any]]:
    """Citizens with one activation each, ids spread as pseudonyms are."""
    draw = Random(citizens)
    for number in range(citizens):
        fact = Fact(
            "2024-05-01T02:00:00.000000+00:00", f"{number:08}", "siak/bench", "activated", "51.71.01.1001", "51.71",
            "office",
        )  # fmt: skip
        yield document_of(f"k1:{draw.getrandbits(128):032x}", [fact])


def measure(events: Path, citizens: int, aggregators: int) -> Grown:
    """Project a file of events into a database that holds so many citizens."""

    def fill(url: str) -> None:
        client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(url)
        with client:
            waiting = _documents(citizens)
            while chunk := list(islice(waiting, _AT_ONCE)):
                with client.start_session() as session, session.start_transaction():
                    client["laju_p1"]["citizens"].insert_many(chunk, ordered=False, session=session)

    with tempfile.TemporaryDirectory(prefix="laju-bench-") as folder:
        ran = laju_bus.project(events, Path(folder), aggregators, fill).ran
    cpu = (ran.client_cpu_seconds + ran.server_cpu_seconds) / ran.events * 100_000
    return Grown(citizens, aggregators, int(ran.events / ran.seconds), round(cpu, 2), ran.peak_rss_mb)
