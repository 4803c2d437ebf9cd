"""The restore drill: everything is lost but a backup, and how long it takes until all figures are there again.

``python -m bench.measures.drill --events 100000`` does it twice: from the archive of ``laju export``, and from a copy
of the folder of NATS that was taken while it was stopped. The database is lost in both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from bench import workload
from bench.contenders.laju_common import Laju, envelopes_of, laju, projected, publish

_SEED = 5
_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Drill:
    """Seconds of each step, and how large the backup is. ``projecting`` ends when every figure is as it was before."""

    events: int
    backup_seconds: float
    backup_mb: float
    restore_seconds: float
    projecting_seconds: float


def command(name: str, *arguments: str, nats_url: str) -> None:
    """A command of ours, which must succeed."""
    environment = {**os.environ, "LAJU_NATS_URL": nats_url}
    subprocess.run([sys.executable, "-m", "services.cli", name, *arguments], env=environment, check=True, text=True)


def seconds_of(work: Callable[[], object]) -> float:
    """How long it takes."""
    began = perf_counter()
    work()
    return round(perf_counter() - began, 1)


def projecting(folder: Path, stored: int, before: object) -> float:
    """Start what is missing, and wait for every figure.

    Raises:
        AssertionError: the figures are others than before.
    """
    began = perf_counter()
    with laju(folder) as running:
        asyncio.run(projected(running.nats_url, stored))
        took = round(perf_counter() - began, 1)
        if running.figures() != before:
            raise AssertionError("the figures after the restore are others than before")
    return took


def size_mb(path: Path) -> float:
    """Of a file, or of all files below a folder."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return round(sum(file.stat().st_size for file in files) / _MEGABYTE, 1)


def from_archive(folder: Path, lost: Laju, stored: int, before: object, events: int) -> Drill:
    """By ``laju export`` beside the running services, and ``laju import`` into an empty NATS."""
    archive = folder / "events.ndjson.gz"
    backup = seconds_of(lambda: command("export", str(archive), nats_url=lost.nats_url))
    with laju(folder / "archive", aggregators=0) as empty:
        restore = seconds_of(lambda: command("import", str(archive), nats_url=empty.nats_url))
    return Drill(events, backup, size_mb(archive), restore, projecting(folder / "archive", stored, before))


def from_copy(folder: Path, store: Path, stored: int, before: object, events: int) -> Drill:
    """By a copy of the stopped server's folder, put in place again."""
    copy = folder / "copy-of-nats"
    backup = seconds_of(lambda: shutil.copytree(store, copy))
    restore = seconds_of(lambda: shutil.copytree(copy, folder / "copied" / "nats" / "store"))
    return Drill(events, backup, size_mb(copy), restore, projecting(folder / "copied", stored, before))


def measure(events: int) -> dict[str, Drill]:
    """Both drills, with so many events."""
    with tempfile.TemporaryDirectory(prefix="laju-bench-") as name:
        folder = Path(name)
        workload.write(folder / "events.ndjson", events, _SEED)
        envelopes = envelopes_of([json.loads(line) for line in (folder / "events.ndjson").open()])
        with laju(folder / "lost") as running:
            asyncio.run(publish(running.nats_url, envelopes))
            asyncio.run(projected(running.nats_url, len(envelopes)))
            before = running.figures()
            archived = from_archive(folder, running, len(envelopes), before, events)
        copied = from_copy(folder, folder / "lost" / "nats" / "store", len(envelopes), before, events)
        return {"archive": archived, "copy": copied}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.measures.drill", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    for name, drill in measure(parser.parse_args().events).items():
        print(json.dumps({name: asdict(drill)}))


if __name__ == "__main__":
    main()
