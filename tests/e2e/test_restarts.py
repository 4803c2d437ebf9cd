"""Processes that die, come twice, or lose their consumers: the figures stay those of the set of events."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from nats.js import JetStreamContext

from shared import bus
from tests.e2e.pipeline import Pipeline, pipeline
from tests.events import citizen, event, target
from tests.servers import Process, free_port, service
from tests.waiting import until

HOMES = ("51.71.01", "35.73", "36.04", "17.71", "91.71")


@pytest.fixture
def laju(tmp_path: Path) -> Iterator[Pipeline]:
    with pipeline(tmp_path, as_of="2024-06-27", heads=["36.04"], LAJU_ACK_WAIT_SECONDS="2") as running:
        yield running


def activations(numbers: range) -> list[dict[str, Any]]:
    return [
        event(
            "ikd.activated",
            citizen=citizen(number),
            home=HOMES[number % len(HOMES)],
            service="51.71",
            channel="office",
        )
        for number in numbers
    ]


def active(laju: Pipeline) -> list[int]:
    return [laju.read(f"regions/{home}")["programmes"]["ikd"]["active"] for home in HOMES]


def test_an_aggregator_killed_at_work_loses_and_doubles_nothing(laju: Pipeline) -> None:
    aggregator = laju.services["aggregator"]
    for start in range(0, 10_000, 2_000):
        laju.send(*activations(range(start, start + 2_000)))
        aggregator.end(signal.SIGKILL)
        aggregator.start()
    laju.settle()
    assert active(laju) == [2_000] * 5
    assert laju.read("regions/51.71")["programmes"]["ikd"]["served"] == 10_000


@contextmanager
def second_aggregator(laju: Pipeline) -> Iterator[tuple[Process, str]]:
    """Another aggregator beside the first, with its address."""
    port = free_port()
    environment = {**laju.services["aggregator"].environment, "LAJU_AGGREGATOR_PORT": str(port)}
    with service("aggregator", port, laju.folder / "second", environment) as process:
        yield process, f"http://127.0.0.1:{port}"


def metric(laju: Pipeline, address: str, name: str) -> int:
    lines = laju.http.get(f"{address}/metrics").text.splitlines()
    (value,) = [line.split()[1] for line in lines if line.startswith(f"{name} ")]
    return int(float(value))


def partitions(laju: Pipeline, address: str) -> int:
    return metric(laju, address, "laju_aggregator_partitions")


def test_two_aggregators_share_the_work(laju: Pipeline) -> None:
    with second_aggregator(laju) as (_, second):
        until(lambda: [partitions(laju, one) for one in (laju.aggregator, second)] == [8, 8])
        laju.send(*activations(range(20_000)))
        laju.settle()
        assert active(laju) == [4_000] * 5
        merged = [metric(laju, one, "laju_aggregator_events_total") for one in (laju.aggregator, second)]
        assert min(merged) > 0
        assert sum(merged) == 20_000
    until(lambda: partitions(laju, laju.aggregator) == 16)
    laju.send(*activations(range(20_000, 20_500)))
    laju.settle()
    assert active(laju) == [4_100] * 5


def test_who_stands_still_is_relieved_and_shares_again_when_it_wakes(laju: Pipeline) -> None:
    with second_aggregator(laju) as (process, second):
        until(lambda: partitions(laju, laju.aggregator) == 8)
        with process.stopped():
            until(lambda: partitions(laju, laju.aggregator) == 16)
            laju.send(*activations(range(2_000)))
            laju.settle()
            assert active(laju) == [400] * 5
        until(lambda: [partitions(laju, one) for one in (laju.aggregator, second)] == [8, 8])
        laju.send(*activations(range(2_000, 4_000)))
        laju.settle()
        assert active(laju) == [800] * 5


def test_what_a_dead_replica_had_in_hand_comes_to_the_other(laju: Pipeline) -> None:
    """It never comes back, so nothing but redelivery can save what it took and did not commit."""

    async def undelivered(js: JetStreamContext) -> int:
        return sum(info.num_pending or 0 for info in await js.consumers_info(bus.EVENTS))

    with second_aggregator(laju) as (second, _):
        until(lambda: partitions(laju, laju.aggregator) == 8)
        with laju.database.stopped():  # nothing can be committed
            laju.send(*activations(range(2_000)))
            until(lambda: laju.on_bus(undelivered) == 0)
            second.end(signal.SIGKILL)
        laju.settle()
    assert active(laju) == [400] * 5


def test_a_deleted_consumer_is_made_anew(laju: Pipeline) -> None:
    laju.send(*activations(range(100)))
    laju.settle()

    async def delete_all(js: JetStreamContext) -> None:
        for partition in range(await bus.partitions_of(js)):
            await js.delete_consumer(bus.EVENTS, f"aggregator-p1-{partition:02}")

    laju.on_bus(delete_all)
    laju.send(*activations(range(100, 200)))
    until(lambda: laju.http.get(f"{laju.aggregator}/v1/progress").status_code == 200)
    laju.settle()
    assert active(laju) == [40] * 5


def test_what_cannot_be_applied_is_in_quarantine_and_in_nobodys_way(laju: Pipeline) -> None:
    good = activations(range(5))
    newer = {**activations(range(5, 6))[0], "type": "ikd.activated.v9", "id": "from-the-future"}

    async def publish(js: JetStreamContext) -> None:
        await js.publish(bus.events_subject(3), json.dumps([*good[:3], newer, *good[3:]]).encode(), stream=bus.EVENTS)
        await js.publish(bus.events_subject(3), b"not an envelope", stream=bus.EVENTS)

    laju.on_bus(publish)
    laju.settle()
    assert active(laju) == [1] * 5

    async def quarantined(js: JetStreamContext) -> list[dict[str, Any]]:
        count = (await js.stream_info(bus.QUARANTINE)).state.last_seq
        return [json.loads((await js.get_msg(bus.QUARANTINE, seq)).data or b"") for seq in range(1, count + 1)]

    unknown, broken = sorted(laju.on_bus(quarantined), key=lambda entry: int(entry["sequence"]))
    assert unknown["identity"] == "siak/51.71#from-the-future in envelope 1"
    assert (unknown["stream"], unknown["sequence"]) == ("EVENTS", 1)
    assert "ikd.activated.v9" in unknown["reason"]
    assert json.loads(unknown["event"]) == newer
    assert broken["reason"].startswith("opening the envelope failed")
    assert "laju_aggregator_quarantined_total 2.0" in laju.http.get(f"{laju.aggregator}/metrics").text


def test_the_whole_restarted_goes_on_and_mails_nothing_twice(laju: Pipeline) -> None:
    laju.send(
        event("wajib_ktp.reported", region="36.04", as_of="2024-06-27", count=1_200_000, source="siak"),
        event("baseline.reported", region="36.04", as_of="2024-06-27", activated=31_000),
        target("36.04", 50),
    )
    laju.settle()
    assert len(laju.mails()) == 1
    before = laju.standing("36.04", programme="ikd")
    for how in (signal.SIGTERM, signal.SIGKILL):
        for process in laju.services.values():
            process.end(how)
            process.start()
        laju.settle()
        assert laju.standing("36.04", programme="ikd") == before
    assert len(laju.mails()) == 1


def test_a_replay_mails_nothing(laju: Pipeline) -> None:
    """The target comes first: while a replay is half done, there is a shortfall."""
    activations_of_a_day = (
        event(
            "ikd.activated",
            citizen=citizen(n),
            home="36.04",
            service="36.04",
            channel="office",
            time="2024-06-27T10:00:00+07:00",
        )
        for n in range(12_000)
    )
    laju.settle()
    with laju.services["aggregator"].stopped():
        laju.send(
            target("36.04", 60_000, basis="absolute"),
            event("baseline.reported", region="36.04", as_of="2024-06-26", activated=20_000),
            *activations_of_a_day,
        )
    laju.settle()
    assert laju.standing("36.04", programme="ikd")["status"] in ("on_pace", "at_risk")
    assert laju.mails() == []
    laju.services["aggregator"].end()
    laju.drop_projection()
    laju.services["aggregator"].start()
    laju.settle()
    assert laju.standing("36.04", programme="ikd")["actual"] == 32_000
    assert laju.mails() == []
