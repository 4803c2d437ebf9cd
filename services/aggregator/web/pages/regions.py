"""The page of a region: its standings, what was done, and where its parts are."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import date, timedelta

from starlette.responses import Response

from services.aggregator.answers import By
from services.aggregator.briefing import Line, NoSuchLineError
from services.aggregator.web.pages import drawings, tables, wide
from services.aggregator.web.pages.cards import card
from services.aggregator.web.pages.drawings import Drawn, Section
from services.aggregator.web.pages.rendering import rendered
from services.aggregator.web.pages.shell import Shell
from services.aggregator.web.pages.visit import Visit
from shared.events import PROGRAMMES
from shared.events.standing import Standing
from shared.wilayah import Level, Region

DAYS_SHOWN = timedelta(days=90)
_AVERAGED = timedelta(days=28)
NARROW = (Level.KECAMATAN, Level.DESA)
SERVICES: tuple[By, ...] = ("channel", "place", "service_region", "home_region")


async def page(visit: Visit, region: Region) -> Response:
    """The page of a region of any level."""
    if region.level in (Level.NATION, Level.PROVINCE):
        return await _wider(visit, region)
    return await _nearer(visit, region)


async def _wider(visit: Visit, region: Region) -> Response:
    """The nation or a province: its own standings, the map, who moved, and the table of all."""
    code, day = region.code, visit.day(region.code)
    standings, rows = await asyncio.gather(
        visit.reader.standings.of(code, None, visit.on), visit.reader.standings.parts(code, visit.on)
    )
    shell = await visit.shell(code)
    shown = tables.principal(rows, visit.programme, day)
    provinces = await visit.reader.standings.provinces(rows, visit.on) if region.level is Level.NATION else []
    tiles = wide.tiled(tables.principal(provinces, visit.programme, day), shell)
    caption = visit.say("table.caption", programme=visit.say(f"programme.{visit.programme}"), day=visit.say.day(day))
    return rendered(
        "wide.html",
        shell,
        title=region.name,
        region=region,
        day=day,
        simulated=any(row.simulated for row in standings),
        cards=await _cards(visit, [row for row in standings if row.programme == visit.programme], shell, code),
        tiles=tiles if provinces else (),
        extent=wide.extent(),
        size=wide.SIZE,
        tally=wide.tally(shown),
        movers=wide.movers(shown, shell),
        table=tables.regions(shown, shell, caption),
        programmes=PROGRAMMES,
        programme=visit.programme,
        live=_live(visit, code),
    )


async def _nearer(visit: Visit, region: Region) -> Response:
    """A kab/kota, or what lies in it."""
    code, day = region.code, visit.day(region.code)
    reader = visit.reader
    reading, standings, rows = await asyncio.gather(
        reader.regions.of(code, visit.on),
        reader.standings.of(code, None, visit.on),
        reader.standings.parts(code, visit.on),
    )
    shell = await visit.shell(code)
    shown = tables.principal(rows, visit.programme, day)
    caption = visit.say("table.caption", programme=visit.say(f"programme.{visit.programme}"), day=visit.say.day(day))
    return rendered(
        "region.html",
        shell,
        title=region.name,
        region=region,
        reading=reading,
        day=day,
        simulated=reading.simulated,
        cards=await _cards(visit, standings, shell, code),
        drawn=await _work(visit, region, day, standings),
        table=tables.regions(shown, shell, caption) if shown else None,
        programmes=PROGRAMMES,
        programme=visit.programme,
        live=_live(visit, code),
    )


async def _work(visit: Visit, region: Region, day: date, standings: Iterable[Standing]) -> list[Drawn]:
    """What was done day by day, and by which way, of the programme chosen."""
    code, programme, reader = region.code, visit.programme, visit.reader
    first = day - DAYS_SHOWN
    needed = next((row.required_rate for row in standings if row.programme == programme and row.target), None)
    days = await reader.work.daily(code, programme, first - _AVERAGED, day)
    title = visit.say("chart.daily", programme=visit.say(f"programme.{programme}"))
    drawn = [drawings.daily(days, title, needed, visit.say)]
    if region.level in NARROW:
        return drawn
    by_channel, by_place, elsewhere, here = await asyncio.gather(
        *(reader.work.breakdown(code, programme, by, first, day) for by in SERVICES)
    )
    drawn += [
        drawings.shares(rows, visit.say(f"chart.{by}"), by, visit.say)
        for by, rows in (("channel", by_channel), ("place", by_place))
        if rows
    ]
    if elsewhere or here:
        drawn.append(drawings.flows(code, region.name, elsewhere, here, visit.say))
    return drawn


async def _cards(visit: Visit, standings: Iterable[Standing], shell: Shell, code: str) -> list[Section]:
    """The cards of a region with what lies behind them: of its targets, else of what is done without one."""
    found = []
    for standing in standings:
        if standing.target is None or standing.expected is None:
            found.append(Section(card(standing, shell)))
            continue
        line = Line(standing.programme, standing.target.authority, standing.target.due_on)
        # Card and chart are of one moment: the one at which what lies behind was read.
        try:
            told = await visit.reader.briefings.of(code, line, visit.on)
        except NoSuchLineError:  # it was withdrawn since
            continue
        found.append(Section(card(told.standing, shell), drawings.burn_up(told, visit.say), told))
    return found


def _live(visit: Visit, code: str) -> str:
    """Where the page hears of changes; a past day has none."""
    return "" if visit.on else f"/regions/{code}/live?lang={visit.say.language}&programme={visit.programme}"
