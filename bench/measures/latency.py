"""How long after its 202 an event can be read in the database, at a steady rate of single events.

``python -m bench.measures.latency --rate 200 --seconds 15``: beside the load, one event at a time is handed in and
looked for until its citizen's document is there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from time import perf_counter, sleep

import httpx

from bench.contenders.laju_common import Laju, laju
from bench.http_load import KEY, ONE, Answers, close, opened, raw_event, request
from tests.events import citizen

_TICK_SECONDS = 0.005
_CONNECTIONS = 64
_PROBE_PAUSE_SECONDS = 0.02
_FIRST_PROBE = 10**9


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from 202 to visible: median, 99th percentile and the longest of so many probes; ``load`` is the
    events a second that were taken in meanwhile."""

    load: int
    probes: int
    median: float
    p99: float
    longest: float


async def steadily(
    port: int, rate: int, stop: threading.Event, answers: Answers, numbers: Iterator[int] | None = None
) -> None:
    """Send single events at a rate, by default of all numbers; one that finds no free connection waits for the next
    tick."""
    lines = deque(await opened(port, _CONNECTIONS, answers, iter(())))
    numbers, due, began = numbers or count(), 0, perf_counter()
    while not stop.is_set():
        await asyncio.sleep(_TICK_SECONDS)
        wanted = int((perf_counter() - began) * rate)
        for _ in range(len(lines)):
            if due >= wanted:
                break
            lines.rotate()  # one that says nothing for a while is closed by the server
            if lines[0].idle:
                lines[0].send(request(raw_event(next(numbers)), ONE))
                due += 1
    close(lines)


def probed(running: Laju, seconds: float) -> list[float]:
    """Milliseconds of each probe, longest last."""
    citizens = running.database["citizens"]
    took: list[float] = []
    intake = f"http://127.0.0.1:{running.ports['ingest']}/v1/events"
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": ONE}
    end = perf_counter() + seconds
    with httpx.Client(headers=headers, timeout=60) as http:
        for number in count(_FIRST_PROBE):
            http.post(intake, json=raw_event(number)).raise_for_status()
            accepted = perf_counter()
            if accepted > end:
                return sorted(took)
            while citizens.find_one({"_id": citizen(number)}, {"_id": 1}) is None:
                sleep(0.0005)
            took.append((perf_counter() - accepted) * 1000)
            sleep(_PROBE_PAUSE_SECONDS)
    raise AssertionError("the numbers never end")


def measure(rate: int, seconds: float) -> Latency:
    """Everything started, loaded and probed."""
    with tempfile.TemporaryDirectory(prefix="laju-bench-") as folder, laju(Path(folder), ingest=True) as running:
        stop, answers = threading.Event(), Answers()
        load = threading.Thread(target=lambda: asyncio.run(steadily(running.ports["ingest"], rate, stop, answers)))
        load.start()
        try:
            probed(running, 2)  # connections, caches, plans
            before, began = answers.accepted, perf_counter()
            took = probed(running, seconds)
            taken = (answers.accepted - before) / (perf_counter() - began)
        finally:
            stop.set()
            load.join()
        answers.check()
    p99 = took[min(len(took) * 99 // 100, len(took) - 1)]
    return Latency(int(taken), len(took), round(took[len(took) // 2], 1), round(p99, 1), round(took[-1], 1))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.measures.latency", description=__doc__)
    parser.add_argument("--rate", type=int, default=200, help="events a second")
    parser.add_argument("--seconds", type=float, default=15)
    asked = parser.parse_args()
    print(json.dumps(asdict(measure(asked.rate, asked.seconds))))


if __name__ == "__main__":
    main()
