"""Envelopes: what goes in comes out, what cannot be read is told apart, old versions are brought up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.envelope import WHOLE, message_id, open_envelope, partition_of, seal, wire
from shared.errors import InvalidError
from shared.events import DISTRICT_EVENT, CitizenEvent, RegionEvent
from shared.upcast import upcast
from tests.events import citizen, event, target


def model(raw: dict[str, Any]) -> CitizenEvent | RegionEvent:
    return DISTRICT_EVENT.validate_json(json.dumps(raw))


def moved(home: str) -> dict[str, Any]:
    return event("resident.moved", citizen=citizen(1), home=home)


def test_what_is_sealed_is_opened() -> None:
    events = [model(moved("51.71")), model(target("51.71", 99.4))]
    opened = open_envelope(seal([wire(event) for event in events]), WHOLE)
    assert opened.events == events
    assert opened.unreadable == []


def test_one_unreadable_event_costs_only_itself() -> None:
    body = json.dumps([moved("51.71"), {**moved("51.71"), "type": "resident.moved.v9", "id": "new"}, 5]).encode()
    opened = open_envelope(body, WHOLE)
    assert [event.data.model_dump()["home"] for event in opened.events] == ["51.71"]
    assert [item.identity for item in opened.unreadable] == ["siak/51.71#new", "event 2"]
    assert "resident.moved.v9" in opened.unreadable[0].reason


def test_an_envelope_that_is_no_array_is_invalid() -> None:
    for body in (b"{}", b"not json", b""):
        with pytest.raises(InvalidError, match="opening the envelope failed"):
            open_envelope(body, WHOLE)


def test_a_code_retired_after_it_was_stored_is_read_as_its_successor() -> None:
    opened = open_envelope(json.dumps([moved("92.71.01")]).encode(), WHOLE)
    assert opened.events[0].data.model_dump()["home"] == "96.71.01"


def test_the_message_id_depends_on_the_content_alone() -> None:
    raw = moved("51.71")
    early = seal([{**raw, "recordedtime": "2024-06-20T10:00:01+08:00"}])
    late = seal([{**raw, "recordedtime": "2024-06-20T11:00:01+08:00"}])
    assert message_id(early) == message_id(late)
    assert message_id(early) != message_id(seal([{**raw, "id": "other"}]))
    quoted = '"recordedtime":"2024-06-20T10:00:01+08:00"'
    assert message_id(seal([{**raw, "id": quoted}])) != message_id(seal([{**raw, "id": ""}]))


def test_all_of_a_kabkota_is_in_one_partition() -> None:
    homes = ["51.71", "51.71.01", "51.71.01.1001"]
    assert len({partition_of(moved(home), 16) for home in homes}) == 1
    assert partition_of(target("51.71", 30), 16) == partition_of(moved("51.71"), 16)
    assert 0 <= partition_of(target("ID", 30), 16) < 16


def test_an_old_version_is_brought_up_step_by_step() -> None:
    steps = {
        "x.happened.v1": lambda raw: {**raw, "type": "x.happened.v2", "data": {**raw["data"], "b": 2}},
        "x.happened.v2": lambda raw: {**raw, "type": "x.happened.v3", "data": {**raw["data"], "c": 3}},
    }
    assert upcast({"type": "x.happened.v1", "data": {"a": 1}}, steps) == {
        "type": "x.happened.v3",
        "data": {"a": 1, "b": 2, "c": 3},
    }
    with pytest.raises(ValueError, match="does not change the type"):
        upcast({"type": "x"}, {"x": dict})
