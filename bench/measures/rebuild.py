"""A rebuild beside live traffic: how fast it is, what memory it takes, and what readers notice of it.

``python -m bench.measures.rebuild --events 1000000 --rate 200`` starts real servers, sends simulated events, and
rebuilds the projection while further events arrive at the rate (events a second) and a reader asks for a region without
pause.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpx

from tests.e2e.pipeline import Pipeline, pipeline
from tests.events import citizen, event
from tests.waiting import until

_BATCH = 50
_REGION = "51.71"
_READ_PAUSE_SECONDS = 0.01
_SETTLE_SECONDS = 3600.0
_AROUND_SECONDS = 2.0
_COMMAND = [sys.executable, "-m", "services.cli"]


@dataclass
class Readings:
    """When each answer came (seconds, monotonic), how long it took, and which projection gave it."""

    answers: list[tuple[float, float, int]] = field(default_factory=list)
    failed: int = 0

    def read(self, begin: float, end: float) -> Read:
        """The answers of that time."""
        took = sorted(seconds for at, seconds, _ in self.answers if begin <= at < end)
        if not took:
            return Read(0, 0, 0)
        return Read(len(took), round(1000 * took[len(took) // 2], 1), round(1000 * took[-1], 1))

    def switched_at(self) -> float:
        """When the first answer of the last projection came."""
        last = self.answers[-1][2]
        return next(at for at, _, projection in self.answers if projection == last)


class Background:
    """Live events at a rate and a reader, until told to stop."""

    def __init__(self, laju: Pipeline, rate: float) -> None:
        self._laju = laju
        self._rate = rate
        self._stop = threading.Event()
        self.sent = 0
        self.readings = Readings()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._send, self._read)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End both and wait for them."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        due = time.monotonic()
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            numbers = range(self.sent, self.sent + _BATCH)
            self._laju.send(
                *(
                    event("ikd.activated", citizen=citizen(n), home=_REGION, service=_REGION, channel="office")
                    for n in numbers
                )
            )
            self.sent += _BATCH
            due += _BATCH / self._rate

    def _read(self) -> None:
        with httpx.Client(timeout=60) as client:
            while not self._stop.wait(_READ_PAUSE_SECONDS):
                began = time.monotonic()
                answer = client.get(f"{self._laju.aggregator}/v1/regions/{_REGION}")
                if answer.status_code != 200:
                    self.readings.failed += 1
                    continue
                at = time.monotonic()
                self.readings.answers.append((at, at - began, int(answer.headers["Laju-Projection"])))


def resident_megabytes(pid: int) -> float:
    """The resident memory of a process, 0 once it is gone."""
    try:
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def rebuild(laju: Pipeline) -> tuple[str, int, float]:
    """Run ``laju rebuild``: what it printed, its exit status, its largest resident memory in megabytes."""
    process = subprocess.Popen(
        [*_COMMAND, "rebuild"],
        env={**os.environ, **laju.services["aggregator"].environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    largest = 0.0
    while True:
        largest = max(largest, resident_megabytes(process.pid))
        try:
            out, _ = process.communicate(timeout=0.5)
        except subprocess.TimeoutExpired:
            continue
        return out, process.returncode, largest


@dataclass(frozen=True, slots=True)
class Read:
    """So many answers in a time, and milliseconds: their median and the slowest."""

    answers: int
    median: float
    slowest: float


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Stored ``events`` a second beside ``live`` others, the most memory in MB, and what readers noticed while it ran
    and for seconds around the switch; ``refused`` is how many of them got no answer."""

    events: int
    events_per_second: int
    live: int
    peak_rss_mb: int
    readers: Read
    readers_around_switch: Read
    refused: int


def measure(events: int, regions: int, rate: float) -> Rebuilt:
    """Simulate, project, and rebuild beside so many live events a second.

    Raises:
        RuntimeError: the rebuilt projection differs, or it failed; the message is what it printed.
    """
    with tempfile.TemporaryDirectory(prefix="laju-bench-") as folder:
        stream = Path(folder) / "events.ndjson"
        with stream.open("wb") as lines:
            simulate = [*_COMMAND, "simulate", "--seed", "5", "--events", str(events)]
            subprocess.run([*simulate, "--regions", str(regions)], stdout=lines, check=True)
        with pipeline(Path(folder), as_of="2024-12-31", cache="2G") as laju:
            key = {"LAJU_API_KEY": laju.services["ingest"].environment["LAJU_API_KEY"]}
            send = [*_COMMAND, "send", str(stream), "--url", laju.ingest]
            subprocess.run(send, env={**os.environ, **key}, check=True, capture_output=True)
            laju.settle(seconds=_SETTLE_SECONDS)
            background = Background(laju, rate)
            background.start()
            started = time.monotonic()
            out, status, megabytes = rebuild(laju)
            ended = time.monotonic()
            readings = background.readings
            if status == 0:
                until(lambda: readings.answers[-1][0] > readings.switched_at() + _AROUND_SECONDS)
            background.stop()
            if status:
                raise RuntimeError(out)
            laju.settle()
            flip = readings.switched_at()
            around = (flip - _AROUND_SECONDS, flip + _AROUND_SECONDS)
            return Rebuilt(
                events,
                int(events / (ended - started)),
                background.sent,
                int(megabytes),
                readings.read(started, around[0]),
                readings.read(*around),
                readings.failed,
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.measures.rebuild", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="simulated events before the rebuild")
    parser.add_argument("--regions", type=int, default=300, help="kab/kota that they are spread over")
    parser.add_argument("--rate", type=float, default=200, help="live events a second during the rebuild")
    asked = parser.parse_args()
    # Told to end, it still ends every process it started.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    print(json.dumps(asdict(measure(asked.events, asked.regions, asked.rate)), indent=1))


if __name__ == "__main__":
    main()
