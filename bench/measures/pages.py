"""How long the nation takes to be read with a year in the database, and what live pages cost those who project.

All 514 kab/kota have two targets and a count on every day of a year; the nation and the provinces have targets of their
own. It is read while nothing happens, while events are projected, and the same beside open pages of as many regions,
which are told what changes: ``python -m bench.measures.pages --rate 2000 --streams 50 --path /``. With ``--of ID`` all
of them are pages of that region; with ``--api`` they are streams of figures instead of pages.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import partial
from itertools import chain, count, zip_longest
from pathlib import Path
from random import Random
from time import monotonic, perf_counter, sleep
from typing import Any

import httpx

from bench import workload
from bench.contender import RawEvent, cpu_seconds
from bench.contenders.laju_common import Laju, envelopes_of, laju, projected, publish
from bench.http_load import KEY, ONE, Answers, raw_event
from bench.measures.latency import steadily
from bench.measures.reading import waited
from services.aggregator.counters import document_of
from services.cli.simulate import facts, plan
from shared.events import PROGRAMMES
from shared.wilayah import NATION, children, kabkota_in
from tests.events import event
from tests.live import listening
from tests.waiting import until

PATHS = (f"/v1/regions/{NATION}/standings", "/")
_SEED = 5
_FIRST, _LAST, _AS_OF = date(2024, 1, 1), date(2024, 12, 31), date(2024, 12, 27)
_OWN = {"ikd": 30, "perekaman": 99}
_SETTLING_SECONDS = 120
_WARMING_SECONDS = 40  # until counters are being compacted
_CHUNK_BYTES = 1 << 20
_FIRST_PROBE = 10**9
_COUNTED = tuple(f"laju_aggregator_{name}_total" for name in ("events", "standings_published", "live_messages"))


@dataclass(frozen=True, slots=True)
class Projecting:
    """Some seconds of projecting: events and published standings a second, processor seconds of each process a second,
    the aggregator's resident memory and how many events wait for it at the end, and how many live messages were sent
    meanwhile. An aggregator assesses as much as it finds time for: look at events and standings together."""

    events_per_second: int
    standings_per_second: int
    cpu_seconds_per_second: dict[str, float]
    rss_mb: int
    lag_events: int
    messages: int


@dataclass(frozen=True, slots=True)
class Told:
    """Milliseconds from 202 to a message with the event in it: median and the longest of so many."""

    probes: int
    median: float
    longest: float

    @classmethod
    def of(cls, took: Sequence[float]) -> Told:
        """Of these, longest last."""
        return cls(len(took), round(took[len(took) // 2], 1), round(took[-1], 1))


def targets_of_wide_regions() -> Iterator[RawEvent]:
    """A target of its own in each programme for the nation and every province."""
    for region in (NATION, *children(NATION)):
        for programme, percent in _OWN.items():
            yield event(
                "target.set", time="2023-12-31T10:00:00+07:00", system="directorate", region=region,
                programme=programme, authority="national", basis="percent_of_wajib_ktp", value=percent,
                start_on=_FIRST.isoformat(), due_on=_LAST.isoformat(), effective_on=_FIRST.isoformat(),
            )  # fmt: skip


def a_year() -> Iterator[dict[str, Any]]:
    """The counters of all kab/kota with people on every day up to the business date."""
    draw = Random(_SEED)
    days = [f"{_FIRST + timedelta(days=number):%m%d}" for number in range((_AS_OF - _FIRST).days + 1)]
    for region in kabkota_in(NATION):
        counted = {f"days.{programme}": {day: draw.randrange(1, 120) for day in days} for programme in PROGRAMMES}
        yield document_of(f"{region}/{_FIRST.year}", counted)


def regions(number: int) -> list[str]:
    """So many regions of all levels, the widest first."""
    provinces = children(NATION)
    kabkota = [children(province)[0] for province in provinces]
    kecamatan = [children(code)[0] for code in kabkota[::4]]
    mixed = chain.from_iterable(zip_longest(provinces, kabkota, kabkota_in(NATION)[::7], kecamatan))
    return list(dict.fromkeys([NATION, *(code for code in mixed if code)]))[:number]


@contextmanager
def filled() -> Iterator[Laju]:
    """Laju with everything in it, assessed."""
    with (
        tempfile.TemporaryDirectory(prefix="laju-bench-") as name,
        laju(Path(name), ingest=True, LAJU_AS_OF=_AS_OF.isoformat()) as running,
    ):
        running.database["counters"].insert_many(list(a_year()))
        told = [
            item.model_dump(mode="json", exclude_none=True)
            for item in facts(plan(0, workload.REGIONS, _SEED, _FIRST, _LAST))
        ]
        asyncio.run(publish(running.nats_url, envelopes_of([*told, *targets_of_wide_regions()])))
        asyncio.run(projected(running.nats_url))
        until(lambda: settled(running), seconds=_SETTLING_SECONDS)
        yield running


def settled(running: Laju) -> bool:
    """Whether everything is projected and assessed."""
    progress = httpx.get(f"{_aggregator(running)}/v1/progress", timeout=60).json()
    return (progress["lag_events"], progress["assessments_pending"]) == (0, 0)


@contextmanager
def loaded(running: Laju, rate: int) -> Iterator[None]:
    """Meanwhile so many events a second come in, none of them from where :func:`told` looks."""
    stop, answers = threading.Event(), Answers()
    elsewhere = (number for number in count() if (number - _FIRST_PROBE) % len(kabkota_in(NATION)))
    sending = partial(steadily, running.ports["ingest"], rate, stop, answers, elsewhere)
    load = threading.Thread(target=lambda: asyncio.run(sending()))
    load.start()
    try:
        yield
    finally:
        stop.set()
        load.join()
    answers.check()


@contextmanager
def streaming(running: Laju, paths: Sequence[str]) -> Iterator[None]:
    """Meanwhile somebody listens to each of these streams, and has heard something of all."""
    loop = asyncio.new_event_loop()
    heard: set[int] = set()

    async def listen(number: int, path: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.ports["aggregator-1"])
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            while chunk := await reader.read(_CHUNK_BYTES):
                if b"event: figures" in chunk:
                    heard.add(number)
            raise RuntimeError(f"the stream {path} ended")
        finally:
            writer.close()

    async def listen_to_all() -> None:
        await asyncio.gather(*(listen(number, path) for number, path in enumerate(paths)))

    def run() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            loop.close()

    task = loop.create_task(listen_to_all())
    thread = threading.Thread(target=run)
    thread.start()
    try:
        until(lambda: len(heard) == len(paths), seconds=_SETTLING_SECONDS)
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()


def projecting(running: Laju, seconds: float) -> Projecting:
    """What so many seconds of the present load come to."""
    processes = {"aggregator": running.services["aggregator-1"], "database": running.servers["database"]}
    pids = {name: process.child.pid for name, process in processes.items() if process.child is not None}
    before, began = _counted(running), perf_counter()
    spent = {name: cpu_seconds(pid) for name, pid in pids.items()}
    end = monotonic() + seconds
    until(lambda: monotonic() >= end, seconds=seconds + 1)
    spent = {name: cpu_seconds(pid) - spent[name] for name, pid in pids.items()}
    took = perf_counter() - began
    after = _counted(running)
    events, standings, messages = (after[name] - before[name] for name in _COUNTED)
    return Projecting(
        int(events / took),
        int(standings / took),
        {name: round(used / took, 2) for name, used in spent.items()},
        _rss_mb(pids["aggregator"]),
        httpx.get(f"{_aggregator(running)}/v1/progress", timeout=60).json()["lag_events"],
        int(messages),
    )


def told(running: Laju, seconds: float, probes: Iterator[int]) -> dict[str, Told]:
    """How long after its 202 an event is on the streams of its kab/kota and of the nation, one event at a time;
    ``probes`` are events that nobody has sent, all of that kab/kota."""
    took: dict[str, list[float]] = {"kab/kota": [], "nation": []}
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": ONE}
    intake = f"http://127.0.0.1:{running.ports['ingest']}/v1/events"
    kabkota = raw_event(_FIRST_PROBE)["data"]["home"][:5]
    with (
        listening(_aggregator(running), kabkota) as near,
        listening(_aggregator(running), NATION) as nation,
        httpx.Client(headers=headers, timeout=60) as http,
    ):
        streams = {"kab/kota": near, "nation": nation}
        end = monotonic() + seconds
        while monotonic() < end:
            wanted = near.last["ikd"]["active"] + 1
            heard = {name: len(stream.messages) for name, stream in streams.items()}
            http.post(intake, json=raw_event(next(probes))).raise_for_status()
            accepted = perf_counter()
            while heard:
                if perf_counter() > accepted + _SETTLING_SECONDS:
                    raise RuntimeError(f"nothing was told of {kabkota} on the streams of {', '.join(heard)}")
                for name in list(heard):
                    messages = streams[name].messages[heard[name] :]
                    if any(_active(message, kabkota) >= wanted for message in messages):
                        took[name].append((perf_counter() - accepted) * 1000)
                        del heard[name]
                    else:
                        heard[name] += len(messages)
                sleep(0.0005)
    return {name: Told.of(sorted(found)) for name, found in took.items()}


def _active(message: dict[str, Any], kabkota: str) -> int:
    """How many are active in a kab/kota by its own message or one of the nation; -1 if that does not say it."""
    if message["region"] == kabkota:
        return int(message["ikd"]["active"])
    rows = chain.from_iterable(part["standings"] for part in message["parts"] if part["code"] == kabkota)
    return max((row["actual"] for row in rows if row["programme"] == "ikd"), default=-1)


def measure(
    rate: int, streams: Sequence[str], seconds: float, paths: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """By situation: how long each path takes and, where there is load, what projecting costs; with and without streams
    in turns, as the database gets slower while the load goes on."""
    probes = count(_FIRST_PROBE, len(kabkota_in(NATION)))
    with filled() as running, ExitStack() as stack:
        read = {path: partial(waited, running, f"{_aggregator(running)}{path}", seconds) for path in paths}
        for look in read.values():
            look()  # what is kept is there then
        found: dict[str, Any] = {path: look() for path, look in read.items()}
        if streams:
            found |= {f"told, {what}": took for what, took in told(running, seconds, probes).items()}
        yield "quiet", found
        stack.enter_context(loaded(running, rate))
        projecting(running, _WARMING_SECONDS)
        for turn in (1, 2):
            for opened in ((), streams) if streams else ((),):
                situation = f"loaded, {len(opened)} streams, turn {turn}"
                with streaming(running, opened):
                    found = {"projecting": projecting(running, seconds * 2)}
                    found |= {path: look() for path, look in read.items()}
                    if opened:
                        found |= {f"told, {what}": took for what, took in told(running, seconds, probes).items()}
                yield situation, found


def _aggregator(running: Laju) -> str:
    return f"http://127.0.0.1:{running.ports['aggregator-1']}"


def _counted(running: Laju) -> dict[str, float]:
    lines = httpx.get(f"{_aggregator(running)}/metrics", timeout=60).text.splitlines()
    return {name: sum(float(line.split()[1]) for line in lines if line.startswith(f"{name} ")) for name in _COUNTED}


def _rss_mb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS:"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.measures.pages", description=__doc__)
    parser.add_argument("--rate", type=int, default=2000, help="events a second")
    parser.add_argument("--streams", type=int, default=50, help="open pages, each of another region; 0 for none")
    parser.add_argument("--of", help="the region that all of them are about")
    parser.add_argument("--api", action="store_true", help="streams of figures instead of pages")
    parser.add_argument("--seconds", type=float, default=8, help="for each figure")
    parser.add_argument("--path", action="append", help=f"what is read, several times if need be; by default {PATHS}")
    asked = parser.parse_args()
    codes = [asked.of] * asked.streams if asked.of else regions(asked.streams)
    streams = [f"{'/v1' if asked.api else ''}/regions/{code}/live" for code in codes]
    for situation, found in measure(asked.rate, streams, asked.seconds, asked.path or PATHS):
        print(
            json.dumps({"situation": situation, **{what: asdict(value) for what, value in found.items()}}), flush=True
        )


if __name__ == "__main__":
    main()
