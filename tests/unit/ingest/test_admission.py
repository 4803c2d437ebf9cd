"""What may come in, what may not, and what the sender is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.ingest.admission import FieldError, Rejected, Rules, admit
from services.ingest.pseudonym import PseudonymKey, Pseudonyms
from shared.events import IkdActivated
from tests.events import citizen, event, target

NIK = "5171012304990001"
# HMAC-SHA256 of it with a key of 32 zero bytes, computed with openssl.
OPENSSL_HMAC = "3d5d5bc4c390ca8148380c03a80e284e52b54dba172172cbd630e79b31175d95"
KEY = PseudonymKey(1, bytes(32))
PSEUDONYMS = Pseudonyms(KEY)
RULES = Rules(
    now=datetime(2024, 6, 27, 3, 0, tzinfo=UTC),
    person=PSEUDONYMS.person,
    nik_allowed=True,
    allowance=timedelta(minutes=5),
)


def activation(**changes: Any) -> dict[str, Any]:
    data = {"citizen": citizen(1), "home": "51.71", "service": "51.71", "channel": "office", **changes}
    return event("ikd.activated", **{name: value for name, value in data.items() if value is not None})


def wajib_ktp(**changes: Any) -> dict[str, Any]:
    return event(
        "wajib_ktp.reported", **{"region": "51.71", "as_of": "2024-06-27", "count": 1, "source": "dkb", **changes}
    )


def errors_of(raw: object, rules: Rules = RULES) -> dict[str, str]:
    judged = admit(raw, rules)
    assert isinstance(judged, Rejected), "the event was accepted"
    return {error.path: error.message for error in judged.errors}


def test_a_good_event_is_stripped_of_extension_attributes() -> None:
    judged = admit({**activation(), "nama": "Siapa Saja", "traceparent": "00-1"}, RULES)
    assert isinstance(judged, IkdActivated)
    assert b"Siapa" not in judged.model_dump_json().encode()
    assert judged.traceparent is None


def test_a_trace_context_is_kept() -> None:
    context = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    judged = admit({**activation(), "traceparent": context}, RULES)
    assert isinstance(judged, IkdActivated)
    assert judged.traceparent == context


def test_a_nik_leaves_as_a_pseudonym() -> None:
    judged = admit(activation(citizen=None, nik=NIK), RULES)
    assert isinstance(judged, IkdActivated)
    assert judged.data.citizen == KEY.of(NIK)
    assert NIK not in judged.model_dump_json()
    assert judged.data.citizen == "k1:" + OPENSSL_HMAC[:32]


@pytest.mark.parametrize(
    ("changes", "path", "told"),
    [
        ({"citizen": None, "nik": 5171012304990001}, "data.nik", "as a number may have lost its last digits"),
        ({"citizen": None, "nik": "517101230499000"}, "data.nik", "exactly 16 digits"),
        ({"citizen": None, "nik": "9971012304990001"}, "data.nik", "cannot be a NIK"),
        ({"nik": NIK}, "data.nik", "either nik or citizen"),
        ({"citizen": NIK}, "data.citizen", "match"),
        ({"citizen": None}, "data.citizen", "is missing"),
        ({"home": "92.71"}, "data.home", "92.71 is retired since its province was split: use 96.71 (Kota Sorong)"),
        ({"home": "92.71.01"}, "data.home", "use 96.71.01"),
        ({"home": "51.99"}, "data.home", "region code 51.99 is unknown"),
        ({"home": "51"}, "data.home", "51 is wider than a kab/kota"),
        ({"home": "5171"}, "data.home", "'5171' is not a Kemendagri region code"),
        ({"home": 51.71}, "data.home", "string"),
        ({"channel": "shop"}, "data.channel", "'office'"),
        ({"place": f"rumah {NIK}"}, "data.place", "contains a NIK"),
        ({"place": "rumah 51.71.01.230499.0001"}, "data.place", "contains a NIK"),
        ({"place": "5171 0123 0499 0001"}, "data.place", "contains a NIK"),
        ({"place": "  "}, "data.place", "is empty"),
        ({"place": "a\x07b"}, "data.place", "control characters"),
        ({"nama": "Siapa"}, "data.nama", "is not a field"),
        ({"reactivation": "yes"}, "data.reactivation", "boolean"),
    ],
)
def test_each_field_error_has_its_path_and_a_sentence(changes: dict[str, Any], path: str, told: str) -> None:
    errors = errors_of(activation(**changes))
    assert told in errors[path]
    assert not any(NIK in message for message in errors.values())


@pytest.mark.parametrize(
    ("attributes", "path", "told"),
    [
        ({"time": "2024-06-27T11:06:00+08:00"}, "time", "in the future"),
        ({"time": "2010-12-31T23:59:59+00:00"}, "time", "before 2011"),
        ({"time": "2024-06-27T10:00:00"}, "time", "needs an offset"),
        ({"time": 1719453600}, "time", "RFC 3339"),
        ({"time": None}, "time", "RFC 3339"),
        ({"type": "ikd.activated.v9"}, "type", "not a known event type; known are 'perekaman.recorded.v1'"),
        ({"id": ""}, "id", "at least 1"),
        ({"id": f"akt-{NIK}"}, "id", "contains a NIK"),
        ({"source": NIK}, "source", "contains a NIK"),
        ({"specversion": "0.3"}, "specversion", "1.0"),
        ({"data": "text"}, "data", "must be an object"),
        ({"datacontenttype": "text/xml"}, "datacontenttype", "application/json"),
    ],
)
def test_attributes_are_checked(attributes: dict[str, Any], path: str, told: str) -> None:
    assert told in errors_of({**activation(), **attributes})[path]


@pytest.mark.parametrize("place", ["Jl. Gatot Subroto 12-14, 80231", "Telp. 0361 123456", "SMAN 1, 2024-05-23"])
def test_ordinary_numbers_are_no_nik(place: str) -> None:
    assert isinstance(admit(activation(place=place), RULES), IkdActivated)


def test_a_small_clock_error_is_forgiven() -> None:
    assert isinstance(admit({**activation(), "time": "2024-06-27T11:04:00+08:00"}, RULES), IkdActivated)


def test_all_errors_of_an_event_come_back_at_once() -> None:
    raw = {**activation(home="51.99", channel="shop", nama="x"), "id": ""}
    assert set(errors_of(raw)) == {"id", "data.home", "data.channel", "data.nama"}


def test_what_is_no_event_says_so() -> None:
    for raw in (7, "text", None, [activation()]):
        assert admit(raw, RULES) == Rejected(None, [FieldError("", "the event must be a JSON object")])
    assert "is missing" in errors_of({"id": "1"})["type"]


def test_an_id_that_could_hold_a_nik_is_not_repeated() -> None:
    judged = admit({**activation(), "id": f"x{NIK}"}, RULES)
    assert isinstance(judged, Rejected)
    assert judged.id == "x…"


def test_a_nik_needs_a_private_line() -> None:
    rules = Rules(RULES.now, RULES.person, nik_allowed=False, allowance=RULES.allowance)
    assert errors_of(activation(citizen=None, nik=NIK), rules) == {"data.nik": "may be sent over HTTPS only"}
    assert isinstance(admit(activation(), rules), IkdActivated)


@pytest.mark.parametrize(
    ("raw", "path", "told"),
    [
        (target("51.71", 101), "data", "at most 100"),
        (target("51.71", 0), "data", "more than zero"),
        (target("51.71", 10.5, basis="absolute"), "data", "whole number of people"),
        (target("51.71", 30, start_on="2025-01-01"), "data", "start_on is after due_on"),
        (target("51.71", 30, effective_on="2025-01-01"), "data", "effective_on is after due_on"),
        (target("51.71", 30, programme="perekaman", basis="percent_of_recorded"), "data", "against itself"),
        (target("51.71", 30, due_on="31-12-2024"), "data.due_on", "date"),
        (wajib_ktp(region="51"), "data.region", "wider"),
        (wajib_ktp(as_of="2024-06-28"), "data.as_of", "future"),
        (wajib_ktp(as_of="2010-06-28"), "data.as_of", "2011"),
        (wajib_ktp(count=-1), "data.count", "0"),
        (wajib_ktp(count="9"), "data.count", "integer"),
        (event("baseline.reported", region="51.71", as_of="2024-06-27"), "data", "give recorded, activated or both"),
        (
            event("figure.claimed", region="51.71", as_of="2024-06-27", programme="ikd", source="x"),
            "data", "count, percent",
        ),
        (
            event("intervention.announced", region="51.71", kind="circular", title="x", starts_on="2024-06-02",
                  ends_on="2024-06-01"),
            "data", "before starts_on",
        ),
    ],
)  # fmt: skip
def test_region_facts_are_checked(raw: dict[str, Any], path: str, told: str) -> None:
    assert told in errors_of(raw)[path]
