"""How long readers wait, while nothing happens and while events are projected: the nation and a kab/kota.

All 514 kab/kota have two targets and a week of days. ``python -m bench.measures.reading --rate 2000``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import threading
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from time import perf_counter

import httpx

from bench import workload
from bench.contender import RawEvent, events_in
from bench.contenders.laju_common import Laju, envelopes_of, laju, projected, publish
from bench.http_load import Answers
from bench.measures.latency import steadily
from services.cli.simulate import facts, plan
from shared.wilayah import NATION

_PATHS = {
    "nation": f"regions/{NATION}",
    "nation's standings": f"regions/{NATION}/standings",
    "kab/kota": "regions/51.71",
    "kab/kota's standings": "regions/51.71/standings",
}
_SEED = 5
_EVENTS = 50_000
_FIRST, _LAST = date(2024, 1, 1), date(2024, 12, 31)


@dataclass(frozen=True, slots=True)
class Waited:
    """Milliseconds from asking to answer: median, 99th percentile and the longest of so many."""

    answers: int
    median: float
    p99: float
    longest: float


def waited(running: Laju, path: str, seconds: float) -> Waited:
    """Ask one after the other for so long."""
    took: list[float] = []
    with httpx.Client(base_url=f"http://127.0.0.1:{running.ports['aggregator-1']}/v1/", timeout=60) as http:
        end = perf_counter() + seconds
        while perf_counter() < end:
            began = perf_counter()
            http.get(path).raise_for_status()
            took.append((perf_counter() - began) * 1000)
    took.sort()
    p99 = took[min(len(took) * 99 // 100, len(took) - 1)]
    return Waited(len(took), round(took[len(took) // 2], 1), round(p99, 1), round(took[-1], 1))


def _events(folder: Path) -> list[RawEvent]:
    workload.write(folder / "events.ndjson", _EVENTS, _SEED)
    told = facts(plan(0, workload.REGIONS, _SEED, _FIRST, _LAST))
    return [event.model_dump(mode="json", exclude_none=True) for event in told] + events_in(folder / "events.ndjson")


def measure(rate: int, seconds: float) -> dict[str, dict[str, Waited]]:
    """By what is read: while it is ``quiet``, and ``loaded`` with so many events a second."""
    with tempfile.TemporaryDirectory(prefix="laju-bench-") as name, laju(Path(name), ingest=True) as running:
        asyncio.run(publish(running.nats_url, envelopes_of(_events(Path(name)))))
        asyncio.run(projected(running.nats_url))
        quiet = {what: waited(running, path, seconds) for what, path in _PATHS.items()}
        stop, answers = threading.Event(), Answers()
        load = threading.Thread(target=lambda: asyncio.run(steadily(running.ports["ingest"], rate, stop, answers)))
        load.start()
        try:
            loaded = {what: waited(running, path, seconds) for what, path in _PATHS.items()}
        finally:
            stop.set()
            load.join()
        answers.check()
    return {what: {"quiet": quiet[what], "loaded": loaded[what]} for what in _PATHS}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.measures.reading", description=__doc__)
    parser.add_argument("--rate", type=int, default=2000, help="events a second")
    parser.add_argument("--seconds", type=float, default=5, help="for each of the answers")
    asked = parser.parse_args()
    for what, found in measure(asked.rate, asked.seconds).items():
        print(json.dumps({"measure": what, **{how: asdict(value) for how, value in found.items()}}))


if __name__ == "__main__":
    main()
