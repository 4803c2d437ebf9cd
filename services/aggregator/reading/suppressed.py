"""Answers in which small counts are hidden: what the read API, the pages and the exports say. Pure.

Hidden are, where small: services along any dimension, of any region; services on an outreach day; reasons of a backlog;
and of kecamatan and desa the residents counted, what is done on a day, and whatever follows from these. How many
residents of a kab/kota or a wider region have what they should have is never hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from datetime import date, timedelta

from services.aggregator.answers import Day, Days, RegionReading, Share, Shares
from services.aggregator.briefing import OUTREACH_DAYS
from services.aggregator.stock import Backlog, ReasonCount
from services.aggregator.suppression import Suppression
from shared.briefing import Point
from shared.events import Programme
from shared.events.region import Outreach

Visit = tuple[date, str]
"""An outreach day at a place."""


def why_hidden(code: str, suppression: Suppression) -> str:
    """Why nothing is told of a region's standing, as a sentence."""
    return (
        f"what is asked about {code} is hidden: so few people are counted there, or in a region beside it, that a "
        f"count below {suppression.smallest} would show"
    )


def region(reading: RegionReading, suppression: Suppression, programmes: Set[Programme]) -> RegionReading:
    """What is told of a region where the residents counted of these ``programmes`` are hidden."""
    ikd, perekaman = reading.programmes.ikd, reading.programmes.perekaman
    told = reading.model_copy(
        update={
            "programmes": reading.programmes.model_copy(
                update={
                    "ikd": ikd.model_copy(
                        update=_count("active", "ikd" in programmes) | _served(ikd.served, suppression)
                    ),
                    "perekaman": perekaman.model_copy(
                        update=_count("recorded", "perekaman" in programmes) | _served(perekaman.served, suppression)
                    ),
                }
            ),
            "backlog": _backlog(reading.backlog, suppression, hide="perekaman" in programmes),
        }
    )
    if not programmes:
        return told
    blanko = reading.blanko
    if blanko is not None and "perekaman" in programmes:
        blanko = blanko.model_copy(update={"percent_of_backlog": None})
    # A warning says its numbers behind its name.
    warnings = [f"{warning.partition(':')[0]}: the numbers are hidden" for warning in reading.warnings]
    return told.model_copy(update={"blanko": blanko, "warnings": warnings})


def shares(counts: Mapping[str, int], names: Mapping[str, str], suppression: Suppression) -> Shares:
    """Services by the values of one dimension, which have these ``names``."""
    told = suppression.table(counts)
    shown = sorted(told.shown.items(), key=lambda item: (-item[1], item[0]))
    rows = [Share(key=key, name=names[key], count=count) for key, count in shown]
    if not told.withheld:
        rows += [Share(key=key, name=names[key], count=None, suppressed=True) for key in sorted(told.hidden)]
    return Shares(rows=rows, total=told.total, suppressed=bool(told.hidden))


def days(every: Iterable[Day], suppression: Suppression) -> Days:
    """All the days of a kecamatan or desa, of ``every`` day with a change, in order.

    They are a table whose total, what was done so far, is told elsewhere; so whoever wants some of them gets some of
    these. The total by the end of a day tells what was done until then, and is hidden from the first day on that is.
    """
    known = [(day, day.change) for day in every if day.change is not None]
    told = suppression.table({day.date: change for day, change in known})
    if told.withheld:
        return Days(days=[], suppressed=True)
    since = min(told.hidden, default=date.max)
    rows = [
        day.model_copy(
            update={"change": None if day.date in told.hidden else change, "total": None, "suppressed": True}
        )
        if day.date >= since
        else day
        for day, change in known
    ]
    return Days(days=rows, suppressed=bool(told.hidden))


def way(points: tuple[Point, ...], told: Days) -> tuple[Point, ...]:
    """The points of a way by day that can be told where ``told`` is told of the days: those before the first hidden
    day, and the last, which a standing tells."""
    if not told.suppressed:
        return points
    since = min((day.date for day in told.days if day.suppressed), default=date.min)
    return tuple(point for point in points if point.on < since or point is points[-1])


def visits(services: Mapping[Visit, int], suppression: Suppression) -> frozenset[Visit]:
    """Of the services of one programme by day and place, those that are hidden: the places of a day are a table."""
    by_day: dict[date, dict[str, int]] = {}
    for (day, place), count in services.items():
        by_day.setdefault(day, {})[place] = count
    return frozenset((day, place) for day, places in by_day.items() for place in suppression.table(places).hidden)


def outreach(reports: Iterable[Outreach], hidden: Set[Visit], on: date) -> list[Outreach]:
    """The reports that yields are told of on a day: none from a place with a hidden visit among those that count."""
    known = list(reports)
    since = on - timedelta(days=OUTREACH_DAYS)
    places = {report.place for report in known if since < report.on <= on and (report.on, report.place) in hidden}
    return [report for report in known if report.place not in places]


def _count(name: str, hide: bool) -> dict[str, object]:
    return {name: None, "coverage_percent": None, "suppressed": True} if hide else {}


def _served(served: int | None, suppression: Suppression) -> dict[str, object]:
    if served is None or not suppression.small(served):
        return {}
    return {"served": None, "suppressed": True}


def _backlog(backlog: Backlog | None, suppression: Suppression, *, hide: bool) -> Backlog | None:
    if backlog is None:
        return None
    counts = {row.reason: row.count for row in backlog.reasons if row.count is not None}
    small = suppression.table(counts).hidden
    reasons = [
        ReasonCount(reason=row.reason, count=None, suppressed=True) if row.reason in small else row
        for row in backlog.reasons
    ]
    return backlog.model_copy(
        update={
            "count": None if hide else backlog.count,
            "reasons": reasons,
            "suppressed": hide or bool(small),
        }
    )
