"""The projection thrown away and built anew while it serves: the same numbers, no mail, no pause, also after a kill."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nats
import pymongo
import pytest

from shared import bus
from tests.e2e.pipeline import Pipeline, pipeline
from tests.events import citizen, event, target
from tests.waiting import until

HOMES = ("51.71.01", "35.73", "36.04", "17.71", "91.71")


@pytest.fixture
def laju(tmp_path: Path) -> Iterator[Pipeline]:
    with pipeline(tmp_path, as_of="2024-06-27", heads=["36.04"], LAJU_ACK_WAIT_SECONDS="3") as running:
        yield running


def activation(number: int) -> dict[str, Any]:
    home = HOMES[number % len(HOMES)]
    return event("ikd.activated", citizen=citizen(number), home=home, service="51.71", channel="office")


def rebuild(laju: Pipeline, *options: str) -> subprocess.Popen[str]:
    return command(laju, "rebuild", *options)


def command(laju: Pipeline, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "services.cli", *arguments],
        env={**os.environ, **laju.services["aggregator"].environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finished(process: subprocess.Popen[str], code: int = 0) -> str:
    out, _ = process.communicate(timeout=120)
    assert process.returncode == code, out
    return out


def pace_messages(laju: Pipeline) -> int:
    async def count() -> int:
        client = await nats.connect(laju.nats_url)
        info = await client.jetstream().stream_info(bus.PACE)
        await client.close()
        return info.state.messages

    return asyncio.run(count())


def projection(laju: Pipeline) -> int:
    return int(laju.read("progress")["projection"])


def test_a_rebuild_under_load_changes_no_number_and_tells_nobody(laju: Pipeline) -> None:
    laju.send(
        event("wajib_ktp.reported", region="36.04", as_of="2024-06-27", count=1_200_000, source="siak"),
        target("36.04", 50),
        *(activation(number) for number in range(8_000)),
    )
    laju.settle()
    mails, told = len(laju.mails()), pace_messages(laju)
    sent, stop, silences = [8_000], threading.Event(), []

    def go_on() -> None:
        while not stop.is_set():
            laju.send(*(activation(number) for number in range(sent[0], sent[0] + 50)))
            sent[0] += 50
            # Who waits for what was just accepted, or asks how far it is, is answered while readers go over too.
            sequence = max(part["stored_sequence"] for part in laju.read("progress")["partitions"])
            count = laju.read("regions/51.71", min_sequence=sequence)["programmes"]["ikd"]["served"]
            assert count == sent[0]
            silences.append(count)

    with ThreadPoolExecutor(1) as pool:
        load = pool.submit(go_on)
        try:
            out = finished(rebuild(laju))
            until(lambda: projection(laju) == 2)
        finally:
            stop.set()
        load.result()
    assert "0 differences" in out
    assert "Projection 2 serves now" in out
    laju.settle()
    assert [laju.read(f"regions/{home}")["programmes"]["ikd"]["active"] for home in HOMES] == [sent[0] // 5] * 5
    assert silences == sorted(silences), "a reader saw fewer than before"
    assert len(laju.mails()) == mails
    laju.send(*(activation(number) for number in range(sent[0], sent[0] + 5)))
    laju.settle()
    assert laju.read("regions/51.71")["programmes"]["ikd"]["served"] == sent[0] + 5
    assert pace_messages(laju) > told


def test_a_quiet_rebuild_publishes_no_standing(laju: Pipeline) -> None:
    laju.send(target("36.04", 100, basis="absolute"), *(activation(number) for number in range(500)))
    laju.settle()
    told, before = pace_messages(laju), laju.standing("36.04", programme="ikd")
    assert "Projection 2 serves now" in finished(rebuild(laju))
    until(lambda: projection(laju) == 2)
    laju.settle()
    after = laju.standing("36.04", programme="ikd")
    assert after == {**before, "projection": 2}
    assert pace_messages(laju) == told
    assert "Projection 3 serves now" in finished(rebuild(laju))


def test_a_dry_run_compares_and_leaves_nothing(laju: Pipeline) -> None:
    laju.send(*(activation(number) for number in range(100)))
    laju.settle()
    assert "Nothing was changed" in finished(rebuild(laju, "--dry-run"))
    assert projection(laju) == 1
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(laju.mongo_url)
    with client:
        assert "laju_p2" not in client.list_database_names()


def test_a_difference_is_told_and_nothing_is_switched(laju: Pipeline) -> None:
    laju.send(*(activation(number) for number in range(100)))
    laju.settle()
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(laju.mongo_url)
    with client:
        client["laju_p1"]["counters"].update_one({"region": "35.73"}, {"$inc": {"days.ikd.0620": 7}})
    out = finished(rebuild(laju), code=2)
    assert "1 differences" in out
    assert "35.73: counters/35.73/2024 days.ikd.0620: serving 27, rebuilt 20" in out
    assert projection(laju) == 1


def test_a_projection_in_another_format_is_not_misread_but_replaced(laju: Pipeline) -> None:
    laju.send(*(activation(number) for number in range(100)))
    laju.settle()
    aggregator = laju.services["aggregator"]
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(laju.mongo_url)
    with client:
        client["laju_p1"]["origin"].update_one({"_id": "EVENTS"}, {"$unset": {"format": 1}})
    out = finished(command(laju, "verify"), code=1)
    assert "another version of Laju wrote projection 1" in out
    out = finished(rebuild(laju))
    assert "Not compared with projection 1" in out
    assert "Projection 2 serves now" in out
    until(lambda: projection(laju) == 2)
    assert "100 events" in finished(command(laju, "verify"))

    aggregator.end()
    again: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(laju.mongo_url)
    with again:
        again["laju"]["pointer"].update_one({"_id": "projection"}, {"$set": {"serving": 1}})
    aggregator.start()
    assert aggregator.child is not None
    assert aggregator.child.wait(20) != 0
    assert "written in format 1, and this version reads and writes format 2. `laju rebuild`" in aggregator.tail()


def test_a_killed_rebuild_goes_on_where_it_was(laju: Pipeline) -> None:
    laju.send(*(activation(number) for number in range(20_000)))
    laju.settle()
    first = rebuild(laju)

    def begun() -> bool:
        client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(laju.mongo_url)
        with client:
            return client["laju_p2"]["checkpoints"].count_documents({}) > 0

    until(begun)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert projection(laju) == 1
    assert "Projection 2 serves now" in finished(rebuild(laju))
    until(lambda: projection(laju) == 2)
    laju.settle()
    assert [laju.read(f"regions/{home}")["programmes"]["ikd"]["active"] for home in HOMES] == [4_000] * 5


def test_a_reader_can_wait_for_what_was_just_accepted(laju: Pipeline) -> None:
    for number in range(20):
        laju.send(activation(number * 5))
        sequence = max(part["stored_sequence"] for part in laju.read("progress")["partitions"])
        answer = laju.http.get(f"{laju.aggregator}/v1/regions/51.71.01", params={"min_sequence": sequence})
        assert answer.json()["programmes"]["ikd"]["active"] == number + 1
        assert int(answer.headers["Laju-Sequence"]) >= sequence
        assert answer.headers["Laju-Projection"] == "1"
    answer = laju.http.get(f"{laju.aggregator}/v1/regions/51.71", params={"min_sequence": 10_000})
    assert (answer.status_code, "is not reached yet" in answer.json()["detail"]) == (503, True)
