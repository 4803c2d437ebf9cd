"""The read API: refusals a person can act on, and the shapes that others rely on."""

from __future__ import annotations

from typing import Any

import pytest

from shared.wilayah import children
from tests.e2e.pipeline import Pipeline
from tests.events import citizen, event, target


@pytest.mark.parametrize(
    ("path", "code", "told"),
    [
        ("regions/99.99", 404, "99.99 is unknown"),
        ("regions/92.71", 404, "use 96.71 (Kota Sorong)"),
        ("regions/nonsense", 404, "is not a Kemendagri region code"),
        ("regions/51.71/standings?on=yesterday", 422, "a parameter"),
        ("regions/51.71/standings?on=0001-01-01", 422, "a parameter"),
        ("regions/51.71/standings?programme=sim", 422, "a parameter"),
        ("regions/51.71/daily", 422, "a parameter"),
        ("regions/51.71/breakdown?by=shoe_size&programme=ikd", 422, "a parameter"),
        ("regions/51.71.01/breakdown?by=place&programme=ikd", 422, "ask for 51.71 instead of 51.71.01"),
        ("nothing", 404, "/v1/nothing"),
    ],
)
def test_a_refusal_is_a_problem_document_that_says_what_to_do(laju: Pipeline, path: str, code: int, told: str) -> None:
    answer = laju.http.get(f"{laju.aggregator}/v1/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (code, "application/problem+json")
    assert told in answer.json()["detail"]


def test_the_shape_of_a_region(laju: Pipeline) -> None:
    empty = laju.read("regions/73.71")
    expected: dict[str, Any] = {
        "code": "73.71",
        "name": "Kota Makassar",
        "level": "kabkota",
        "parent": "73",
        "wajib_ktp": None,
        "programmes": {
            "ikd": {"active": 0, "coverage_percent": None, "served": 0},
            "perekaman": {"recorded": 0, "coverage_percent": None, "served": 0},
        },
    }
    assert {name: empty[name] for name in expected} == expected


def test_the_shape_of_standings_and_progress(laju: Pipeline) -> None:
    laju.send(
        target("73.71", 30),
        event("wajib_ktp.reported", region="73.71", as_of="2024-06-01", count=1_000_000, source="siak"),
        event("ikd.activated", citizen=citizen(1), home="73.71.01", service="73.71", channel="office"),
    )
    laju.settle()
    (row,) = laju.read("regions/73.71/standings", programme="ikd", on="")["standings"]
    assert set(row) >= {
        "actual", "required", "expected", "gap", "attainment_percent", "coverage_percent", "rate7", "rate28",
        "required_rate", "days_left", "forecast", "status", "severity", "target", "sequence", "projection",
    }  # fmt: skip
    assert (row["attainment_percent"], row["rate28"], row["target"]["value"]) == ("0.00", 0.04, 30)
    progress = laju.read("progress")
    assert len(progress["partitions"]) == 16
    assert set(progress["partitions"][0]) == {"partition", "stored_sequence", "projected_sequence"}
    assert all(part["stored_sequence"] == part["projected_sequence"] for part in progress["partitions"])
    assert (progress["lag_events"], progress["projection"]) == (0, 1)
    assert max(part["projected_sequence"] for part in progress["partitions"]) == progress["sequence"]


def test_narrower_regions_are_counted_too(laju: Pipeline) -> None:
    kota = "74.71"
    first, second = children(kota)[:2]
    desa, other_desa = children(first)[:2]
    laju.send(
        *(
            event("perekaman.recorded", citizen=citizen(900 + n), home=home, service=kota, channel="office")
            for n, home in enumerate([desa, other_desa, second, kota])
        )
    )
    laju.settle()
    codes = (kota, first, desa, second, "74")
    counts = [laju.read(f"regions/{code}")["programmes"]["perekaman"]["recorded"] for code in codes]
    assert counts == [4, 2, 1, 1, 4]


def test_the_api_describes_itself(laju: Pipeline) -> None:
    for service in (laju.ingest, laju.aggregator, laju.notifier):
        document = laju.http.get(f"{service}/openapi.json").json()
        assert document["openapi"].startswith("3.")
        for path in document["paths"].values():
            for operation in path.values():
                assert operation["summary"]
