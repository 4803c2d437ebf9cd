"""``laju verify`` with everything running: silent on a healthy system, precise on one that was tampered with."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pymongo
import pytest
from typer.testing import CliRunner, Result

from services.cli.main import app
from tests.e2e.pipeline import Pipeline, pipeline
from tests.events import citizen, event, target

COMMAND = [sys.executable, "-m", "services.cli"]


@pytest.fixture(scope="module")
def laju(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A year of five simulated kab/kota, and a national target."""
    with pipeline(tmp_path_factory.mktemp("laju"), as_of="2024-12-31") as running:
        lines = subprocess.run(
            [*COMMAND, "simulate", "--events", "4000", "--regions", "5", "--seed", "3"], capture_output=True, check=True
        ).stdout.splitlines()
        running.send(*(json.loads(line) for line in lines), target("ID", 30))
        running.settle()
        yield running


@pytest.fixture
def database(laju: Pipeline) -> Iterator[Any]:
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(laju.mongo_url)
    with client:
        yield client["laju_p1"]


def verify(laju: Pipeline, *arguments: str) -> Result:
    environment = {"LAJU_NATS_URL": laju.nats_url, "LAJU_MONGO_URL": laju.mongo_url}
    return CliRunner().invoke(app, ["verify", *arguments], env=environment)


def activation(number: int, home: str, **more: Any) -> dict[str, Any]:
    return event(
        "ikd.activated", citizen=citizen(number), home=home, service=home, channel="office", place="Dinas X.Y", **more
    )


def test_a_healthy_system_has_no_differences(laju: Pipeline) -> None:
    result = verify(laju)
    assert result.exit_code == 0, result.output
    compared = re.search(r"(\d+) regions compared, 0 differences", result.output)
    assert compared is not None
    assert int(compared[1]) >= 6
    assert verify(laju, "--all").output == result.output


def test_a_count_that_was_tampered_with_is_found(laju: Pipeline, database: Any) -> None:
    document = database.counters.find_one({"days.ikd": {"$exists": True}})
    day = next(iter(document["days"]["ikd"]))
    region, year = document["region"], document["year"]
    key, one = f"{region}/{year}", document["_id"]
    parts = database.counters.find({"region": region, "year": year})
    count = sum(part.get("days", {}).get("ikd", {}).get(day, 0) for part in parts)
    change = {f"days.ikd.{day}": 7, "service.ikd.channel.office.1231": 1_000}
    database.counters.update_one({"_id": one}, {"$inc": change})
    try:
        for arguments in ([], ["--regions", f"{region}.01"], ["--regions", region[:2]]):
            result = verify(laju, *arguments)
            assert result.exit_code == 1, result.output
            assert (
                f"{region}: counters/{key} days.ikd.{day}: database {count + 7}, recomputed {count}\n" in result.output
            )
            assert f"counters/{key} service.ikd.channel.office.1231: database 1" in result.output
            assert "2 differences" in result.output
        other = next(doc["region"] for doc in database.counters.find() if doc["region"][:2] != region[:2])
        assert verify(laju, "--regions", other).exit_code == 0
    finally:
        database.counters.update_one({"_id": one}, {"$inc": {path: -by for path, by in change.items()}})
    assert verify(laju).exit_code == 0


def test_documents_that_are_missing_changed_or_too_many_are_found(laju: Pipeline, database: Any) -> None:
    facts = database.facts
    gone, changed = facts.find_one({"kind": "wajib_ktp"}), facts.find_one({"owner": "ID"})
    facts.delete_one({"_id": gone["_id"]})
    facts.update_one({"_id": changed["_id"]}, {"$set": {"data.value": "99"}})
    database.counters.insert_one({"_id": "91.71/2023", "region": "91.71", "year": 2023, "days": {"ikd": {"0101": 4}}})
    try:
        result = verify(laju)
        assert result.exit_code == 1
        count = gone["data"]["count"]
        assert f"facts/{gone['_id']} data.count: database None, recomputed {count}\n" in result.output
        assert f"ID: facts/{changed['_id']} data.value: database 99, recomputed {changed['data']['value']}\n" in (
            result.output
        )
        assert "91.71: counters/91.71/2023 days.ikd.0101: database 4, recomputed None\n" in result.output
    finally:
        facts.insert_one(gone)
        facts.replace_one({"_id": changed["_id"]}, changed)
        database.counters.delete_one({"_id": "91.71/2023"})
    assert verify(laju).exit_code == 0


def test_events_that_keep_arriving_make_no_false_difference(laju: Pipeline) -> None:
    """Citizens who are activated and move back and forth, while everything is verified again and again."""
    stop, homes = threading.Event(), ("17.71", "35.73", "36.04")

    def district() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            home = homes[number % 3]
            laju.send(
                activation(number % 40, home),
                event("resident.moved", citizen=citizen(number % 40), home=homes[(number + 1) % 3]),
                event("wajib_ktp.reported", region=home, as_of="2024-06-30", count=1_000 + number, source="siak"),
            )

    sender = threading.Thread(target=district)
    sender.start()
    try:
        results = [verify(laju) for _ in range(3)]
    finally:
        stop.set()
        sender.join()
    for result in results:
        assert result.exit_code in (0, 2), result.output  # 2: some regions moved whenever they were looked at
        assert " 0 differences" in result.output
    last = verify(laju, "--regions", ",".join(homes))
    assert last.exit_code == 0, last.output
    assert "3 regions compared, 0 differences" in last.output


def test_a_sample_is_as_large_as_asked_for(laju: Pipeline) -> None:
    result = verify(laju, "--sample", "2")
    assert result.exit_code == 0
    assert "2 regions compared, 0 differences" in result.output


def test_what_cannot_be_done_is_told_in_a_sentence(laju: Pipeline, database: Any) -> None:
    assert verify(laju, "--all", "--sample", "3").exit_code == 2
    unknown = verify(laju, "--regions", "99.99")
    assert unknown.exit_code == 1
    assert "region code 99.99 is unknown" in unknown.output

    origin = database.origin.find_one({"_id": "EVENTS"})
    database.origin.update_one({"_id": "EVENTS"}, {"$set": {"created": "2020-01-01"}})
    try:
        other = verify(laju)
        assert other.exit_code == 1
        assert "Are these the right servers?" in other.output
    finally:
        database.origin.replace_one({"_id": "EVENTS"}, origin)


def test_a_projection_that_stands_still_is_not_compared(laju: Pipeline) -> None:
    laju.services["aggregator"].end()
    laju.send(activation(9_000, "36.04"))
    result = verify(laju, "--wait-seconds", "0.5")
    assert result.exit_code == 1
    assert "stands still before sequence" in result.output
    laju.services["aggregator"].start()
    result = verify(laju)
    assert result.exit_code == 0, result.output
