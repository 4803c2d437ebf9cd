"""What a report is made of, as the reader answers it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from services.aggregator.answers import Days, RegionReading, Share
from services.aggregator.briefing import Line, NoSuchLineError
from services.aggregator.interventions import Effect
from services.aggregator.reading.reader import Reader
from services.aggregator.web.pages import tables, wide
from services.aggregator.web.pages.regions import DAYS_SHOWN
from shared.briefing import Briefing
from shared.events import Programme
from shared.events.standing import Standing
from shared.wilayah import Level, Region

_MOST_PARTS = 8
_MOST_ROWS = 3
_AVERAGED = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Gathered:
    """``standings`` are the lines in force, gravest first; none where all counts are hidden. ``told`` lies behind the
    first of them, if it has a line to be measured against. Without that there are ``days`` (of 28 days more than are
    drawn), the ``lowest`` parts by coverage, ``places`` by services and the last interventions as ``effects`` instead.
    ``tally`` is how many parts of a wider region have which status. All of that is about ``programme``."""

    region: Region
    day: date
    reading: RegionReading
    programme: Programme
    standings: tuple[Standing, ...]
    told: Briefing | None
    tally: Mapping[str, int]
    days: Days | None = None
    lowest: tuple[Standing, ...] = ()
    places: tuple[Share, ...] = ()
    effects: tuple[Effect, ...] = ()


async def gathered(reader: Reader, region: Region, programme: Programme | None, on: date | None, day: date) -> Gathered:
    """All of it as of ``on``, or of today, which is ``day`` in either case. Both programmes if none is named."""
    code = region.code
    reading, standings = await asyncio.gather(reader.regions.of(code, on), reader.standings.of(code, programme, on))
    shown = in_force(standings, day)
    leads = shown[0].programme if shown else programme or "ikd"
    told = await _told(reader, shown[0], on) if shown else None
    wider = region.level in (Level.NATION, Level.PROVINCE)
    parts = tables.principal(await reader.standings.parts(code, on), leads, day) if wider or told is None else []
    tally = wide.tally(parts) if wider else {}
    if told is not None:
        return Gathered(region, day, reading, leads, led_by(told.standing, shown), told, tally)
    begin = day - DAYS_SHOWN
    days, effects = await asyncio.gather(
        reader.work.days(code, leads, begin - _AVERAGED, day), reader.reported.interventions(code, on)
    )
    places = await reader.work.breakdown(code, leads, "place", begin, day) if region.level is Level.KABKOTA else []
    return Gathered(
        region,
        day,
        reading,
        leads,
        shown,
        None,
        tally,
        days=days,
        lowest=lowest(parts),
        places=tuple(places[:_MOST_ROWS]),
        effects=tuple(effect for effect in effects if effect.programme == leads)[:_MOST_ROWS],
    )


def in_force(standings: list[Standing], day: date) -> tuple[Standing, ...]:
    """Those whose term is not over, gravest first; of a programme of which all are over, these. A programme without a
    target comes last."""
    running = [row for row in standings if row.target is None or row.target.due_on >= day]
    programmes = {row.programme for row in running}
    found = running + [row for row in standings if row.programme not in programmes]
    return tuple(sorted(found, key=lambda row: (row.target is None, tables.gravity(row))))


def led_by(first: Standing, shown: Iterable[Standing]) -> tuple[Standing, ...]:
    """The standing that the chart is of, which may be some events ahead, or a wider region's own where the roll-up on
    the same line is graver; then all others."""
    lines = {row.target.id if row.target else row.programme: row for row in shown}
    if first.target is not None:
        lines.pop(first.target.id, None)
    return (first, *lines.values())


def lowest(parts: list[Standing]) -> tuple[Standing, ...]:
    """The eight with the lowest coverage of those whose coverage is known."""
    known = [(row.coverage_percent, row.name, row) for row in parts if row.coverage_percent is not None]
    return tuple(row for _, _, row in sorted(known, key=lambda found: found[:2])[:_MOST_PARTS])


async def _told(reader: Reader, first: Standing, on: date | None) -> Briefing | None:
    if first.target is None or first.expected is None:
        return None
    line = Line(first.programme, first.target.authority, first.target.due_on)
    try:
        return await reader.briefings.of(first.region, line, on, most_behind=_MOST_PARTS)
    except NoSuchLineError:
        return None  # withdrawn or hidden since the standings were read
