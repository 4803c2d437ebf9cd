"""What is told beside a standing, given its book and facts; figures worked out by hand.

A line of 366 people over the 366 days of 2024, from nobody, expects as many people as days have gone: 179 on 27 June.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aggregator.book import Book, Denominator, Track, total
from services.aggregator.briefing import (
    Line,
    Narrower,
    briefing,
    compared,
    counted,
    furthest_behind,
    measures,
    no_such_line,
    on_line,
    plan,
    way,
    yields,
)
from services.aggregator.facts import Decree, Opening, RegionFacts
from services.aggregator.pace import Policy, assess_all
from services.aggregator.rollup import roll_up
from shared.briefing import Part, Point
from shared.events.region import Intervention, Outreach, Target, WajibKtp
from shared.events.standing import Standing
from shared.wilayah import children

EVE = date(2023, 12, 31)
DAY = date(2024, 6, 27)
DUE = date(2024, 12, 31)
KOTA = "51.71"
SELATAN, TIMUR, BARAT, UTARA = "51.71.01", "51.71.02", "51.71.03", "51.71.04"
LINE = Line("ikd", "national", DUE)


def decree(region: str = KOTA, **changes: Any) -> Decree:
    fields = {
        "region": region,
        "programme": "ikd",
        "authority": "national",
        "basis": "absolute",
        "value": Decimal(366),
        "start_on": date(2024, 1, 1),
        "due_on": DUE,
        "effective_on": date(2024, 1, 1),
        **changes,
    }
    target = Target(**fields)
    return Decree("test#1", (target.programme, target.authority, target.due_on), target.effective_on, target)


def book(done: int = 0, *, wajib_ktp: int | None = None, base: int | None = None, on: date = DAY) -> Book:
    """``done`` people on one day, on top of an opening balance on the eve if there is one."""
    reports = [] if wajib_ktp is None else [WajibKtp(region=KOTA, as_of=EVE, count=wajib_ktp, source="dkb")]
    openings = [] if base is None else [Opening(EVE, base)]
    return Book({"ikd": Track({on: done} if done else {}, openings)}, Denominator(reports))


def standing(figures: Book, *decrees: Decree, region: str = KOTA, on: date = DAY, line: Line = LINE) -> Standing:
    row = on_line(assess_all(region, figures, decrees or (decree(region),), on, Policy()), line)
    assert row is not None
    return row


def narrower(code: str, figures: Book, *, base: int | None = None, own: Standing | None = None) -> Narrower:
    return Narrower(code, figures, [] if base is None else [Opening(EVE, base)], own)


def opened(count: int) -> RegionFacts:
    return RegionFacts(baselines={"ikd": [Opening(EVE, count)]})


# The way so far, and the line.


@pytest.mark.parametrize(
    ("days", "points", "step"),
    [(-1, 0, 0), (0, 1, 0), (1, 2, 1), (129, 130, 1), (130, 66, 2), (258, 130, 2), (259, 88, 3), (366, 123, 3)],
)
def test_more_than_130_days_are_thinned_evenly(days: int, points: int, step: int) -> None:
    told = way(Book(), "ikd", EVE, EVE + timedelta(days=days))
    assert len(told) == points
    assert points < 2 or told[1].on == EVE + timedelta(days=step)


@given(days=st.integers(0, 4_000), changes=st.dictionaries(st.integers(0, 4_000), st.integers(-50, 500), max_size=30))
def test_the_way_has_first_and_last_in_even_steps_and_the_books_own_counts(days: int, changes: dict[int, int]) -> None:
    figures = Book({"ikd": Track({EVE + timedelta(days=offset): count for offset, count in changes.items()})})
    told = way(figures, "ikd", EVE, EVE + timedelta(days=days))
    assert (told[0].on, told[-1].on) == (EVE, EVE + timedelta(days=days))
    assert len(told) <= 130
    steps = [(after.on - before.on).days for before, after in pairwise(told)]
    assert all(steps)
    assert len(set(steps[:-1])) <= 1
    assert not steps or steps[-1] <= steps[0]
    assert [point.count for point in told] == [figures.done_by("ikd", point.on) for point in told]


@given(
    done=st.integers(0, 500),
    base=st.integers(0, 500),
    wajib_ktp=st.integers(1, 2_000),
    on=st.dates(date(2024, 1, 1), DUE),
)
def test_the_plan_is_the_standings_own_line(done: int, base: int, wajib_ktp: int, on: date) -> None:
    row = standing(
        book(done, base=base, wajib_ktp=wajib_ktp), decree(basis="percent_of_wajib_ktp", value=Decimal(30)), on=on
    )
    first, last = plan(row)
    assert (first, last) == (Point(on=EVE, count=base), Point(on=DUE, count=-(-wajib_ktp * 30 // 100)))
    assert row.expected is not None
    # Half a person at most lies between the straight line and the expected count.
    climbed = (last.count - first.count) * (on - EVE).days
    assert abs(2 * (row.expected - first.count) * 366 - 2 * climbed) <= 366


def test_the_plan_is_of_the_decree_in_force() -> None:
    decrees = decree(), decree(value=Decimal(732), effective_on=date(2024, 5, 23))
    told = [plan(standing(book(10), *decrees, on=on))[1].count for on in (DAY, date(2024, 6, 27))]
    early = plan(standing(book(10, on=date(2024, 1, 1)), *decrees, on=date(2024, 5, 22)))
    assert (early[1].count, *told) == (366, 732, 732)


@pytest.mark.parametrize(
    "row",
    [
        standing(book(5), decree(effective_on=date(2023, 6, 1)), on=EVE),
        standing(book(5), decree(basis="percent_of_wajib_ktp", value=Decimal(30))),
        standing(book()),
    ],
    ids=["not started", "no denominator", "nothing known"],
)
def test_without_a_line_there_is_no_plan(row: Standing) -> None:
    assert row.expected is None
    assert plan(row) == ()


# The parts.


def test_a_part_is_compared_with_its_share_of_the_line_rounded_half_up() -> None:
    row = standing(book(100, wajib_ktp=732))
    parts = [narrower(SELATAN, book(40, wajib_ktp=366)), narrower(TIMUR, book(60, wajib_ktp=183))]
    # 179 × 366 ÷ 732 = 89.5, 179 × 183 ÷ 732 = 44.75
    assert compared(row, book(), RegionFacts(), parts) == [
        Part(region=SELATAN, name="Denpasar Selatan", actual=40, expected=90, gap=-50, basis="share_of_line"),
        Part(region=TIMUR, name="Denpasar Timur", actual=60, expected=45, gap=15, basis="share_of_line"),
    ]


def test_a_part_with_a_target_of_its_own_stands_where_its_standing_says() -> None:
    figures = book(60, wajib_ktp=183)
    own = standing(figures, decree(TIMUR, value=Decimal(183)), region=TIMUR)
    (part,) = compared(standing(book(100, wajib_ktp=732)), book(), RegionFacts(), [narrower(TIMUR, figures, own=own)])
    assert part == Part(
        region=TIMUR, name="Denpasar Timur", actual=60, expected=90, gap=-30, basis="own_target"
    )  # 183 × 179 ÷ 366 = 89.5
    assert (part.actual, part.expected, part.gap) == (own.actual, own.expected, own.gap)


def test_after_the_due_date_a_part_is_compared_as_it_stood_on_it() -> None:
    row = standing(book(100, wajib_ktp=732), on=date(2025, 3, 1))
    late = Book({"ikd": Track({DAY: 40, date(2025, 2, 1): 900})}, book(wajib_ktp=366).wajib_ktp)
    (part,) = compared(row, book(), RegionFacts(), [narrower(SELATAN, late)])
    assert (part.actual, part.expected, part.gap) == (40, 183, -143)


UNSTARTED = standing(
    book(5, wajib_ktp=9), decree(TIMUR, start_on=date(2024, 7, 1)), region=TIMUR
)  # a target, but no line yet


@pytest.mark.parametrize(
    ("part", "facts", "known"),
    [
        (narrower(TIMUR, book(5, wajib_ktp=9)), RegionFacts(), 1),
        (narrower(TIMUR, book(5)), RegionFacts(), 0),
        (narrower(TIMUR, book(wajib_ktp=9)), RegionFacts(), 0),
        (narrower(TIMUR, book(5, wajib_ktp=9, on=DAY + timedelta(days=1))), RegionFacts(), 0),
        (narrower(TIMUR, book(5, wajib_ktp=9)), opened(70), 0),
        (narrower(TIMUR, book(5, wajib_ktp=9, base=3), base=3), opened(70), 1),
        (narrower(TIMUR, book(5, wajib_ktp=9, base=3), base=3), RegionFacts(), 1),
        (narrower(TIMUR, book(5, wajib_ktp=9), own=UNSTARTED), RegionFacts(), 0),
    ],
    ids=[
        "known",
        "no wajib KTP",
        "nothing reported",
        "nothing reported yet",
        "no opening balance where the region has one",
        "both have an opening balance",
        "only the part has an opening balance",
        "a target of its own without a line",
    ],
)
def test_a_part_that_cannot_be_compared_is_left_out(part: Narrower, facts: RegionFacts, known: int) -> None:
    row = standing(book(100, wajib_ktp=732))
    told = briefing(row, book(100, wajib_ktp=732), facts, [part], {}, DAY)
    assert (told.parts, told.parts_known) == (1, known)


def test_an_opening_balance_of_a_later_day_does_not_count_yet() -> None:
    facts = RegionFacts(baselines={"ikd": [Opening(DAY + timedelta(days=1), 70)]})
    row = standing(book(100, wajib_ktp=732))
    assert len(compared(row, book(), facts, [narrower(TIMUR, book(5, wajib_ktp=9))])) == 1


def test_without_a_denominator_of_the_region_nobody_has_a_share() -> None:
    assert compared(standing(book(100)), book(), RegionFacts(), [narrower(TIMUR, book(5, wajib_ktp=9))]) == []


@pytest.mark.parametrize(("others", "known"), [(366, 2), (None, 0)])
def test_a_wider_region_shares_its_line_only_if_all_wajib_ktp_is_known(others: int | None, known: int) -> None:
    parts = [narrower("51.71", book(40, wajib_ktp=366)), narrower("51.03", book(60, wajib_ktp=others))]
    bali = total(part.book for part in parts)
    assert len(compared(standing(bali, region="51"), bali, RegionFacts(), parts)) == known


def test_a_roll_up_counts_and_compares_only_those_with_the_line() -> None:
    books = {"51.71": book(40, wajib_ktp=9), "51.03": book(60, base=100, wajib_ktp=9)}
    own = {code: standing(figures, region=code) for code, figures in books.items()}
    # One without such a target, and one whose term is still to begin.
    books |= {"51.02": book(700, wajib_ktp=9), "51.04": book(500, wajib_ktp=9)}
    own["51.04"] = standing(books["51.04"], decree("51.04", start_on=date(2024, 7, 1)), region="51.04")
    parts = [narrower(code, figures, own=own.get(code)) for code, figures in books.items()]
    bali = total(books.values())
    (row,) = roll_up("51", list(own.values()), 9, DAY, Policy())
    assert row.target is not None
    assert counted(row.target, bali, parts).done_by("ikd", DAY) == row.actual == 200
    told = briefing(row, bali, RegionFacts(), parts, {}, DAY)
    assert (told.actual[0].count, told.actual[-1].count) == (100, 200)
    assert told.plan == (Point(on=EVE, count=100), Point(on=DUE, count=732))
    # 51.71: 40 − 179; 51.03: 160 − (100 + 266 × 179 ÷ 366 = 230.09)
    assert [(part.region, part.gap) for part in told.behind] == [("51.71", -139), ("51.03", -70)]
    assert (told.parts, told.parts_known) == (4, 2)


@given(sizes=st.lists(st.integers(0, 100_000), min_size=1, max_size=20), done=st.integers(1, 50_000))
def test_the_shares_add_up_to_the_regions_line(sizes: list[int], done: int) -> None:
    row = standing(book(done, wajib_ktp=sum(sizes)), decree(value=Decimal(20_000)))
    parts = compared(row, book(), RegionFacts(), [narrower(TIMUR, book(1, wajib_ktp=size)) for size in sizes])
    assert row.expected is not None
    if not sum(sizes):
        assert parts == []
        return
    assert len(parts) == len(sizes)
    assert 2 * abs(sum(part.expected for part in parts) - row.expected) <= len(sizes)
    assert all(part.gap == part.actual - part.expected for part in parts)


def part(region: str, gap: int) -> Part:
    return Part(region=region, name="", actual=gap + 10, expected=10, gap=gap, basis="share_of_line")


@pytest.mark.parametrize(
    ("gaps", "told"),
    [
        ([], []),
        ([0, 5], []),
        ([-1, 0, -3], [BARAT, SELATAN]),
        ([-1, -4, -2, -3], [TIMUR, UTARA, BARAT]),
        ([-2, -2, -2, -2], [SELATAN, TIMUR, BARAT]),
    ],
)
def test_at_most_three_that_are_behind_are_told_furthest_first(gaps: list[int], told: list[str]) -> None:
    parts = [part(region, gap) for region, gap in zip((SELATAN, TIMUR, BARAT, UTARA), gaps, strict=False)]
    assert [row.region for row in furthest_behind(parts)] == told


def test_a_report_is_told_of_more_that_are_behind() -> None:
    parts = [part(code, -at) for at, code in enumerate(children("36.04")[:10], start=1)]
    assert [row.gap for row in furthest_behind(parts, 8)] == [-10, -9, -8, -7, -6, -5, -4, -3]


# Outreach and measures.


def outreach(place: str, on: date = DAY, channel: Any = "outreach_mall") -> Outreach:
    return Outreach(region=KOTA, on=on, channel=channel, place=place, applicants=99)


def ago(days: int) -> date:
    return DAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("reports", "services", "told"),
    [
        ([], {(DAY, "Mal"): 5}, []),
        ([outreach("Mal")], {}, []),
        ([outreach("Mal")], {(DAY, "Mal"): 5, (ago(1), "Mal"): 70}, [("Mal", "outreach_mall", 1, 5, "5.00")]),
        ([outreach("Mal"), outreach("Mal", ago(1))], {(DAY, "Mal"): 5}, [("Mal", "outreach_mall", 2, 5, "2.50")]),
        (
            [outreach("Mal", ago(n)) for n in range(8)],
            {(DAY, "Mal"): 1},
            [("Mal", "outreach_mall", 8, 1, "0.13")],  # 0.125
        ),
        ([outreach("Mal", ago(89))], {(ago(89), "Mal"): 1}, [("Mal", "outreach_mall", 1, 1, "1.00")]),
        ([outreach("Mal", ago(90))], {(ago(90), "Mal"): 1}, []),
        ([outreach("Mal", ago(-1))], {(ago(-1), "Mal"): 1}, []),
        (
            [outreach("Mal"), outreach("Mal", channel="outreach_opd"), outreach("Mal", ago(1), "other")],
            {(DAY, "Mal"): 6, (ago(1), "Mal"): 1},
            [("Mal", "outreach_opd", 2, 7, "3.50")],
        ),
        (
            [outreach("D"), outreach("C"), outreach("B"), outreach("Z", ago(1)), outreach("Z"), outreach("E")],
            {(DAY, "Z"): 10, (DAY, "B"): 5, (DAY, "C"): 5, (DAY, "D"): 6, (DAY, "E"): 4},
            [
                ("D", "outreach_mall", 1, 6, "6.00"),
                ("Z", "outreach_mall", 2, 10, "5.00"),
                ("B", "outreach_mall", 1, 5, "5.00"),
            ],
        ),
    ],
    ids=[
        "services without outreach",
        "outreach without services",
        "services of other days",
        "per outreach day",
        "half up",
        "the first of 90 days",
        "the day before",
        "the day after",
        "a day under two channels is one day, the last channel is told",
        "the best three",
    ],
)
def test_what_outreach_brought(
    reports: list[Outreach], services: dict[tuple[date, str], int], told: list[tuple[str, str, int, int, str]]
) -> None:
    rows = yields(reports, services, DAY)
    assert [(row.place, row.channel, row.days, row.services, str(row.services_per_day)) for row in rows] == told


@given(
    reports=st.lists(st.tuples(st.sampled_from("ABCDEF"), st.integers(-5, 95)), max_size=40),
    done=st.dictionaries(st.tuples(st.integers(-5, 95), st.sampled_from("ABCDEF")), st.integers(0, 9), max_size=40),
)
def test_no_service_is_told_twice(reports: list[tuple[str, int]], done: dict[tuple[int, str], int]) -> None:
    services = {(ago(days), place): count for (days, place), count in done.items()}
    rows = yields([outreach(place, ago(days)) for place, days in reports], services, DAY)
    assert len(rows) <= 3
    assert [row.services_per_day for row in rows] == sorted((row.services_per_day for row in rows), reverse=True)
    for row in rows:
        days = {ago(days) for place, days in reports if place == row.place and 0 <= days < 90}
        assert (row.days, row.services) == (len(days), sum(services.get((day, row.place), 0) for day in days))
        assert row.services > 0


def intervention(title: str, starts_on: date, **more: Any) -> Intervention:
    return Intervention(**{"region": KOTA, "kind": "circular", "title": title, "starts_on": starts_on, **more})


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ([], []),
        ([intervention("edaran", DAY), intervention("rencana", DAY + timedelta(days=1))], ["edaran"]),
        ([intervention("rekam", DAY, programme="perekaman"), intervention("edaran", DAY)], ["edaran"]),
        ([intervention(str(n), ago(9 - n)) for n in range(5)], ["4", "3", "2"]),
    ],
    ids=["none", "not begun", "of the other programme", "the newest three"],
)
def test_the_last_measures_that_have_begun(items: list[Intervention], told: list[str]) -> None:
    assert [row.title for row in measures(KOTA, items, "ikd", Book(), DAY)] == told


def test_a_measure_has_its_rates() -> None:
    start = date(2024, 6, 1)
    figures = Book({"ikd": Track({date(2024, 5, 10): 56, date(2024, 6, 3): 7, date(2024, 6, 20): 10})})
    week = intervention("Pekan IKD", start, kind="campaign", ends_on=date(2024, 6, 7))
    (row,) = measures(KOTA, [week], "ikd", figures, DAY)
    assert (row.kind, row.ends_on) == ("campaign", date(2024, 6, 7))
    # 56 ÷ 28, 7 ÷ 7, and 10 ÷ 20 from 8 to 27 June
    assert (row.rate_before, row.rate_during, row.rate_after) == (Decimal("2.00"), Decimal("1.00"), Decimal("0.50"))


# All of it.


def test_the_way_ends_where_the_standing_is() -> None:
    figures = book(40, base=31, wajib_ktp=9)
    told = briefing(standing(figures), figures, RegionFacts(), [], {}, DAY)
    assert (told.programme, told.parts, told.behind) == ("ikd", 0, ())
    assert told.actual[0] == told.plan[0] == Point(on=EVE, count=31)
    assert told.actual[-1] == Point(on=DAY, count=told.standing.actual)


def test_what_has_no_target_has_nothing_behind_it() -> None:
    (row, _) = assess_all(KOTA, book(5), [], DAY, Policy())
    with pytest.raises(ValueError, match="without a target"):
        briefing(row, book(5), RegionFacts(), [], {}, DAY)


@pytest.mark.parametrize(
    ("decrees", "told"),
    [
        ([], "51.71 has no target ikd local 2025-12-31 on 2024-06-27; it has no targets on that day"),
        (
            [decree(), decree(authority="local")],
            "51.71 has no target ikd local 2025-12-31 on 2024-06-27; its target lines on that day: "
            "ikd local 2024-12-31, ikd national 2024-12-31",
        ),
    ],
)
def test_a_line_that_is_not_there_is_told_with_those_that_are(decrees: Sequence[Decree], told: str) -> None:
    rows = assess_all(KOTA, book(5), decrees, DAY, Policy())
    wanted = Line("ikd", "local", date(2025, 12, 31))
    assert on_line(rows, wanted) is None
    assert no_such_line(KOTA, rows, wanted, DAY).reason == told
