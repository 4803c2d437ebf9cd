"""What lies behind a standing: the way so far, which parts are furthest behind, what outreach and measures brought.
Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby, islice
from typing import NamedTuple

from services.aggregator.book import Book, total
from services.aggregator.facts import Opening, RegionFacts
from services.aggregator.figures import divided_half_up, divided_up, half_up
from services.aggregator.interventions import effect
from shared.briefing import Briefing, Measure, Part, Point, Yield
from shared.errors import InvalidError
from shared.events import Programme
from shared.events.region import Authority, Intervention, Outreach
from shared.events.standing import Standing, TargetInForce
from shared.wilayah import find

_ONE_DAY = timedelta(days=1)
_MOST_POINTS = 130
MOST_BEHIND = 3
_MOST_ROWS = 3
OUTREACH_DAYS = 90


class Line(NamedTuple):
    """What names a region's target line."""

    programme: Programme
    authority: Authority
    due_on: date


class NoSuchLineError(InvalidError):
    """The region has no target on this line; the message says on which it has."""


@dataclass(frozen=True, slots=True)
class Narrower:
    """A region within the one asked about, with its opening balances of the programme. ``standing`` is its own on the
    same target line, ``None`` if it has no such target."""

    code: str
    book: Book
    openings: Sequence[Opening]
    standing: Standing | None


def on_line(rows: Iterable[Standing], line: Line) -> Standing | None:
    """The first of a region's rows that is about ``line``: of a wider region's, its own comes before the roll-up."""
    return next((row for row in rows if row.target and _line(row.target) == line), None)


def no_such_line(region: str, rows: Iterable[Standing], line: Line, on: date) -> NoSuchLineError:
    """The error for a region whose ``rows`` on ``on`` are all about other lines."""
    known = dict.fromkeys(_named(_line(row.target)) for row in rows if row.target)
    others = f"its target lines on that day: {', '.join(known)}" if known else "it has no targets on that day"
    return NoSuchLineError(f"{region} has no target {_named(line)} on {on}; {others}")


def briefing(
    standing: Standing,
    book: Book,
    facts: RegionFacts,
    narrower: Sequence[Narrower],
    services: Mapping[tuple[date, str], int],
    on: date,
    most_behind: int = MOST_BEHIND,
    done: Book | None = None,
) -> Briefing:
    """All that is told beside a region's ``standing`` on business date ``on``.

    ``book`` and ``facts`` are the region's; ``services`` of the programme by day and place are its offices'. At most
    ``most_behind`` of its parts are told of as furthest behind. ``done`` is the book of those that the standing counts,
    for who has it at hand; else it is put together from the parts.

    Raises:
        ValueError: a standing without a target.
    """
    target = standing.target
    if target is None:
        raise ValueError("a standing without a target has nothing behind it")
    parts = compared(standing, book, facts, narrower)
    return Briefing(
        standing=standing,
        programme=standing.programme,
        actual=way(done or counted(target, book, narrower), standing.programme, target.start_on - _ONE_DAY, on),
        plan=plan(standing),
        behind=furthest_behind(parts, most_behind),
        parts=len(narrower),
        parts_known=len(parts),
        yields=yields(facts.outreach, services, on),
        measures=measures(standing.region, facts.interventions, standing.programme, book, on),
    )


def counted(target: TargetInForce, book: Book, narrower: Iterable[Narrower]) -> Book:
    """The book that a standing against ``target`` counts: a roll-up is of the kab/kota with such a line only."""
    if target.basis != "rollup":
        return book
    return total(part.book for part in narrower if part.standing and part.standing.expected is not None)


def way(book: Book, programme: Programme, eve: date, on: date) -> tuple[Point, ...]:
    """People done by the end of each day from ``eve`` to ``on``, or of every so many days if these are more than 130;
    always of the first and of the last. Empty if ``on`` is before ``eve``."""
    days = (on - eve).days
    if days < 0:
        return ()
    step = max(divided_up(days, _MOST_POINTS - 1), 1)
    dates = (eve + timedelta(days=offset) for offset in (*range(0, days, step), days))
    return tuple(Point(on=day, count=book.done_by(programme, day)) for day in dates)


def plan(standing: Standing) -> tuple[Point, ...]:
    """The corners of the line that the standing is measured against: the base on the eve of the start, what is required
    on the due date. Empty while the standing has no line: before its start, without a denominator."""
    target, base, required = standing.target, standing.base, standing.required
    if target is None or base is None or required is None:
        return ()
    return Point(on=target.start_on - _ONE_DAY, count=base), Point(on=target.due_on, count=required)


