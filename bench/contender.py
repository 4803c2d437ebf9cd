"""What every contender of the benchmark has in common: its arguments, how its cost is read, and what it prints.

A contender is a module run as a process of its own, ``python -m bench.contenders.NAME EVENTS FOLDER``: it starts the
servers it needs below ``FOLDER``, brings the events to where its work begins, does the work against the clock, reads
the figures back out of its store, ends what it started, and prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from tests.servers import Process

RawEvent = dict[str, Any]
Figures = dict[str, dict[str, dict[str, int]]]
"""Net change by programme (``ikd``, ``perekaman``), home kab/kota and day (ISO date); zeros left out."""
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Ran:
    """One run: how many ``events`` took how many ``seconds`` of wall clock, what that cost the contender's own process
    and its servers, their peak memory in MB by name, and the figures that came out. ``configuration`` is for people:
    what was chosen for it."""

    events: int
    seconds: float
    client_cpu_seconds: float
    server_cpu_seconds: float
    peak_rss_mb: dict[str, int]
    figures: Figures
    configuration: str


def arguments() -> tuple[Path, Path]:
    """The events file, one event in wire form a line in order of arrival, and the folder to work in."""
    events, folder = (Path(argument) for argument in sys.argv[1:3])
    return events, folder


def events_in(path: Path) -> list[RawEvent]:
    """The events of a file, in order of arrival."""
    with path.open() as lines:
        return [json.loads(line) for line in lines]


class Meter:
    """Wall clock and processor seconds from :meth:`start` to :meth:`stop`; ``servers`` by name."""

    def __init__(self, servers: Mapping[str, Process], clients: Mapping[str, Process] | None = None) -> None:
        self._servers = {name: _pid(process) for name, process in servers.items()}
        self._clients = {name: _pid(process) for name, process in (clients or {}).items()} | {"client": os.getpid()}
        self._began = 0.0
        self._before: dict[int, float] = {}

    def start(self) -> None:
        """Begin."""
        self._before = {pid: cpu_seconds(pid) for pid in (*self._servers.values(), *self._clients.values())}
        self._began = perf_counter()

    def stop(self, events: int, figures: Figures | None, configuration: str) -> Ran:
        """The run so far; ``figures`` may be put in later with :func:`dataclasses.replace`."""
        seconds = perf_counter() - self._began
        spent = {pid: cpu_seconds(pid) - before for pid, before in self._before.items()}
        return Ran(
            events,
            seconds,
            sum(spent[pid] for pid in self._clients.values()),
            sum(spent[pid] for pid in self._servers.values()),
            {name: peak_rss_mb(pid) for name, pid in (self._servers | self._clients).items()},
            figures or {},
            configuration,
        )


def cpu_seconds(pid: int) -> float:
    """Processor seconds a process has used so far, user and system, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def peak_rss_mb(pid: int) -> int:
    """The most memory a process has held so far."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0


def figures_of(counts: Iterable[tuple[str, str, str, int]]) -> Figures:
    """Figures from (programme, home kab/kota, ISO date, net change)."""
    found: Figures = {}
    for programme, region, day, change in counts:
        days = found.setdefault(programme, {}).setdefault(region, {})
        days[day] = days.get(day, 0) + change
    return {
        programme: {
            region: {day: change for day, change in sorted(days.items()) if change}
            for region, days in sorted(regions.items())
            if any(days.values())
        }
        for programme, regions in sorted(found.items())
    }


def report(ran: Ran) -> None:
    """Print the run as the one line of JSON that the benchmark reads."""
    print(json.dumps(asdict(ran)))


def _pid(process: Process) -> int:
    assert process.child is not None
    return process.child.pid
