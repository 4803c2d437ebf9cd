"""``laju quarantine`` with everything running: what the software could not read before counts after an upgrade."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nats.js import JetStreamContext
from typer.testing import CliRunner, Result

from services.cli.main import app
from shared import bus
from shared.quarantine import Quarantined, keep
from shared.upcast import UPCASTERS, RawEvent
from tests.e2e.pipeline import Pipeline, pipeline
from tests.events import citizen, event
from tests.servers import status
from tests.waiting import until

HOME = "51.71"
UNKNOWN = "0" * 24


@pytest.fixture
def laju(tmp_path: Path) -> Iterator[Pipeline]:
    with pipeline(tmp_path, as_of="2024-06-27") as running:
        yield running


def activation(number: int, **more: Any) -> dict[str, Any]:
    return event(
        "ikd.activated", **{"citizen": citizen(number), "home": HOME, "service": HOME, "channel": "office", **more}
    )


def publish(laju: Pipeline, *bodies: bytes) -> None:
    """Put bodies on the bus past ingest, as one from a later version would."""

    async def work(js: JetStreamContext) -> None:
        for body in bodies:
            await js.publish(bus.events_subject(3), body, stream=bus.EVENTS)

    laju.on_bus(work)
    laju.settle()


def command(laju: Pipeline, *arguments: str) -> Result:
    environment = {"LAJU_NATS_URL": laju.nats_url, "LAJU_MONGO_URL": laju.mongo_url}
    return CliRunner().invoke(app, arguments, env=environment)


def quarantine(laju: Pipeline, *arguments: str) -> Result:
    return command(laju, "quarantine", *arguments)


def verify(laju: Pipeline) -> Result:
    return command(laju, "verify")


def listed(laju: Pipeline) -> list[dict[str, Any]]:
    result = quarantine(laju, "list", "--json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.output)
    return found


def only(laju: Pipeline) -> dict[str, Any]:
    (entry,) = listed(laju)
    return entry


def ikd(laju: Pipeline) -> tuple[int, int]:
    """Active, served."""
    figures = laju.read(f"regions/{HOME}")["programmes"]["ikd"]
    return figures["active"], figures["served"]


def test_an_event_from_the_future_counts_after_the_upgrade(laju: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    events = [activation(number) for number in range(6)]
    newer = {**events[5], "type": "ikd.activated.v9", "id": "from-the-future"}
    publish(laju, json.dumps([*events[:3], newer, *events[3:5]]).encode())
    assert ikd(laju) == (5, 5)

    entry = only(laju)
    assert (entry["stream"], entry["sequence"]) == ("EVENTS", 1)
    assert entry["identity"] == "siak/51.71#from-the-future in envelope 1"
    table = quarantine(laju, "list").output
    assert entry["id"] in table
    assert "EVENTS 1" in table
    shown = quarantine(laju, "show", entry["id"]).output
    assert "ikd.activated.v9" in shown
    assert citizen(5) not in shown
    assert "k1:0000…" in shown

    still = quarantine(laju, "retry", entry["id"])
    assert still.exit_code == 2, still.output
    assert f"{entry['id']} (siak/51.71#from-the-future in envelope 1): still in quarantine" in still.output
    assert only(laju)["reason"] == entry["reason"]
    assert ikd(laju) == (5, 5)

    def upcaster(raw: RawEvent) -> RawEvent:
        return {**raw, "type": "ikd.activated.v1"}

    monkeypatch.setitem(UPCASTERS, "ikd.activated.v9", upcaster)
    found = verify(laju)
    assert (found.exit_code, "days.ikd.0620: database 5, recomputed 6" in found.output) == (1, True)
    applied = quarantine(laju, "retry", entry["id"])
    assert applied.exit_code == 0, applied.output
    assert f"{entry['id']} (siak/51.71#from-the-future in envelope 1): applied" in applied.output
    assert ikd(laju) == (6, 6)
    assert verify(laju).exit_code == 0
    assert "Nothing is in quarantine." in quarantine(laju, "list").output
    again = quarantine(laju, "retry", entry["id"])
    assert again.exit_code == 1
    assert f"there is no '{entry['id']}' in quarantine" in again.output

    laju.send(*events[:5])  # the district sends again: nothing counts twice
    laju.settle()
    assert ikd(laju) == (6, 6)


def test_a_fact_that_contradicts_another_stays_whichever_came_first(laju: Pipeline) -> None:
    first = activation(1)
    second = {**first, "data": {**first["data"], "channel": "desa"}}
    for number, (one, other) in enumerate(((first, second), (second, first))):
        pair = [{**raw, "id": f"twice-{number}"} for raw in (one, other)]
        publish(laju, *(json.dumps([raw]).encode() for raw in pair))
    # One of the two was pushed out by an envelope that is not its own: projecting that again proves nothing.
    assert [entry["sequence"] for entry in listed(laju)] == [2, 4]
    before = laju.read(f"regions/{HOME}/breakdown", by="channel", programme="ikd")
    result = quarantine(laju, "retry", "--all")
    assert result.exit_code == 2, result.output
    assert result.output.count("still in quarantine: another event has the same source and id") == 2
    assert len(listed(laju)) == 2
    assert laju.read(f"regions/{HOME}/breakdown", by="channel", programme="ikd") == before


def test_an_upgrade_can_turn_one_reason_into_another(laju: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    first = {**activation(1), "id": "same"}
    newer = {**first, "type": "ikd.activated.v9", "data": {**first["data"], "channel": "upt"}}
    publish(laju, json.dumps([first, newer]).encode())
    entry = only(laju)

    def upcaster(raw: RawEvent) -> RawEvent:
        return {**raw, "type": "ikd.activated.v1"}

    monkeypatch.setitem(UPCASTERS, "ikd.activated.v9", upcaster)
    result = quarantine(laju, "retry", "--all")
    assert result.exit_code == 2, result.output
    now = only(laju)
    assert now["id"] != entry["id"]
    assert now["identity"] == "siak/51.71#same"
    assert f"{entry['id']} (siak/51.71#same in envelope 1): still in quarantine, now as {now['id']}" in result.output
    assert ikd(laju) == (1, 1)


def test_a_standing_can_only_be_dropped_and_only_with_a_reason(
    laju: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    standing = Quarantined("PACE#12", "reading a standing failed: type", "PACE", 12, "{}")
    laju.on_bus(lambda js: keep(js, [standing]))
    publish(laju, b"not an envelope")
    pace, broken = sorted(listed(laju), key=lambda entry: str(entry["stream"]), reverse=True)

    result = quarantine(laju, "retry", pace["id"])
    assert result.exit_code == 1
    assert "the next assessment of its region publishes another one" in result.output
    result = quarantine(laju, "retry", "--all")
    assert result.exit_code == 2
    assert f"{broken['id']} (envelope 1 in envelope 1): still in quarantine: opening the envelope" in result.output
    assert pace["id"] not in result.output

    assert quarantine(laju, "drop", pace["id"]).exit_code == 2
    assert quarantine(laju, "drop", pace["id"], "--reason", " ").exit_code == 1
    assert len(listed(laju)) == 2
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        result = quarantine(laju, "drop", pace["id"], "--reason", "superseded on 27 June")
    assert result.exit_code == 0, result.output
    assert [line for line in caplog.messages if pace["id"] in line and "superseded on 27 June" in line]
    assert only(laju)["id"] == broken["id"]
    assert quarantine(laju, "drop", broken["id"], "--reason", "a test of ours").exit_code == 0
    assert listed(laju) == []
    for arguments in (("show", UNKNOWN), ("retry", UNKNOWN), ("drop", "*", "--reason", "x")):
        result = quarantine(laju, *arguments)
        assert (result.exit_code, "in quarantine. `laju quarantine list`" in result.output) == (1, True)


def test_an_entry_of_a_stream_that_was_replaced_does_not_hold_up_the_others(laju: Pipeline) -> None:
    stale = Quarantined("siak/51.71#old in envelope 999", "type: unknown", "EVENTS", 999, "{}")
    laju.on_bus(lambda js: keep(js, [stale]))
    publish(laju, b"not an envelope")
    result = quarantine(laju, "retry", "--all")
    assert result.exit_code == 2, result.output
    assert "EVENTS holds no sequence 999" in result.output
    assert "(envelope 1 in envelope 1): still in quarantine: opening the envelope failed" in result.output


def test_nothing_is_retried_on_a_projection_that_has_not_come_so_far(laju: Pipeline) -> None:
    """Its checkpoint would claim envelopes that the database does not hold."""
    newer = {**activation(2), "type": "ikd.activated.v9"}
    publish(laju, json.dumps([activation(1), newer]).encode())
    laju.services["aggregator"].end()
    laju.drop_projection()
    result = quarantine(laju, "retry", "--all")
    assert result.exit_code == 1
    assert "is at sequence 0 of partition 3 and has not reached 1 yet" in result.output
    laju.services["aggregator"].start()
    until(lambda: status(f"{laju.aggregator}/readyz") == 200)
    laju.settle()
    assert ikd(laju) == (1, 1)


def test_an_id_or_all_not_both() -> None:
    for arguments in (["retry"], ["retry", UNKNOWN, "--all"]):
        result = CliRunner().invoke(app, ["quarantine", *arguments])
        assert result.exit_code == 2
        assert "give either the id of an entry or --all" in result.output
