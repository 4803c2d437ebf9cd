"""``make profile``: what the hot paths cost, stage by stage, and which functions take the time.

No server is involved: the stages are those of the aggregator's and ingest's own code for 4,000 events at a time, as in
a batch of a busy aggregator, and batches of 1,000 as districts send them.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from time import process_time
from typing import Any, TypeVar

import bson

from bench import workload
from bench.contender import RawEvent, events_in
from bench.contenders.laju_common import PARTITIONS, envelopes_of
from bench.contenders.laju_http import batches_in
from services.aggregator.counters import document_of
from services.aggregator.projection import Changes, batch_of, fold
from services.aggregator.stored import STORED, StoredEvent
from services.ingest.admission import Rules
from services.ingest.bodies import BATCH, Form
from services.ingest.judging import judge
from services.ingest.keys.key import operator
from shared.envelope import message_id, open_envelope, partition_of, seal
from shared.service import collect_seldom

_ENVELOPES_AT_ONCE = 8
_ROUNDS = 3
Result = TypeVar("Result")


class Stages:
    """Processor seconds by stage, and how many events went through."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.events = 0

    def run(self, name: str, work: Callable[..., Result], *arguments: Any) -> Result:
        """Do one stage's work."""
        began = process_time()
        result = work(*arguments)
        self.seconds[name] = self.seconds.get(name, 0.0) + process_time() - began
        return result

    def per_event(self) -> dict[str, float]:
        """Microseconds of each stage for an event, and of all."""
        found = {name: seconds / self.events * 1e6 for name, seconds in self.seconds.items()}
        return found | {"all": sum(found.values())}


def projecting(events: list[RawEvent]) -> Stages:
    """From envelopes to what is sent to the database."""
    stages = Stages()
    stored: dict[str, dict[str, Any]] = {}
    envelopes = sorted(envelopes_of(events), key=lambda envelope: envelope[0])
    for _, of_partition in groupby(envelopes, key=lambda envelope: envelope[0]):
        bodies = [body for _, body in of_partition]
        for start in range(0, len(bodies), _ENVELOPES_AT_ONCE):
            opened = stages.run("open envelopes", _opened, bodies[start : start + _ENVELOPES_AT_ONCE])
            batch = stages.run("sort by citizen", batch_of, opened)
            known = {citizen: stored[citizen] for citizen in batch.citizens if citizen in stored}
            changes = stages.run("merge and fold", fold, batch, known, {})
            counters = stages.run("counter documents", _documents, changes)
            stages.run("encode as BSON", _encoded, [*counters, *changes.citizens.values()])
            stored |= changes.citizens
            stages.events += len(opened)
    return stages


def _opened(bodies: list[bytes]) -> list[StoredEvent]:
    return [event for body in bodies for event in open_envelope(body, STORED).events]


def _documents(changes: Changes) -> list[dict[str, Any]]:
    return [document_of(key, paths) for key, paths in changes.counters.items()]


def _encoded(documents: list[dict[str, Any]]) -> list[bytes]:
    return [bson.encode(document) for document in documents]


def taking(bodies: list[bytes]) -> Stages:
    """From a request's body to envelopes."""
    stages = Stages()
    rules = Rules(datetime.now(UTC), lambda nik: {"citizen": nik}, nik_allowed=True, allowance=timedelta(minutes=5))
    key = operator("", datetime.now(UTC))
    for body in bodies:
        judged = stages.run("judge", partial(judge, most_events=len(body)), Form(BATCH), body, rules, key)
        parts = stages.run("sort by partition", _by_partition, judged.accepted)
        sealed = stages.run("seal", _sealed, parts)
        stages.run("message ids", _message_ids, sealed)
        stages.events += len(judged.accepted)
    return stages


def _by_partition(events: list[RawEvent]) -> list[list[RawEvent]]:
    found: dict[int, list[RawEvent]] = {}
    for event in events:
        found.setdefault(partition_of(event, PARTITIONS), []).append(event)
    return list(found.values())


def _sealed(parts: list[list[RawEvent]]) -> list[bytes]:
    return [seal(part) for part in parts]


def _message_ids(bodies: list[bytes]) -> list[str]:
    return [message_id(body) for body in bodies]


def main() -> None:
    """Measure, then profile."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--functions", type=int, default=25, help="how many functions to list for each path")
    asked = parser.parse_args()
    collect_seldom()
    with tempfile.TemporaryDirectory(prefix="laju-bench-events-") as name:
        path = Path(name) / "events.ndjson"
        workload.write(path, asked.events, 5)
        events, bodies = events_in(path), batches_in(path)
    paths: dict[str, Callable[[], Stages]] = {
        "projecting": lambda: projecting(events),
        "taking in": lambda: taking(bodies),
    }
    for title, run in paths.items():
        best = min((run() for _ in range(_ROUNDS)), key=lambda stages: sum(stages.seconds.values()))
        print(f"\n{title}: microseconds of processor time an event")
        for stage, cost in best.per_event().items():
            print(f"  {cost:7.2f}  {stage}")
        profile = cProfile.Profile()
        profile.runcall(run)
        pstats.Stats(profile).sort_stats("tottime").print_stats(asked.functions)


if __name__ == "__main__":
    main()
