"""Ingest alone on one core: durable single posts over 64 connections, and durable batches.

``python -m bench.measures.ingest --seconds 5`` pins ingest to the first core; nats-server and the client share the
others. A request counts once it is answered with 202, which is after JetStream's acknowledgement.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from time import perf_counter

from bench.contender import cpu_seconds
from bench.http_load import BATCH, KEY, ONE, Answers, close, opened, raw_event, request
from tests.servers import Process, free_port, nats_server, service

_CONNECTIONS = 64
_BATCHES_AT_ONCE = 4
_BATCH = 1000
_PREPARED_PER_SECOND = 250_000
_WARM_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Intake:
    """What was taken in: events a second, and processor seconds of ingest for 100,000 of them."""

    events_per_second: int
    cpu_seconds_per_100k: float


async def taken(process: Process, port: int, requests: Iterator[bytes], seconds: float, *, connections: int) -> Intake:
    """Send as fast as the answers come, for so long; an event a request."""
    assert process.child is not None
    answers = Answers()
    lines = await opened(port, connections, answers, requests)
    await asyncio.sleep(_WARM_SECONDS)
    before, spent, began = answers.accepted, cpu_seconds(process.child.pid), perf_counter()
    await asyncio.sleep(seconds)
    events, took, cpu = answers.accepted - before, perf_counter() - began, cpu_seconds(process.child.pid) - spent
    close(lines)
    answers.check()
    return Intake(int(events / took), round(cpu / events * 100_000, 2))


def measure(seconds: float) -> dict[str, Intake]:
    """Single posts, then batches of 1,000 prepared before."""
    port = free_port()
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="laju-bench-") as name:
        folder = Path(name)
        os.sched_setaffinity(0, cores[1:] or cores)
        with nats_server(folder / "nats") as url:
            environment = {
                "LAJU_DATA": str(folder / "data"),
                "LAJU_NATS_URL": url,
                "LAJU_API_KEY": KEY,
                "LAJU_INGEST_PORT": str(port),
            }
            with service("ingest", port, folder / "ingest", environment) as ingest:
                assert ingest.child is not None
                for thread in Path(f"/proc/{ingest.child.pid}/task").iterdir():
                    os.sched_setaffinity(int(thread.name), cores[:1])
                singles = (request(raw_event(number), ONE) for number in count())
                single = asyncio.run(taken(ingest, port, singles, seconds, connections=_CONNECTIONS))
                first, events = 10**9, int(_PREPARED_PER_SECOND * (seconds + _WARM_SECONDS))
                prepared = [
                    request([raw_event(number) for number in range(start, start + _BATCH)], BATCH)
                    for start in range(first, first + events, _BATCH)
                ]
                batch = asyncio.run(taken(ingest, port, iter(prepared), seconds, connections=_BATCHES_AT_ONCE))
    os.sched_setaffinity(0, cores)
    batches = Intake(batch.events_per_second * _BATCH, round(batch.cpu_seconds_per_100k / _BATCH, 2))
    return {"single posts": single, "batches of 1,000": batches}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.measures.ingest", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    for name, found in measure(parser.parse_args().seconds).items():
        print(json.dumps({"measure": name, **asdict(found)}))


if __name__ == "__main__":
    main()
