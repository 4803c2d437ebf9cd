"""Disaster and recovery: EVENTS is exported, imported into an empty store, and every figure is what it was."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.e2e.pipeline import KEY, Pipeline, pipeline
from tests.servers import nats_server

LAST_DAY = "2024-12-31"
COMMAND = [sys.executable, "-m", "services.cli"]


def run(*arguments: str, into: Path | None = None) -> str:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
    if into is not None:
        into.write_bytes(done.stdout)
    return done.stdout.decode()


def figures(laju: Pipeline, regions: list[str]) -> dict[str, Any]:
    """Everything the read API says about these regions, but for when it was assessed."""
    found: dict[str, Any] = {}
    for code in regions:
        found[code] = laju.read(f"regions/{code}")
        if len(code) <= 8:  # a desa has no standings
            rows = laju.read(f"regions/{code}/standings")["standings"]
            found[f"{code} standings"] = [{key: row[key] for key in row if key != "revision"} for row in rows]
        for programme in ("ikd", "perekaman"):
            found[f"{code} {programme}"] = laju.read(f"regions/{code}/daily", programme=programme)["days"]
            if len(code) == 5:
                for by in ("channel", "place", "group", "service_region", "home_region"):
                    rows = laju.read(f"regions/{code}/breakdown", by=by, programme=programme)["rows"]
                    found[f"{code} {programme} {by}"] = rows
    return found


def test_an_import_into_an_empty_store_gives_the_same_figures_in_every_region(tmp_path: Path) -> None:
    stream, archive = tmp_path / "events.ndjson", tmp_path / "events.ndjson.gz"
    run("simulate", "--events", "3000", "--regions", "5", "--seed", "11", into=stream)
    events = [json.loads(line) for line in stream.read_text().splitlines()]
    narrow = {event["data"][key] for event in events for key in ("home", "service", "region") if key in event["data"]}
    regions = sorted({code[:length] for code in narrow for length in (2, 5, 8, 13)} | {"ID"})
    assert len(regions) > 100

    with pipeline(tmp_path / "lost", as_of=LAST_DAY) as lost:
        run("send", str(stream), "--url", lost.ingest, "--key", KEY)
        lost.settle(seconds=120)
        before = figures(lost, regions)
        told = run("export", str(archive), "--nats-url", lost.nats_url)
        assert f"{len(events):,} events" in told
    assert sum(len(before[f"{code} ikd"]) for code in regions) > 1000

    new = tmp_path / "new"
    with nats_server(new / "nats") as url:
        run("import", str(archive), "--nats-url", url)
    with pipeline(new, as_of=LAST_DAY) as restored:
        restored.settle(seconds=120)
        after = figures(restored, regions)
    assert after.keys() == before.keys()
    for key, expected in before.items():
        assert after[key] == expected, key