def compared(standing: Standing, book: Book, facts: RegionFacts, narrower: Iterable[Narrower]) -> list[Part]:
    """Where the parts of the standing's region are that can be compared with a line.

    A part with a target of its own on the line is where its own standing says. Another's share of the region's line is
    in proportion to its own wajib KTP. It has none if the region is rolled up, as then only its parts have lines; if
    its wajib KTP, or any kab/kota's in a wider region, was never reported; or if nothing is known of it. A part without
    an opening balance, in a region that has one, is not known either: those whom the region's balance counts live
    somewhere in its parts, and nobody said where.
    """
    found = (
        _by_own_target(part.standing) if part.standing else _by_share(part, standing, book, facts) for part in narrower
    )
    return [part for part in found if part is not None]


def furthest_behind(parts: Iterable[Part], most: int = MOST_BEHIND) -> tuple[Part, ...]:
    """At most so many of those that are behind, furthest first."""
    ordered = sorted((part for part in parts if part.gap < 0), key=lambda part: (part.gap, part.region))
    return tuple(ordered[:most])


def yields(outreach: Iterable[Outreach], services: Mapping[tuple[date, str], int], on: date) -> tuple[Yield, ...]:
    """What outreach brought in the 90 days that end with ``on``: at most three places with services on their outreach
    days, most a day first.

    Services are known by day and place only, so a place is one row, and a day on which it was reported under two
    channels is one day; ``channel`` is the one of its last report.
    """
    recent = (report for report in outreach if on - timedelta(days=OUTREACH_DAYS) < report.on <= on)
    places = groupby(sorted(recent, key=lambda report: (report.place, report.on, report.channel)), _place)
    rows = [row for place, reports in places if (row := _yield(place, list(reports), services)).services > 0]
    rows.sort(key=lambda row: (-row.services_per_day, -row.services))
    return tuple(rows[:_MOST_ROWS])


def measures(
    region: str, interventions: Sequence[Intervention], programme: Programme, book: Book, on: date
) -> tuple[Measure, ...]:
    """The last three interventions of the programme that began on or before ``on``, newest first; ``interventions`` are
    in the order of their start."""
    begun = (item for item in reversed(interventions) if item.programme == programme and item.starts_on <= on)
    return tuple(_measure(region, item, book, on) for item in islice(begun, _MOST_ROWS))


def _line(target: TargetInForce) -> Line:
    return Line(target.programme, target.authority, target.due_on)


def _named(line: Line) -> str:
    return f"{line.programme} {line.authority} {line.due_on}"


def _by_own_target(own: Standing) -> Part | None:
    if own.expected is None or own.gap is None:
        return None
    return Part(
        region=own.region, name=own.name, actual=own.actual, expected=own.expected, gap=own.gap, basis="own_target"
    )


def _by_share(part: Narrower, standing: Standing, book: Book, facts: RegionFacts) -> Part | None:
    target = standing.target
    if target is None or target.basis == "rollup" or standing.expected is None or not standing.wajib_ktp:
        return None
    programme, day = standing.programme, standing.judged_on
    known_from, wajib_ktp = part.book.first_known(programme), part.book.wajib_ktp_on(day)
    if known_from is None or day < known_from or wajib_ktp is None:
        return None
    if any(member.wajib_ktp_on(day) is None for member in book.members):
        return None
    if _opened(facts.baselines.get(programme, ()), day) and not _opened(part.openings, day):
        return None
    actual = part.book.done_by(programme, day)
    expected = divided_half_up(standing.expected * wajib_ktp, standing.wajib_ktp)
    return Part(
        region=part.code,
        name=find(part.code).name,
        actual=actual,
        expected=expected,
        gap=actual - expected,
        basis="share_of_line",
    )


def _opened(openings: Iterable[Opening], day: date) -> bool:
    return any(opening.as_of <= day for opening in openings)


def _place(report: Outreach) -> str:
    return report.place


def _yield(place: str, reports: Sequence[Outreach], services: Mapping[tuple[date, str], int]) -> Yield:
    days = {report.on for report in reports}
    done = sum(services.get((day, place), 0) for day in days)
    return Yield(
        place=place,
        channel=reports[-1].channel,
        days=len(days),
        services=done,
        services_per_day=half_up(Decimal(done), Decimal(len(days))),
    )


def _measure(region: str, intervention: Intervention, book: Book, on: date) -> Measure:
    seen = effect(region, intervention, book, on)
    return Measure(
        title=seen.title,
        kind=seen.kind,
        starts_on=seen.starts_on,
        ends_on=seen.ends_on,
        rate_before=seen.rate_before,
        rate_during=seen.rate_during,
        rate_after=seen.rate_after,
    )
