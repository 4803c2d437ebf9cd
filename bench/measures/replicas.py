"""One, two or four aggregators that share the partitions: what they gain, and how often their transactions meet.

They meet in citizens who were served in one kab/kota and moved to another at nearly the same time. Few do in the events
of the other measures; in ``crowded`` ones everyone who moves, dies or was counted in error was served in that week.
"""

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
