"""Pace: where a region stands against the line to its target. Pure functions of a book, a target line and a day.

The plan line runs straight from the base (what was done by the evening before ``start_on``) to what is required,
day by day including both ends: 23 April 2024 is day 114 of 366.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import groupby, repeat
from typing import NamedTuple

from services.aggregator.book import Book
from services.aggregator.facts import Decree
from services.aggregator.figures import divided_half_up, divided_up, half_up, percent, share_rounded_up
from shared.events import PROGRAMMES, Programme
from shared.events.region import Target
from shared.events.standing import Forecast, Severity, Standing, Status, TargetInForce
from shared.wilayah import find

_ONE_DAY = timedelta(days=1)
_TEN_YEARS = 3650


@dataclass(frozen=True, slots=True)
class Policy:
    """When a shortfall is one. ``tolerance_percent`` is of the whole way, from the base to what is required, so that
    a target of 99 per cent has no more slack than one of 30; ``pending_days`` assessed days in a row
    must exceed it; nothing heard for more than ``silent_days`` is silence, not slowness. A region behind is
    *critical* if it has gone less than ``critical_percent`` of the way it should have by now, *serious* below
    ``serious_percent``, else *warning*."""

    tolerance_percent: Decimal = Decimal(1)
    pending_days: int = 3
    silent_days: int = 14
    serious_percent: int = 90
    critical_percent: int = 75


@dataclass(frozen=True, slots=True)
class TargetLine:
    """All decrees of one authority for one programme and due date, by the day they took effect."""

    decrees: tuple[Decree, ...]

    def in_force(self, day: date) -> tuple[str, Target] | None:
        """The identity and content of the target in force on ``day``, ``None`` before the first and once withdrawn."""
        current = [decree for decree in self.decrees if decree.effective_on <= day]
        if not current or (target := current[-1].target) is None:
            return None
        return current[-1].id, target

    def terms(self, last: date) -> Iterator[tuple[Target, date, date]]:
        """Each target with the first and the last day on which it is in force and its way has begun, up to ``last``."""
        ends = [decree.effective_on - _ONE_DAY for decree in self.decrees[1:]] + [last]
        for decree, end in zip(self.decrees, ends, strict=True):
            if decree.target is not None:
                first, until = max(decree.effective_on, decree.target.start_on), min(end, last)
                if first <= until:
                    yield decree.target, first, until


class Mark(NamedTuple):
    """The line on one day, in people. ``gap`` is actual − expected: negative is behind."""

    base: int
    required: int
    expected: int
    actual: int

    @property
    def gap(self) -> int:
        """How far actual is above (below: negative) the line."""
        return self.actual - self.expected


def lines(decrees: Iterable[Decree]) -> list[TargetLine]:
    """The decrees of one region as target lines, each in order of effect."""
    ordered = sorted(decrees, key=lambda decree: (decree.line, decree.effective_on))
    return [TargetLine(tuple(group)) for _, group in groupby(ordered, key=lambda decree: decree.line)]


def required_on(book: Book, target: Target, day: date) -> int | None:
    """People required by ``target`` with the denominator reported on or before ``day``; ``None`` without one."""
    (whole,) = _wholes(book, target, day, day)
    return _required(target, whole)


def _required(target: Target, whole: int | None) -> int | None:
    """Of a ``whole`` of so many people; an absolute target asks for the same of any."""
    if target.basis == "absolute":
        return int(target.value)
    return None if whole is None else share_rounded_up(target.value, whole)


def _wholes(book: Book, target: Target, first: date, last: date) -> Iterable[int | None]:
    """What the target is a share of, as known on each of these days."""
    match target.basis:
        case "absolute":
            return repeat(None, max((last - first).days + 1, 0))
        case "percent_of_recorded":
            known = book.first_known("perekaman")
            recorded = book.done_daily("perekaman", first, last)
            unknown = (last - first).days + 1 if known is None else (known - first).days
            return (None if number < unknown else count for number, count in enumerate(recorded))
        case _:
            return book.wajib_ktp_daily(first, last)


def mark(book: Book, target: Target, day: date) -> Mark | None:
    """The line on a ``day`` within the target's term; ``None`` without a denominator or before anything is known."""
    return next((point for _, point in marks(book, target, day, day)), None)


