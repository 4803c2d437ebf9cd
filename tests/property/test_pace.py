"""Pace within its bounds, whatever the figures."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.aggregator.book import Book, Denominator, Track, total
from services.aggregator.facts import Decree, Opening
from services.aggregator.figures import divided_half_up, divided_up, percent, share_rounded_up
from services.aggregator.pace import Policy, TargetLine, assess, days_behind, mark, marks, required_on
from services.aggregator.rollup import roll_up
from shared.events import Programme
from shared.events.region import Target, WajibKtp

_START = date(2024, 1, 1)
_counts = st.integers(0, 2_000_000)
_days = st.dictionaries(st.dates(date(2024, 1, 1), date(2024, 12, 31)), st.integers(-50, 5_000), max_size=40)
_few = st.integers(0, 20_000)
_term = st.dates(date(2024, 1, 1), date(2024, 3, 1))
_early = st.dictionaries(_term, st.integers(-50, 900), max_size=25)


def target(value: int, *, start_on: date = _START, due_on: date = date(2024, 12, 31)) -> Target:
    return Target(
        region="35.73",
        programme="ikd",
        authority="national",
        basis="absolute",
        value=Decimal(value),
        start_on=start_on,
        due_on=due_on,
        effective_on=start_on,
    )


def line(aim: Target) -> TargetLine:
    return TargetLine((Decree("test#1", (aim.programme, aim.authority, aim.due_on), aim.effective_on, aim),))


def book(days: dict[date, int], base: int, wajib_ktp: int | None = None) -> Book:
    reports = [] if wajib_ktp is None else [WajibKtp(region="35.73", as_of=_START, count=wajib_ktp, source="siak")]
    return Book({"ikd": Track(days, [Opening(_START - timedelta(days=1), base)])}, Denominator(reports))


@given(days=_days, base=_counts, aim=st.integers(1, 2_000_000), on=st.dates(_START, date(2024, 12, 31)))
@settings(max_examples=300, deadline=None)
def test_the_line_stays_between_base_and_requirement_and_never_turns(
    days: dict[date, int], base: int, aim: int, on: date
) -> None:
    figures, aimed = book(days, base), target(aim)
    point = mark(figures, aimed, on)
    assert point is not None
    assert min(point.base, aim) <= point.expected <= max(point.base, aim)
    assert point.gap == point.actual - point.expected
    exact = point.base + Fraction((aim - point.base) * ((on - _START).days + 1), 366)
    assert abs(point.expected - exact) <= Fraction(1, 2)
    tomorrow = mark(figures, aimed, min(on + timedelta(days=1), aimed.due_on))
    assert tomorrow is not None
    assert (tomorrow.expected - point.expected) * (aim - point.base) >= 0


@given(days=_days, base=_counts, aim=st.integers(1, 2_000_000), on=st.dates(_START, date(2024, 12, 30)))
@settings(max_examples=300, deadline=None)
def test_the_required_rate_is_just_enough(days: dict[date, int], base: int, aim: int, on: date) -> None:
    row = assess("35.73", book(days, base), line(target(aim)), on, Policy())
    assert row is not None
    assert row.required_rate is not None
    assert row.days_left is not None
    missing = max(aim - row.actual, 0)
    assert row.required_rate * row.days_left >= missing
    assert (row.required_rate - 1) * row.days_left < missing or missing == 0


@given(days=_days, base=_counts, aim=st.integers(1, 2_000_000), on=st.dates(_START, date(2024, 12, 31)))
@settings(max_examples=200, deadline=None)
def test_more_done_never_makes_a_standing_worse(days: dict[date, int], base: int, aim: int, on: date) -> None:
    rank = {"behind": 0, "at_risk": 1, "on_pace": 2, "achieved": 3}
    less = assess("35.73", book(days, base), line(target(aim)), on, Policy(silent_days=400))
    more = assess(
        "35.73",
        book({**days, _START: days.get(_START, 0) + 1000}, base),
        line(target(aim)),
        on,
        Policy(silent_days=400),
    )
    assert less is not None
    assert more is not None
    assert more.gap is not None
    assert less.gap is not None
    assert more.gap == less.gap + 1000
    assert rank[more.status] >= rank[less.status]


@given(days=_days, base=_counts, aim=st.integers(1, 2_000_000), on=st.dates(_START, date(2024, 12, 31)))
@settings(max_examples=200, deadline=None)
def test_behind_needs_its_days_and_ends_only_on_the_line(days: dict[date, int], base: int, aim: int, on: date) -> None:
    policy = Policy()
    figures, aimed = book(days, base), target(aim)
    lasting = days_behind(figures, line(aimed), _START, on, policy)
    before = 0 if on == _START else days_behind(figures, line(aimed), _START, on - timedelta(days=1), policy)
    point = mark(figures, aimed, on)
    assert point is not None
    if lasting:
        assert point.gap < 0
        assert (on - _START).days + 1 >= policy.pending_days
    if before:
        assert (lasting == 0) == (point.gap >= 0)


@st.composite
def _decreed(draw: st.DrawFn) -> TargetLine:
    """A line whose target was changed or withdrawn on its way, also twice on a day or after it was over."""
    decrees: list[Decree] = []
    for at in sorted(draw(st.lists(st.dates(date(2023, 12, 20), date(2024, 3, 20)), min_size=1, max_size=4))):
        aim = draw(st.none() | st.integers(1, 20_000))
        begins = draw(st.sampled_from([_START, date(2024, 1, 20)]))
        aimed = None if aim is None else target(aim, start_on=begins, due_on=date(2024, 3, 1))
        decrees.append(Decree(f"test#{len(decrees)}", ("ikd", "national", date(2024, 3, 1)), at, aimed))
    return TargetLine(tuple(decrees))


@given(days=_early, opened=st.dates(date(2023, 12, 20), date(2024, 2, 20)), base=_few, line=_decreed(), on=_term)
@settings(max_examples=400, deadline=None)
def test_each_day_is_judged_by_the_target_in_force_on_it(
    days: dict[date, int], opened: date, base: int, line: TargetLine, on: date
) -> None:
    policy = Policy()
    figures = Book({"ikd": Track(days, [Opening(opened, base)])})
    streak = lasting = 0
    within = False
    for number in range((on - _START).days + 1):
        day = _START + timedelta(days=number)
        in_force = line.in_force(day)
        point = mark(figures, in_force[1], day) if in_force and in_force[1].start_on <= day else None
        if point is None:
            continue
        lacking = point.expected - point.actual
        exceeds = lacking * 100 > policy.tolerance_percent * max(point.required - point.base, 0)
        streak, within = (streak + 1 if exceeds else 0), within or not exceeds
        if lasting:
            lasting = lasting + 1 if lacking > 0 else 0
        elif exceeds and (streak >= policy.pending_days or (not within and number + 1 >= policy.pending_days)):
            lasting = 1
    assert days_behind(figures, line, _START, on, policy) == lasting


@given(
    basis=st.sampled_from(["percent_of_wajib_ktp", "percent_of_recorded"]),
    days=_early,
    reports=st.dictionaries(_term, st.integers(0, 9_000), max_size=3),
    first=_term,
    last=_term,
)
@settings(max_examples=300, deadline=None)
def test_many_days_are_marked_as_each_by_itself(
    basis: str, days: dict[date, int], reports: dict[date, int], first: date, last: date
) -> None:
    aimed = target(30).model_copy(update={"basis": basis})
    denominator = Denominator(
        WajibKtp(region="35.73", as_of=day, count=count, source="siak") for day, count in reports.items()
    )
    recorded = Track(days, [Opening(date(2024, 1, 25), 900)])
    tracks: dict[Programme, Track] = {"ikd": Track({date(2024, 1, 5): 70}), "perekaman": recorded}
    one = Book(tracks, denominator)
    for figures in (one, total([one, Book({}, denominator), Book()])):
        each = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        alone = [(day, point) for day in each if (point := mark(figures, aimed, day))]
        assert list(marks(figures, aimed, first, last)) == alone
        assert [required_on(figures, aimed, day) for day, _ in alone] == [point.required for _, point in alone]


@given(part=st.integers(0, 10**9), whole=st.integers(1, 10**9))
def test_percentages_are_rounded_half_up_to_two_decimals(part: int, whole: int) -> None:
    shown = percent(part, whole)
    assert shown is not None
    assert shown.as_tuple().exponent == -2
    assert Fraction(shown) == Fraction(math.floor(Fraction(part * 10_000, whole) + Fraction(1, 2)), 100)


@given(part=st.integers(-(10**9), 10**9), whole=st.integers(1, 10**6))
def test_whole_numbers_round_as_they_say(part: int, whole: int) -> None:
    assert divided_up(part, whole) == math.ceil(Fraction(part, whole))
    assert divided_half_up(part, whole) == math.floor(Fraction(part, whole) + Fraction(1, 2))


@given(value=st.decimals(Decimal("0.01"), Decimal(100), places=2), whole=_counts)
def test_a_share_of_people_rounds_up(value: Decimal, whole: int) -> None:
    assert share_rounded_up(value, whole) == math.ceil(Fraction(value) * whole / 100)


@given(
    parts=st.lists(st.tuples(_days, _counts, st.integers(1, 500_000)), min_size=1, max_size=5),
    on=st.dates(_START, date(2024, 12, 31)),
)
@settings(max_examples=100, deadline=None)
def test_a_roll_up_is_the_sum_of_its_parts(parts: list[tuple[dict[date, int], int, int]], on: date) -> None:
    books = [book(days, base, 3_000_000) for days, base, _ in parts]
    rows = [
        row
        for figures, (_, _, aim) in zip(books, parts, strict=True)
        if (row := assess("35.73", figures, line(target(aim)), on, Policy()))
    ]
    assume(rows)
    (rolled,) = roll_up("35", rows, 38, on, Policy())
    assert rolled.actual == sum(row.actual for row in rows) == total(books).done_by("ikd", on)
    assert rolled.gap == sum(row.gap or 0 for row in rows)
    assert rolled.required == sum(row.required or 0 for row in rows)
    assert rolled.attainment_percent == percent(rolled.actual, rolled.required)
    assert rolled.target is not None
    assert (rolled.target.members, rolled.target.of) == (len(rows), 38)
