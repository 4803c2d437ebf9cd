"""The quick way in takes nothing that admission would refuse, and says the same of what it takes."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest import clean
from services.ingest.admission import Rejected, Rules, admit
from services.ingest.bodies import BATCH, NDJSON, STRUCTURED, Form, Kind
from services.ingest.judging import Judged, judge
from services.ingest.keys.key import operator
from shared.envelope import message_id, seal, wire
from tests.events import citizen, event, target
from tests.property.streams import citizen_events

RULES = Rules(
    now=datetime(2024, 7, 20, 3, 0, tzinfo=UTC),
    person=lambda nik: {"citizen": citizen(1)},
    nik_allowed=True,
    allowance=timedelta(minutes=5),
)
TRACED = replace(
    RULES,
    now=datetime(2024, 7, 20, 3, 1, tzinfo=UTC),
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
)
NIK = "5171012304990001"
KEY = operator("laju_test_key", RULES.now)
_ODD: tuple[Any, ...] = (
    None, "", " ", 5, 5.5, True, [], {}, "x", "x" * 121, "a  b", "a\nb", "é", "51", "ID", "51.71", "92.71", "99.99",
    NIK, "5171 0123 0499 0001", "0" * 16, "1" * 15, "k1:" + "0" * 31, "2024-06-30T10:00:00", "2024-06-30 10:00:00Z",
    "2024-06-30T10:00:00+08:00", "2024-07-20T03:05:01Z", "2010-12-31T23:59:59Z", "1.0", "office", "asn", "error",
    "a\x00b", "a\x85b", "Badung – 17", "bnVsbA==", "eyJob21lIjogIjUxLjcxIn0=",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", f"00-{'0' * 16}{NIK}-00f067aa0ba902b7-01",
    "application/json", "ikd.activated.v1", "resident.moved.v1", "target.set.v1",
)  # fmt: skip
_ATTRIBUTES = (
    "specversion",
    "id",
    "source",
    "type",
    "time",
    "datacontenttype",
    "data",
    "recordedtime",
    "nama",
    "data_base64",
    "traceparent",
)
_FIELDS = ("citizen", "nik", "home", "service", "channel", "place", "group", "reactivation", "reason", "nama")


def judged(kind: Kind, body: bytes) -> Judged:
    return judge(Form(kind), body, RULES, KEY, most_events=1000)


@st.composite
def spoilt(draw: st.DrawFn) -> dict[str, Any]:
    """An event in which up to three things were changed, added or left out."""
    raw = {"specversion": "1.0", **draw(citizen_events()), "id": draw(st.sampled_from(["e1", "2024-05-23/000017"]))}
    raw["source"] = "siak/51.71"
    for _ in range(draw(st.integers(0, 3))):
        within, names = draw(st.sampled_from([(raw, _ATTRIBUTES), (raw.get("data"), _FIELDS)]))
        if isinstance(within, dict):
            name = draw(st.sampled_from(names))
            if draw(st.booleans()):
                within[name] = deepcopy(draw(st.sampled_from(_ODD)))  # the next change may be within it
            else:
                within.pop(name, None)
    return raw


@given(raw=spoilt())
@settings(max_examples=2000, deadline=None)
def test_what_the_quick_way_takes_admission_takes_as_the_same_bytes(raw: dict[str, Any]) -> None:
    quick = clean.event_of(json.dumps(raw).encode(), RULES.latest)
    if quick is not None:
        judged = admit(raw, RULES)
        assert not isinstance(judged, Rejected)
        assert seal([quick]) == seal([wire(judged)])


@given(raws=st.lists(spoilt(), min_size=1, max_size=6))
@settings(max_examples=300, deadline=None)
def test_what_is_recorded_of_a_request_makes_no_other_envelope(raws: list[dict[str, Any]]) -> None:
    body = json.dumps(raws).encode()
    plain, stamped = judged(BATCH, body), judge(Form(BATCH), body, TRACED, KEY, most_events=1000)
    assert message_id(seal(plain.accepted)) == message_id(seal(stamped.accepted))
    assert plain.refused == stamped.refused
    assert all("traceparent" in accepted for accepted in stamped.accepted)


@given(raws=st.lists(citizen_events(), min_size=1, max_size=5))
@settings(max_examples=200, deadline=None)
def test_the_quick_way_takes_what_is_usual(raws: list[dict[str, Any]]) -> None:
    body = json.dumps([{**raw, "id": "e1", "source": "siak/51.71"} for raw in raws]).encode()
    assert clean.events_of(body, RULES.latest) is not None


@given(raws=st.lists(spoilt(), min_size=1, max_size=6))
@settings(max_examples=300, deadline=None)
def test_a_batch_lines_and_single_events_are_judged_alike(raws: list[dict[str, Any]]) -> None:
    batch = judged(BATCH, json.dumps(raws).encode())
    lines = judged(NDJSON, "\n".join(json.dumps(raw) for raw in raws).encode())
    singles = [judged(STRUCTURED, json.dumps(raw).encode()) for raw in raws]
    assert batch.refused == lines.refused
    assert [index for index, single in enumerate(singles) if single.refused] == [index for index, _ in batch.refused]
    assert seal(batch.accepted) == seal(lines.accepted) == seal([e for single in singles for e in single.accepted])
    assert all(event["recordedtime"] == RULES.recordedtime for event in batch.accepted)


def test_facts_and_niks_come_in_beside_the_usual() -> None:
    with_nik = event("resident.moved", home="51.71", nik=NIK)
    found = judged(BATCH, json.dumps([with_nik, target("51.71", 30)]).encode())
    assert [accepted["data"].get("citizen") for accepted in found.accepted] == [citizen(1), None]
    assert found.refused == []
    assert NIK.encode() not in seal(found.accepted)