def marks(book: Book, target: Target, first: date, last: date) -> Iterator[tuple[date, Mark]]:
    """The line on each of these days within the target's term that has one, in order."""
    known = book.first_known(target.programme)
    if known is None:
        return
    first = max(first, known)
    base = book.done_by(target.programme, target.start_on - _ONE_DAY)
    total = (target.due_on - target.start_on).days + 1
    begun = (first - target.start_on).days + 1
    wholes = _wholes(book, target, first, last)
    # Hardly any day has another denominator than the day before.
    required_of = cache(lambda whole: _required(target, whole))
    for number, (actual, whole) in enumerate(zip(book.done_daily(target.programme, first, last), wholes, strict=True)):
        if (required := required_of(whole)) is not None:
            expected = base + divided_half_up((required - base) * (begun + number), total)
            yield first + timedelta(days=number), Mark(base, required, expected, actual)


def days_behind(book: Book, line: TargetLine, start_on: date, day: date, policy: Policy) -> int:
    """For how many assessed days up to ``day`` the region has been *behind*; 0 if it is not.

    Behind begins once the gap exceeds the tolerance on ``pending_days`` assessed days in a row and ends only back on
    the line. A region that was never seen within the tolerance needs no further proof than the target's own age: its
    shortfall did not arise on the first day it was heard of. Each day is judged by the target in force on it.
    """
    streak = lasting = 0
    behind = seen_within = False
    points = (
        found for target, first, last in line.terms(day) for found in marks(book, target, max(first, start_on), last)
    )
    for on, point in points:
        exceeds = exceeds_tolerance(point, policy)
        streak = streak + 1 if exceeds else 0
        seen_within = seen_within or not exceeds
        if behind:
            behind = point.gap < 0
        else:
            old_enough = not seen_within and (on - start_on).days + 1 >= policy.pending_days
            behind = exceeds and (streak >= policy.pending_days or old_enough)
        lasting = lasting + 1 if behind else 0
    return lasting


def exceeds_tolerance(point: Mark, policy: Policy) -> bool:
    """Whether a shortfall is larger than the tolerated share of the whole way."""
    return point.gap < 0 and -point.gap * 100 > policy.tolerance_percent * max(point.required - point.base, 0)


def assess(region: str, book: Book, line: TargetLine, on: date, policy: Policy) -> Standing | None:
    """The standing on business date ``on``; ``None`` if the line has no target in force then.

    After the due date the region is judged as it stood on that day.
    """
    due_on = line.decrees[0].line[2]
    day = min(on, due_on)
    in_force = line.in_force(day)
    if in_force is None:
        return None
    identity, target = in_force
    point = mark(book, target, day) if target.start_on <= day else None
    week, month = rates = [_rate(book, target.programme, day, window) for window in (7, 28)]
    required = required_on(book, target, day)
    actual = book.done_by(target.programme, day)
    days_left = (due_on - day).days
    missing = None if required is None else max(required - actual, 0)
    behind_for = days_behind(book, line, target.start_on, day, policy) if point else 0
    required_rate = divided_up(missing, days_left) if missing is not None and days_left > 0 else None
    last = book.last_known(target.programme, day)
    status = _status(
        target,
        on,
        point,
        silent=last is None or (day - last).days > policy.silent_days,
        behind=behind_for > 0,
        slow=required_rate is not None and all(done < required_rate * days for done, days in rates),
    )
    wajib_ktp = book.wajib_ktp_on(day)
    return Standing(
        region=region,
        name=find(region).name,
        programme=target.programme,
        on=on,
        status=status,
        severity=severity(point, policy) if status == "behind" and point else None,
        target=_shown(identity, target),
        actual=actual,
        base=point.base if point else None,
        required=required,
        expected=point.expected if point else None,
        gap=point.gap if point else None,
        attainment_percent=percent(actual, required),
        coverage_percent=percent(actual, wajib_ktp),
        wajib_ktp=wajib_ktp,
        done7=week[0],
        done28=month[0],
        rate7=half_up(Decimal(week[0]), Decimal(7)),
        rate28=half_up(Decimal(month[0]), Decimal(28)),
        required_rate=required_rate,
        elapsed_days=max((day - target.start_on).days + 1, 0),
        total_days=(due_on - target.start_on).days + 1,
        days_left=days_left,
        days_behind=behind_for,
        forecast=_forecast(book, target, day, missing, month),
        simulated=book.simulated,
    )


