"""One, two or four aggregators on the same partitions: what they gain, and how often their transactions meet."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.contenders import laju_bus


@dataclass(frozen=True, slots=True)
class Shared:
    """What so many aggregators did together; ``retries`` is how often a transaction had to begin again."""

    aggregators: int
    events_per_second: int
    cpu_seconds_per_100k: float
    retries: int


def measure(events: Path, aggregators: int) -> Shared:
    """Project a file of events with so many aggregators."""
    with tempfile.TemporaryDirectory(prefix="laju-bench-") as folder:
        projected = laju_bus.project(events, Path(folder), aggregators)
    ran = projected.ran
    cpu = (ran.client_cpu_seconds + ran.server_cpu_seconds) / ran.events * 100_000
    return Shared(aggregators, int(ran.events / ran.seconds), round(cpu, 2), projected.retries)
