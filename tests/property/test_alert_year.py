"""A year of many regions, each with a known course: what heads hear of it, against a plain oracle of the rules.

``LAJU_TEST_REGIONS=514`` replays as many regions as there are; ``-s`` prints the figures.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from statistics import median
from typing import Any

import pytest

from services.aggregator.book import Book, Denominator, Track
from services.aggregator.facts import Decree, Opening
from services.aggregator.pace import Policy as Pace
from services.aggregator.pace import assess_all
from services.notifier.contents import Reason
from services.notifier.decide import Policy
from services.notifier.replay import Told, replay
from services.notifier.schedule import Hours, is_working_day
from shared.events.region import Target, WajibKtp
from shared.events.standing import Standing
from shared.wilayah import NATION, kabkota_in

REGIONS = int(os.environ.get("LAJU_TEST_REGIONS", "10"))
FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)
DAYS = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
ONE = timedelta(days=1)
STEADY = ("steady", "slow week", "week without work", "weekends")
FALLING = ("falls to 70 %", "falls to 40 %", "stops")
COURSES = (*STEADY, *FALLING, "never began", "recovers", "silent for two months")


def course(kind: str, needed: float, random: Random) -> tuple[dict[date, int], date | None]:
    """People done by day, and the day on which the course turns, if it does."""
    turn = FIRST + timedelta(days=random.randrange(60, 250))
    done, rest = {}, 0.0
    for day in DAYS:
        pace = 1.04
        since = (day - turn).days
        if kind == "slow week" and 0 <= since < 7:
            pace *= 0.3
        elif kind == "week without work" and 0 <= since < 7:
            pace = 0.0
        elif kind in FALLING and since >= 0:
            pace *= {"falls to 70 %": 0.7, "falls to 40 %": 0.4, "stops": 0.05}[kind]
        elif kind == "never began":
            pace = 0.02
        elif kind == "recovers" and since >= 0:
            pace *= 0.3 if since < 70 else 2.2
        elif kind == "silent for two months" and 0 <= since < 60:
            continue
        if kind == "weekends":
            pace *= 7 / 5 if day.weekday() < 5 else 0.0
        rest += needed * pace * random.uniform(0.85, 1.15)
        done[day] = int(rest)
        rest -= int(rest)
    turns = kind not in ("steady", "weekends", "never began")
    return {day: count for day, count in done.items() if count}, turn if turns else None


def standings(region: str, done: dict[date, int]) -> list[tuple[date, list[Standing]]]:
    """What the aggregator would have said each day, of 30 per cent of 1.2 million people."""
    aim = Target(
        region=region, programme="ikd", authority="national", basis="percent_of_wajib_ktp", value=Decimal(30),
        start_on=FIRST, due_on=LAST, effective_on=FIRST,
    )  # fmt: skip
    decree = Decree("year#1", (aim.programme, aim.authority, aim.due_on), aim.effective_on, aim)
    report = WajibKtp(region=region, as_of=FIRST - ONE, count=1_200_000, source="siak")
    book = Book({"ikd": Track(done, [Opening(FIRST - ONE, 0)])}, Denominator([report]))
    return [(day, assess_all(region, book, [decree], day, Pace())) for day in DAYS]


def oracle(days: list[tuple[date, list[Standing]]]) -> list[tuple[date, str]]:
    """The rules, plainly: what is told on which morning to the head."""
    told: list[tuple[date, str]] = []
    about, worst, last, achieved, repeats = "", 0, FIRST, False, 0
    grades = {None: 0, "warning": 1, "serious": 2, "critical": 3}
    wait = {1: 14, 2: 7, 3: 3}
    for day, rows in days:
        if not is_working_day(day):
            continue
        (row,) = [row for row in rows if row.target]
        grade, said = grades[row.severity], ""
        if row.status == "behind" and about != "behind":
            needed = row.required_rate
            slow = needed is None or max(row.rate7, row.rate28) < needed * Decimal("0.9")
            if slow and (needed is None or row.days_behind >= 14 or row.rate28 < needed * Decimal("0.6")):
                said, about, worst, repeats = "first", "behind", grade, 0
        elif row.status == "behind" and grade > worst:
            said, worst, repeats = "worsened", grade, 0
        elif row.status == "behind" and (day - last).days >= min(wait[grade] * 2**repeats, 28):
            said, repeats = "repeat", repeats + 1
        elif row.status == "no_data" and not about:
            said, about, worst, repeats = "no_data", "silence", 0, 0
        elif row.status == "no_data" and about == "silence" and (day - last).days >= min(14 * 2**repeats, 28):
            said, repeats = "no_data", repeats + 1
        elif row.status == "achieved" and not achieved:
            said, about, achieved = "achieved", "", True
        elif row.status in ("on_pace", "at_risk", "achieved") and about:
            said, about = "resolved", ""
        elif row.status == "missed":
            said, about = "missed", ""
        if said:
            told.append((day, said))
            last = day
    return told


@pytest.fixture(scope="module")
def year() -> dict[str, Any]:
    """By region: its course, the day it turns, what the rules tell, what the oracle says."""
    random = Random(5)
    codes = random.sample(sorted(kabkota_in(NATION)), REGIONS)
    found = {}
    for number, code in enumerate(codes):
        kind = COURSES[number % len(COURSES)]
        done, turn = course(kind, 360_000 / 366, random)
        days = standings(code, done)
        told = list(replay(code, days, Policy(), Hours()))
        found[code] = {"kind": kind, "turn": turn, "told": told, "oracle": oracle(days), "days": days}
    return found


def to_head(told: list[Told]) -> list[tuple[date, str]]:
    return [(one.on, str(one.reason)) for one in told if one.audience == "head"]


def test_every_mail_is_what_the_oracle_says_and_none_comes_twice(year: dict[str, Any]) -> None:
    for code, region in year.items():
        mails = to_head(region["told"])
        assert mails == region["oracle"], (code, region["kind"])
        assert len(set(mails)) == len(mails)
        assert len({day for day, _ in mails}) == len(mails)


def test_no_slow_week_and_no_weekend_is_ever_told_as_a_shortfall(year: dict[str, Any]) -> None:
    steady = [region for region in year.values() if region["kind"] in STEADY]
    assert steady
    alarms = [mail for region in steady for mail in to_head(region["told"]) if mail[1] not in ("achieved",)]
    assert alarms == []


def test_who_falls_behind_is_told_within_weeks(year: dict[str, Any]) -> None:
    delays: defaultdict[str, list[int]] = defaultdict(list)
    for region in year.values():
        if region["kind"] in FALLING:
            first = next(day for day, reason in to_head(region["told"]) if reason == "first")
            behind = next(day for day, rows in region["days"] if day > region["turn"] and _behind(rows))
            assert first >= behind
            delays[region["kind"]].append((first - behind).days)
    assert set(delays) == set(FALLING)
    assert max(delays["stops"]) <= 21  # a long holiday may lie in between
    assert max(delays["falls to 40 %"]) <= 28
    assert max(delays["falls to 70 %"]) <= 28
    print()
    for kind, days in delays.items():
        print(f"{kind}: told {median(days):g} days after it was behind (most {max(days)})")


def test_a_head_gets_few_mails(year: dict[str, Any]) -> None:
    counts = Counter({code: len(to_head(region["told"])) for code, region in year.items()})
    by_kind: defaultdict[str, list[int]] = defaultdict(list)
    for code, region in year.items():
        by_kind[region["kind"]].append(counts[code])
    assert all(max(by_kind[kind]) <= 1 for kind in STEADY)
    assert max(counts.values()) <= 20
    print(f"\n{len(counts)} heads: median {median(counts.values()):g}, most {max(counts.values())} mails")
    for kind, found in by_kind.items():
        print(f"{kind}: median {median(found):g}, most {max(found)}")


def test_provinces_and_directorate_hear_once_each_of_what_nobody_acknowledges(year: dict[str, Any]) -> None:
    for region in year.values():
        above = [(one.audience, one.reason) for one in region["told"] if one.audience != "head"]
        episodes = sum(reason == "first" for _, reason in to_head(region["told"]))
        assert len(above) <= 2 * episodes
        assert all(reason is Reason.ESCALATED for _, reason in above)
        if region["kind"] == "never began":
            assert [audience for audience, _ in above] == ["province", "directorate"]


def _behind(rows: list[Standing]) -> bool:
    return any(row.status == "behind" for row in rows)
