"""A simulated year, sent twice and once of it shuffled: every figure of every region is the
oracle's."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.pipeline import KEY, Pipeline, pipeline
from tests.oracle import Oracle

COMMAND = [sys.executable, "-m", "services.cli"]
LAST_DAY = "2024-12-31"


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("stream") / "events.ndjson"
    with file.open("wb") as out:
        subprocess.run([*COMMAND, "simulate", "--events", "20000", "--seed", "7"], stdout=out, check=True)
    return file


@pytest.fixture(scope="module")
def laju(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    with pipeline(tmp_path_factory.mktemp("laju"), as_of=LAST_DAY) as running:
        yield running


def _send(laju: Pipeline, file: Path) -> None:
    sent = subprocess.run(
        [*COMMAND, "send", str(file), "--url", laju.ingest, "--key", KEY], capture_output=True, text=True, check=False
    )
    assert sent.returncode == 0, sent.stdout + sent.stderr
    assert " 0 rejected" in sent.stdout


def _figures(laju: Pipeline, code: str, programme: str) -> tuple[int, dict[date, int]]:
    region = laju.read(f"regions/{code}")["programmes"][programme]
    daily = laju.read(f"regions/{code}/daily", programme=programme)["days"]
    count = region["active" if programme == "ikd" else "recorded"]
    return count, {date.fromisoformat(day["date"]): day["change"] for day in daily}


def _opening(events: list[dict[str, Any]], code: str, programme: str) -> tuple[date, int]:
    """The last opening balance of a region: the day and the count (the stream states one for each)."""
    field = "activated" if programme == "ikd" else "recorded"
    found = [
        (date.fromisoformat(event["data"]["as_of"]), event["data"][field])
        for event in events
        if event["type"] == "baseline.reported.v1" and event["data"]["region"] == code and field in event["data"]
    ]
    return max(found, default=(date.min, 0))


def test_every_region_equals_the_oracle_after_two_sendings(laju: Pipeline, stream: Path, tmp_path: Path) -> None:
    lines = stream.read_text().splitlines()
    shuffled = tmp_path / "shuffled.ndjson"
    random.Random(7).shuffle(again := list(lines))
    shuffled.write_text("\n".join(again) + "\n")
    _send(laju, stream)
    _send(laju, shuffled)
    laju.settle(seconds=120)

    events = [json.loads(line) for line in lines]
    oracle = Oracle(events)
    regions = sorted({region for region, _, _ in oracle.residents})
    kabkota = sorted({*(region for region in regions if len(region) == 5), *(key[0] for key in oracle.served)})
    assert len(kabkota) >= 10
    narrower = random.Random(7).sample([region for region in regions if len(region) > 5], 150)
    for code in [*kabkota, *narrower]:
        for programme in ("ikd", "perekaman"):
            count, days = _figures(laju, code, programme)
            as_of, opening = _opening(events, code, programme)
            expected = oracle.days(code, programme)
            assert days == expected, (code, programme)
            assert count == opening + sum(change for day, change in expected.items() if day > as_of), (code, programme)
    for code in kabkota:
        for programme in ("ikd", "perekaman"):
            for by in ("channel", "place", "group", "service_region", "home_region"):
                rows = laju.read(f"regions/{code}/breakdown", by=by, programme=programme)["rows"]
                assert {row["key"]: row["count"] for row in rows} == oracle.by(code, programme, by), (code, by)
    nation = {day["date"]: day["change"] for day in laju.read("regions/ID/daily", programme="ikd")["days"]}
    assert sum(nation.values()) == sum(oracle.total(code, "ikd") for code in regions if len(code) == 5)
    assert laju.read("regions/ID")["simulated"] is True


def test_a_new_database_gives_the_same_numbers(laju: Pipeline, stream: Path) -> None:
    codes = sorted({json.loads(line)["data"].get("region") for line in stream.read_text().splitlines()} - {None})
    before = {code: laju.read(f"regions/{code}")["programmes"] for code in codes}
    assert laju.services["aggregator"].end() == 0
    laju.drop_projection()
    laju.services["aggregator"].start()
    laju.settle(seconds=120)
    assert {code: laju.read(f"regions/{code}")["programmes"] for code in codes} == before
