"""What a key opens: the matrix of keys, types and regions, and when it opens nothing any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.ingest.keys.key import Key, issued, operator, parts_of, scope_error, types_of
from services.ingest.keys.ring import Keyring, Unauthorized
from shared.errors import BusUnavailableError
from tests.events import citizen, event, target

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def key(*types: str, regions: tuple[str, ...] = ("51.71",), national: bool = False, **changes: Any) -> Key:
    options = {"requests_per_second": 10, "expires_at": None, "now": NOW} | changes
    return issued("Disdukcapil", types=types, regions=regions, national=national, **options)[0]


KEYS = {
    "the city's": key("*"),
    "the city's, activations": key("ikd.*"),
    "a kecamatan's": key("*", regions=("51.71.01",)),
    "the province's": key("*", regions=("51",)),
    "two cities'": key("*", regions=("51.71", "35.73")),
    "the directorate's": key("*", regions=("ID",), national=True),
    "the directorate's, targets": key("target.*", regions=("ID",), national=True),
    "the operator's": operator("laju_operator_secret", NOW),
}


def done(kind: str, service: str, home: str = "36.04") -> dict[str, Any]:
    return event(kind, citizen=citizen(1), home=home, service=service, channel="office")


EVENTS = {
    "activation at 51.71": done("ikd.activated", "51.71"),
    "recording at 51.71.01": done("perekaman.recorded", "51.71.01"),
    "activation at 35.73": done("ikd.activated", "35.73", home="51.71"),
    "end of one of 51.71": event("ikd.deactivated", citizen=citizen(1), home="51.71", reason="deceased"),
    "move to 35.73": event("resident.moved", citizen=citizen(1), home="35.73"),
    "wajib KTP of 51.71": event("wajib_ktp.reported", region="51.71", as_of="2024-06-27", count=1, source="dkb"),
    "local target of 51.71": target("51.71", 30, authority="local"),
    "national target of 51.71": target("51.71", 30, authority="national"),
    "national target of all": target("ID", 30, authority="national"),
}

# For each key, in the order of the events: . opens, t the type, r the region, n the national scope is missing.
MATRIX = {
    "the city's": ". . r . r . . n r",
    "the city's, activations": ". t r . t t t t t",
    "a kecamatan's": "r . r r r r r r r",
    "the province's": ". . r . r . . n r",
    "two cities'": ". . . . . . . n r",
    "the directorate's": ". . . . . . . . .",
    "the directorate's, targets": "t t t t t t . . .",
    "the operator's": ". . . . . . . . .",
}
MISSING = {"t": "type", "n": "data.authority"}


@pytest.mark.parametrize(
    ("holder", "what", "mark"),
    [
        (holder, what, mark)
        for holder, marks in MATRIX.items()
        for what, mark in zip(EVENTS, marks.split(), strict=True)
    ],
)
def test_scopes(holder: str, what: str, mark: str) -> None:
    error = scope_error(KEYS[holder], EVENTS[what])
    if mark == ".":
        assert error is None
    else:
        assert error is not None
        field = next(name for name in ("service", "region", "home") if name in EVENTS[what]["data"])
        assert error.path == MISSING.get(mark, f"data.{field}")
        assert KEYS[holder].id in error.message


@pytest.mark.parametrize("holder", MATRIX)
def test_only_who_lacks_nothing_opens_everything(holder: str) -> None:
    assert KEYS[holder].opens_everything == (set(MATRIX[holder].split()) == {"."})


def test_a_refusal_says_which_scopes_the_key_has() -> None:
    error = scope_error(KEYS["two cities'"], done("ikd.activated", "36.04"))
    assert error is not None
    assert "may not report for 36.04; it has the regions 51.71, 35.73" in error.message


def test_a_pattern_names_types_with_and_without_their_version() -> None:
    assert types_of(("ikd.*",)) == ["ikd.activated.v1", "ikd.deactivated.v1"]
    assert types_of(("ikd.activated",)) == types_of(("ikd.activated.v1",)) == ["ikd.activated.v1"]
    assert types_of(("ikd.deleted",)) == []


def test_a_key_tells_its_secret_once_and_keeps_a_hash() -> None:
    made, token = issued(
        "x", types=("*",), regions=("ID",), national=False, requests_per_second=1, now=NOW, expires_at=None
    )
    parts = parts_of(token)
    assert parts is not None
    assert parts[0] == made.id
    assert made.opens(parts[1])
    assert not made.opens(parts[1][:-1])
    assert parts[1] not in made.model_dump_json()
    assert parts_of("laju_short_secret") is None


def test_an_expired_or_revoked_key_opens_nothing_and_says_so() -> None:
    made = key("*", expires_at=NOW + timedelta(days=1))
    assert made.ended(NOW) is None
    assert "expired" in str(made.ended(NOW + timedelta(days=1)))
    assert "revoked" in str(made.model_copy(update={"revoked_at": NOW}).ended(NOW))


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer ", "Basic laju_operator_secret", "Bearer wrong", "wrong"])
def test_nobody_comes_in_without_a_key(shown: str) -> None:
    with pytest.raises(Unauthorized):
        Keyring("laju_operator_secret").find(shown, NOW)


def test_the_operator_comes_in_before_the_others_are_known() -> None:
    ring = Keyring("laju_operator_secret")
    assert ring.find("bearer laju_operator_secret", NOW).id == "operator"
    with pytest.raises(BusUnavailableError):
        ring.find("Bearer laju_0123abcd_aaaaaaaaaaaaaaaaaaaaaaaa", NOW)
