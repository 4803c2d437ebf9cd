"""Small counts hidden, end to end: in every answer, on every page, and not to be computed from the rest of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from shared.wilayah import children
from tests.e2e.pipeline import Pipeline, pipeline
from tests.events import citizen, event, target

KOTA = "51.71"
SELATAN, TIMUR, BARAT, UTARA = "51.71.01", "51.71.02", "51.71.03", "51.71.04"
ONE, TWO, THREE = children(SELATAN)[:3]
LINE = {"programme": "ikd", "authority": "national", "due_on": "2024-12-31"}
_numbers = count(1)


def _done(people: int, home: str, day: str, **more: str) -> list[dict[str, Any]]:
    return [
        event(
            "ikd.activated",
            time=f"{day}T10:00:00+08:00",
            citizen=citizen(next(_numbers)),
            home=home,
            **{"service": KOTA, "channel": "office", **more},
        )
        for _ in range(people)
    ]


@pytest.fixture(scope="module")
def denpasar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    with pipeline(tmp_path_factory.mktemp("laju"), as_of="2024-06-27", LAJU_SMALLEST_CELL="5") as laju:
        mall, school = ({"channel": "outreach_mall", "place": "Mal"}, {"channel": "outreach_school", "place": "SMAN 1"})
        laju.send(
            target(KOTA, 2000, basis="absolute"),
            target(TIMUR, 100, basis="absolute"),
            target(UTARA, 100, basis="absolute"),
            *_done(30, ONE, "2024-06-01"),
            *_done(12, TWO, "2024-06-02", **mall),
            *_done(3, TWO, "2024-06-03", **school),
            *_done(25, ONE, "2024-06-04", **mall),
            *_done(40, TIMUR, "2024-06-05"),
            *_done(3, BARAT, "2024-06-06"),
            *_done(90, UTARA, "2024-06-07"),
            *_done(2, "51.03", "2024-06-07"),
            *_done(2, KOTA, "2024-06-08", service="51.03"),
            *(
                event("outreach.reported", region=KOTA, on=day, channel="outreach_mall", place=place, applicants=80)
                for day, place in (("2024-06-02", "Mal"), ("2024-06-03", "SMAN 1"), ("2024-06-04", "Mal"))
            ),
        )  # fmt: skip
        laju.settle()
        yield laju


def _breakdown(laju: Pipeline, by: str, **more: str) -> tuple[dict[str, int | None], int | None, bool]:
    told = laju.read(f"regions/{KOTA}/breakdown", programme="ikd", by=by, **more)
    assert all(row.get("suppressed", False) == (row["count"] is None) for row in told["rows"])
    return {row["key"]: row["count"] for row in told["rows"]}, told["total"], told.get("suppressed", False)


def test_of_services_the_few_are_hidden_with_the_next(denpasar: Pipeline) -> None:
    # 165 at the office, 37 at the mall, 3 at the school: with the school goes the mall, next in size.
    assert _breakdown(denpasar, "channel") == (
        {"office": 165, "outreach_mall": None, "outreach_school": None}, 205, True,
    )  # fmt: skip
    assert _breakdown(denpasar, "place") == ({"Mal": None, "SMAN 1": None}, 40, True)
    assert _breakdown(denpasar, "home_region") == ({KOTA: None, "51.03": None}, 205, True)
    assert _breakdown(denpasar, "channel", **{"from": "2024-06-04", "to": "2024-06-05"}) == (
        {"office": 40, "outreach_mall": 25}, 65, False,
    )  # fmt: skip
    assert _breakdown(denpasar, "channel", to="2023-12-31") == ({}, 0, False)
    assert _breakdown(denpasar, "channel", **{"from": "2024-06-03", "to": "2024-06-03"}) == ({}, None, True)


def test_an_outreach_day_agrees_with_the_breakdown_of_that_day(denpasar: Pipeline) -> None:
    rows = denpasar.read(f"regions/{KOTA}/outreach")["outreach"]

    assert [(row["on"], row["services"], row.get("suppressed")) for row in rows] == [
        ("2024-06-04", 25, None), ("2024-06-03", None, True), ("2024-06-02", 12, None),
    ]  # fmt: skip


def test_of_kecamatan_the_few_are_hidden_with_the_next(denpasar: Pipeline) -> None:
    active = {
        code: denpasar.read(f"regions/{code}")["programmes"]["ikd"]
        for code in (KOTA, SELATAN, TIMUR, BARAT, UTARA, ONE, TWO, THREE)
    }
    # 70, 40, 3 and 90: with Barat goes Timur. In Selatan 55 and 15.
    assert {code: told["active"] for code, told in active.items()} == {
        KOTA: 205, SELATAN: 70, TIMUR: None, BARAT: None, UTARA: 90, ONE: 55, TWO: 15, THREE: 0,
    }  # fmt: skip
    assert [code for code, told in active.items() if told.get("suppressed")] == [TIMUR, BARAT]
    assert all(denpasar.read(f"regions/{desa}")["programmes"]["ikd"]["active"] is None for desa in children(TIMUR)[:2])


def test_standings_of_hidden_kecamatan_are_not_told(denpasar: Pipeline) -> None:
    for code, told in ((KOTA, True), (UTARA, True), (TIMUR, False), (BARAT, False)):
        answer = denpasar.read(f"regions/{code}/standings", programme="ikd")
        assert (len(answer["standings"]), "suppressed" in answer) == (told, not told)
    briefing = denpasar.read(f"regions/{KOTA}/briefing", **LINE)
    assert [part["region"] for part in briefing["behind"]] == []
    assert briefing["parts_known"] == 1
    # The school had a hidden visit, and the mall's 12 and 25 are told.
    assert [(row["place"], row["services"]) for row in briefing["yields"]] == [("Mal", 37)]
    answer = denpasar.http.get(f"{denpasar.aggregator}/v1/regions/{TIMUR}/briefing", params=LINE)
    assert (answer.status_code, "is hidden" in answer.json()["detail"]) == (404, True)


def test_of_days_of_narrow_regions_the_few_are_hidden_with_the_next(denpasar: Pipeline) -> None:
    def days(code: str) -> list[tuple[str, int | None, int | None]]:
        told = denpasar.read(f"regions/{code}/daily", programme="ikd")
        return [(day["date"][5:], day["change"], day["total"]) for day in told["days"]]

    assert days(SELATAN) == [("06-01", 30, 30), ("06-02", None, None), ("06-03", None, None), ("06-04", 25, None)]
    assert days(ONE) == [("06-01", 30, 30), ("06-04", 25, 55)]
    assert days(TWO) == [("06-02", None, None), ("06-03", None, None)]
    assert denpasar.read(f"regions/{TIMUR}/daily", programme="ikd")["days"] == []
    assert denpasar.read(f"regions/{TIMUR}/daily", programme="ikd")["suppressed"] is True
    assert ("06-03", 3, 45) in days(KOTA)
    later = denpasar.read(f"regions/{SELATAN}/daily", programme="ikd", **{"from": "2024-06-04"})["days"]
    assert [(day["change"], day["total"]) for day in later] == [(25, None)]


def test_what_is_live_is_hidden_as_well(denpasar: Pipeline) -> None:
    with denpasar.http.stream("GET", f"{denpasar.aggregator}/v1/regions/{TIMUR}/live") as stream:
        line = next(line for line in stream.iter_lines() if line.startswith("data:"))

    assert '"active":null' in line
    assert '"standings":[]' in line or '"ikd"' not in line.partition('"standings"')[2]


@pytest.mark.parametrize("code", [SELATAN, TIMUR, BARAT, TWO])
def test_a_page_is_shown_of_what_is_told(denpasar: Pipeline, code: str) -> None:
    for path in (f"/regions/{code}", f"/regions/{code}/quality", f"/regions/{code}/interventions"):
        answer = denpasar.http.get(f"{denpasar.aggregator}{path}")
        assert (answer.status_code, ">3<" in answer.text) == (200, False), path