def without_target(region: str, book: Book, programme: Programme, on: date) -> Standing:
    """The row of a programme for which the region has no target."""
    wajib_ktp, actual = book.wajib_ktp_on(on), book.done_by(programme, on)
    week, month = (_rate(book, programme, on, window)[0] for window in (7, 28))
    return Standing(
        region=region,
        name=find(region).name,
        programme=programme,
        on=on,
        status="no_target",
        actual=actual,
        coverage_percent=percent(actual, wajib_ktp),
        wajib_ktp=wajib_ktp,
        done7=week,
        done28=month,
        rate7=half_up(Decimal(week), Decimal(7)),
        rate28=half_up(Decimal(month), Decimal(28)),
        simulated=book.simulated,
    )


def assess_all(region: str, book: Book, decrees: Iterable[Decree], on: date, policy: Policy) -> list[Standing]:
    """Every standing of a region: one row for each target line, newest due date first, and one for each programme
    that has none."""
    rows = [row for line in lines(decrees) if (row := assess(region, book, line, on, policy))]
    rows.sort(key=lambda row: (row.programme, -_due(row).toordinal(), _authority(row)))
    covered = {row.programme for row in rows}
    return rows + [without_target(region, book, programme, on) for programme in PROGRAMMES if programme not in covered]


def severity(point: Mark, policy: Policy) -> Severity:
    """How bad a shortfall is, by the way gone since the base against the way planned by now."""
    gone, planned = point.actual - point.base, point.expected - point.base
    if gone * 100 < policy.critical_percent * planned:
        return "critical"
    return "serious" if gone * 100 < policy.serious_percent * planned else "warning"


def way_percent(row: Standing) -> Decimal | None:
    """The way gone since the base in per cent of the way planned by now, which severity goes by; ``None`` without a
    line, or while none of the way is planned yet."""
    if row.base is None or row.expected is None:
        return None
    return percent(row.actual - row.base, row.expected - row.base)


def _status(target: Target, on: date, point: Mark | None, *, silent: bool, behind: bool, slow: bool) -> Status:
    if on < target.start_on:
        return "not_started"
    if point is not None and point.actual >= point.required:
        return "achieved"
    if point is not None and on > target.due_on:
        return "missed"
    if point is None or silent:
        return "no_data"
    if behind:
        return "behind"
    return "at_risk" if slow else "on_pace"


def _rate(book: Book, programme: Programme, day: date, window: int) -> tuple[int, int]:
    """People in the ``window`` days that end with ``day``, and the number of days."""
    return book.done_between(programme, day - timedelta(days=window - 1), day), window


def _forecast(book: Book, target: Target, day: date, missing: int | None, month: tuple[int, int]) -> Forecast:
    """``missing`` is what is short of the requirement today; ``month`` is people done in how many days."""
    actual = book.done_by(target.programme, day)
    days_left = (target.due_on - day).days
    week = _rate(book, target.programme, day, 7)
    ends = sorted(actual + divided_half_up(done * days_left, days) for done, days in (week, month))
    wajib_ktp = book.wajib_ktp_expected(target.due_on, day)
    required: int | None = None
    if target.basis == "absolute":
        required = int(target.value)
    elif target.basis == "percent_of_wajib_ktp" and wajib_ktp is not None:
        required = share_rounded_up(target.value, wajib_ktp)
    done, days = month
    needed = divided_up(missing * days, done) if missing is not None and done > 0 else None
    return Forecast(
        on=target.due_on,
        count=actual + divided_half_up(done * days_left, days),
        low=ends[0],
        high=ends[-1],
        wajib_ktp=wajib_ktp,
        required=required,
        finish_on=day + timedelta(days=needed) if needed is not None and needed <= _TEN_YEARS else None,
    )


def _shown(identity: str, target: Target) -> TargetInForce:
    return TargetInForce(id=identity, **target.model_dump(exclude={"region"}))


def _due(row: Standing) -> date:
    return row.target.due_on if row.target else date.max


def _authority(row: Standing) -> str:
    return row.target.authority if row.target else ""
