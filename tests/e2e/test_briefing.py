"""What lies behind a standing: events in over HTTP, the briefing out of the read API, every figure worked out by hand.

Kota Denpasar is to reach 366 people in the 366 days of 2024, half of its 732 wajib KTP: one a day, 179 by 27 June.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from tests.e2e.pipeline import Pipeline
from tests.events import citizen, event, target

KOTA = "51.71"
SELATAN, TIMUR, BARAT, UTARA = "51.71.01", "51.71.02", "51.71.03", "51.71.04"
BADUNG, TABANAN = "51.03", "51.02"
NATIONAL = {"programme": "ikd", "authority": "national", "due_on": "2024-12-31"}
LOCAL = NATIONAL | {"authority": "local"}
_numbers = count(1)


def _wajib_ktp(region: str, people: int) -> dict[str, Any]:
    return event("wajib_ktp.reported", region=region, as_of="2023-12-31", count=people, source="dkb")


def _done(people: int, home: str, day: str, *, kind: str = "ikd.activated", **more: str) -> list[dict[str, Any]]:
    # Half past midnight in Bali is still the day before in Jakarta and in UTC.
    return [
        event(
            kind,
            time=f"{day}T00:30:00+08:00",
            citizen=citizen(next(_numbers)),
            home=home,
            service=KOTA,
            **{"channel": "office", **more},
        )
        for _ in range(people)
    ]


def _outreach(day: str, channel: str, place: str) -> dict[str, Any]:
    return event("outreach.reported", region=KOTA, on=day, channel=channel, place=place, applicants=80)


def _intervention(title: str, starts_on: str, **more: str) -> dict[str, Any]:
    return event("intervention.announced", region=KOTA, kind="circular", title=title, starts_on=starts_on, **more)


@pytest.fixture(scope="module")
def denpasar(laju: Pipeline) -> Pipeline:
    mall = {"channel": "outreach_mall", "place": "Mal Bali"}
    laju.send(
        target(KOTA, 40),
        target(KOTA, 50, effective_on="2024-05-23"),
        target(KOTA, 732, authority="local", basis="absolute"),
        target(TIMUR, 183, authority="local", basis="absolute"),
        _wajib_ktp(KOTA, 732), _wajib_ktp(SELATAN, 366), _wajib_ktp(TIMUR, 183), _wajib_ktp(BARAT, 183),
        *_done(40, SELATAN, "2024-03-01"),
        *_done(4, SELATAN, "2024-03-29", channel="outreach_school", place="SMAN 1"),
        *_done(56, TIMUR, "2024-05-10"),
        *_done(10, SELATAN, "2024-06-20", **mall),
        *_done(3, UTARA, "2024-06-21", **mall),
        *_done(9, UTARA, "2024-06-21", kind="perekaman.recorded", **mall),
        *_done(2, UTARA, "2024-06-28"),
        _outreach("2024-03-29", "outreach_school", "SMAN 1"),
        _outreach("2024-06-20", "outreach_mall", "Mal Bali"),
        _outreach("2024-06-21", "outreach_mall", "Mal Bali"),
        _outreach("2024-06-22", "outreach_village", "Balai Banjar"),
        _intervention("Surat Edaran IKD", "2024-06-01"),
        _intervention("Wajib rekam", "2024-06-02", programme="perekaman"),
        _intervention("Pekan IKD", "2024-07-01", ends_on="2024-07-07"),
    )  # fmt: skip
    laju.settle()
    return laju


def test_a_kota_against_its_national_target(denpasar: Pipeline) -> None:
    told = denpasar.read(f"regions/{KOTA}/briefing", **NATIONAL)
    (row,) = [
        row
        for row in denpasar.read(f"regions/{KOTA}/standings", programme="ikd")["standings"]
        if row["target"]["authority"] == "national"
    ]
    assert told["standing"] == row
    assert (row["required"], row["base"], row["expected"], row["actual"], row["gap"]) == (366, 0, 179, 113, -66)
    assert told["programme"] == "ikd"
    assert told["plan"] == [{"on": "2023-12-31", "count": 0}, {"on": "2024-12-31", "count": 366}]
    # 179 days from the eve on: every other one, and the last.
    way = {point["on"]: point["count"] for point in told["actual"]}
    assert len(told["actual"]) == len(way) == 91
    assert list(way)[:2] == ["2023-12-31", "2024-01-02"]
    assert list(way)[-2:] == ["2024-06-26", "2024-06-27"]
    counts = [way[day] for day in ("2023-12-31", "2024-02-29", "2024-03-02", "2024-05-09", "2024-05-11", "2024-06-27")]
    assert counts == [0, 0, 40, 44, 100, 113]


def test_its_kecamatan_have_a_share_of_the_line(denpasar: Pipeline) -> None:
    told = denpasar.read(f"regions/{KOTA}/briefing", **NATIONAL)
    # Selatan 179 × 366 ÷ 732 = 89.5; Timur 179 × 183 ÷ 732 = 44.75 and it has 56. Of Barat nothing is known, and how
    # many people there are in Utara was not reported.
    assert told["behind"] == [
        {"region": SELATAN, "name": "Denpasar Selatan", "actual": 54, "expected": 90, "gap": -36,
         "basis": "share_of_line"},
    ]  # fmt: skip
    assert (told["parts"], told["parts_known"]) == (4, 2)


def test_a_kecamatan_with_a_target_of_its_own_is_where_its_standing_is(denpasar: Pipeline) -> None:
    told = denpasar.read(f"regions/{KOTA}/briefing", **LOCAL)
    assert (told["standing"]["required"], told["standing"]["expected"]) == (732, 358)
    # Selatan 358 × 366 ÷ 732 = 179; Timur 183 × 179 ÷ 366 = 89.5.
    rows = [(row["region"], row["actual"], row["expected"], row["gap"], row["basis"]) for row in told["behind"]]
    assert rows == [(SELATAN, 54, 179, -125, "share_of_line"), (TIMUR, 56, 90, -34, "own_target")]
    assert denpasar.standing(TIMUR, programme="ikd")["gap"] == -34


def test_where_an_opening_balance_counts_a_kecamatan_needs_its_own(denpasar: Pipeline) -> None:
    kota, mariso, mamajang = "73.71", "73.71.01", "73.71.02"
    denpasar.send(
        target(kota, 732, authority="local", basis="absolute"),
        _wajib_ktp(kota, 732), _wajib_ktp(mariso, 366), _wajib_ktp(mamajang, 366),
        event("baseline.reported", region=kota, as_of="2023-12-31", activated=366),
        event("baseline.reported", region=mariso, as_of="2023-12-31", activated=100),
        *_done(1, mamajang, "2024-06-20"),
    )  # fmt: skip
    denpasar.settle()
    told = denpasar.read(f"regions/{kota}/briefing", **LOCAL)
    # (366 + 366 × 179 ÷ 366) × 366 ÷ 732 = 272.5. How many of the 366 live in Mamajang, nobody knows.
    assert (told["standing"]["expected"], told["standing"]["actual"]) == (545, 367)
    assert [(row["region"], row["expected"], row["gap"]) for row in told["behind"]] == [(mariso, 273, -173)]
    assert (told["parts"], told["parts_known"]) == (15, 1)


def test_a_kecamatan_has_a_briefing_too(denpasar: Pipeline) -> None:
    told = denpasar.read(f"regions/{TIMUR}/briefing", **LOCAL)
    assert (told["actual"][-1], told["parts_known"]) == ({"on": "2024-06-27", "count": 56}, 0)
    assert told["parts"] == 11


def test_what_outreach_and_measures_brought(denpasar: Pipeline) -> None:
    told = denpasar.read(f"regions/{KOTA}/briefing", **NATIONAL)
    # The school was 90 days before, recordings are the other programme, and nobody was served at the banjar.
    assert told["yields"] == [
        {"place": "Mal Bali", "channel": "outreach_mall", "days": 2, "services": 13, "services_per_day": 6.5}
    ]
    # 56 ÷ 28 from 4 to 31 May; 13 ÷ 27 from 1 to 27 June.
    assert told["measures"] == [
        {"title": "Surat Edaran IKD", "kind": "circular", "starts_on": "2024-06-01", "ends_on": None,
         "rate_before": 2.0, "rate_during": None, "rate_after": 0.48}
    ]  # fmt: skip


def test_a_past_day_is_told_as_it_was(denpasar: Pipeline) -> None:
    told = denpasar.read(f"regions/{KOTA}/briefing", **NATIONAL, on="2024-03-29")
    # The decree of then: 40 per cent of 732 are 292.8, on day 89: 293 × 89 ÷ 366 = 71.25.
    assert (told["plan"][1]["count"], told["standing"]["expected"], told["standing"]["actual"]) == (293, 71, 44)
    assert [point["count"] for point in told["actual"]] == [0] * 61 + [40] * 28 + [44]
    assert [(row["place"], row["services_per_day"]) for row in told["yields"]] == [("SMAN 1", 4.0)]
    # Selatan 71 × 366 ÷ 732 = 35.5; of Timur nothing was known yet.
    assert (told["measures"], told["behind"], told["parts_known"]) == ([], [], 1)


def test_a_province_is_told_of_the_kabkota_that_have_the_line(denpasar: Pipeline) -> None:
    denpasar.send(
        target(BADUNG, 732, basis="absolute"),
        event("baseline.reported", region=BADUNG, as_of="2023-12-31", activated=100),
        event("baseline.reported", region=TABANAN, as_of="2023-12-31", activated=1_000),
    )
    denpasar.settle()
    # Badung 100 + 632 × 179 ÷ 366 = 409.09. Tabanan has no such target, so its thousand are not counted.
    for params in (NATIONAL, NATIONAL | {"on": "2024-06-27"}):
        told = denpasar.read("regions/51/briefing", **params)
        assert told["standing"]["target"]["id"] == "rollup/51/ikd/national/2024-12-31"
        assert told["standing"]["actual"] == 213
        assert told["plan"] == [{"on": "2023-12-31", "count": 100}, {"on": "2024-12-31", "count": 1_098}]
        assert (told["actual"][0]["count"], told["actual"][-1]["count"]) == (100, 213)
        rows = [(row["region"], row["name"], row["gap"], row["basis"]) for row in told["behind"]]
        assert rows == [(BADUNG, "Kabupaten Badung", -309, "own_target"), (KOTA, "Kota Denpasar", -66, "own_target")]
        assert (told["parts"], told["parts_known"]) == (9, 2)
    nation = denpasar.read("regions/ID/briefing", **NATIONAL)
    assert (nation["standing"]["actual"], nation["behind"], nation["parts"]) == (213, told["behind"], 514)


@pytest.mark.parametrize(
    ("region", "params", "code", "said"),
    [
        (KOTA, LOCAL | {"due_on": "2025-12-31"}, 404, "has no target ikd local 2025-12-31 on 2024-06-27"),
        (KOTA, LOCAL | {"due_on": "2025-12-31"}, 404, "ikd local 2024-12-31, ikd national 2024-12-31"),
        (KOTA, NATIONAL | {"programme": "perekaman"}, 404, "ikd local 2024-12-31, ikd national 2024-12-31"),
        (KOTA, NATIONAL | {"on": "2023-12-31"}, 404, "no targets on that day"),
        ("99.99", NATIONAL, 404, "99.99 is unknown"),
        (KOTA, NATIONAL | {"authority": "village"}, 422, "a parameter"),
        (KOTA, {"programme": "ikd", "authority": "national"}, 422, "a parameter"),
    ],
)
def test_what_cannot_be_told(denpasar: Pipeline, region: str, params: dict[str, str], code: int, said: str) -> None:
    answer = denpasar.http.get(f"{denpasar.aggregator}/v1/regions/{region}/briefing", params=params)
    assert (answer.status_code, answer.headers["content-type"]) == (code, "application/problem+json")
    assert said in answer.json()["detail"]
