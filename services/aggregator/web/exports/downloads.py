"""Tables as files: what the reader answers to the same address as the page, as CSV or XLSX."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, datetime
from typing import Literal, NamedTuple

from starlette.responses import Response

from services.aggregator.web.access.visitor import visitor_of
from services.aggregator.web.exports import contents
from services.aggregator.web.exports.about import Asked, Subject, about
from services.aggregator.web.exports.delimited import as_csv
from services.aggregator.web.exports.naming import file_name
from services.aggregator.web.exports.sheet import Sheet
from services.aggregator.web.exports.workbook import as_xlsx
from services.aggregator.web.pages import tables
from services.aggregator.web.pages.regions import DAYS_SHOWN, NARROW, SERVICES
from services.aggregator.web.pages.shell import Stamp
from services.aggregator.web.pages.visit import NotThereError, Visit
from shared.wilayah import Region, zone_of
from shared.wording import Wording, wording_in

Kind = Literal["csv", "xlsx"]
KINDS: tuple[Kind, ...] = ("csv", "xlsx")
_TYPES: dict[Kind, str] = {
    "csv": "text/csv; charset=utf-8; header=present",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_LONGEST_ADDRESS = 1000
Clock = Callable[[], datetime]


class Span(NamedTuple):
    """The days asked for, both included; ``None`` leaves it to what is usual."""

    first: date | None = None
    last: date | None = None


async def table(visit: Visit, region: Region, kind: Kind, clock: Clock) -> Response:
    """The table of regions on the region's page: the same rows in the same order."""
    code, day = region.code, visit.day(region.code)
    stamp = await _stamp(visit)
    rows = tables.principal(await visit.reader.standings.parts(code, visit.on), visit.programme, day)
    # Searched and sorted by the page's own view, so that the file cannot differ from it.
    shown = tables.regions(rows, await visit.shell(code), "").rows
    by_code = {row.region: row for row in rows}
    sheet = contents.of_regions((by_code[row.code] for row in shown), visit.say, _words(visit))
    return await _file(visit, Subject("table", region, visit.programme, day), sheet, stamp, kind, clock)


async def days(visit: Visit, region: Region, span: Span, kind: Kind, clock: Clock) -> Response:
    """The region's days, up to the day of the page if no other is given."""
    day = visit.day(region.code)
    last = span.last or day
    stamp = await _stamp(visit)
    found = await visit.reader.work.daily(region.code, visit.programme, span.first, last)
    subject = Subject("days", region, visit.programme, day, span.first, last)
    return await _file(visit, subject, contents.of_days(found, _words(visit)), stamp, kind, clock)


async def services(visit: Visit, region: Region, span: Span, kind: Kind, clock: Clock) -> Response:
    """The breakdowns on the region's page, of the same 90 days if no others are given.

    Raises:
        NotThereError: they are kept for kab/kota and wider regions only.
    """
    if region.level in NARROW:
        raise NotThereError("missing.page")
    day = visit.day(region.code)
    last = span.last or day
    first = span.first or last - DAYS_SHOWN
    stamp = await _stamp(visit)
    shares = await asyncio.gather(
        *(visit.reader.work.breakdown(region.code, visit.programme, by, first, last) for by in SERVICES)
    )
    sheet = contents.of_services(dict(zip(SERVICES, shares, strict=True)), visit.say, _words(visit))
    return await _file(visit, Subject("services", region, visit.programme, day, first, last), sheet, stamp, kind, clock)


async def _file(visit: Visit, subject: Subject, sheet: Sheet, stamp: Stamp, kind: Kind, clock: Clock) -> Response:
    if kind == "csv":
        content = await asyncio.to_thread(as_csv, sheet)
    else:
        code, request = subject.region.code, visit.request
        standings, reading = await asyncio.gather(
            visit.reader.standings.of(code, subject.programme, visit.on), visit.reader.regions.of(code, visit.on)
        )
        made = clock().astimezone(zone_of(code))
        address = f"{request.url.path}?{request.url.query}".rstrip("?")[:_LONGEST_ADDRESS]
        asked = Asked(address, visitor_of(request).regions, made)
        said = about(subject, stamp, standings, asked, visit.say, _words(visit), simulated=reading.simulated)
        content = await asyncio.to_thread(as_xlsx, sheet, said, made, visit.say.language)
    what = () if subject.content == "table" else (subject.content,)
    named = file_name((subject.region.code, subject.programme, *what), subject.day, kind)
    return Response(
        content,
        media_type=_TYPES[kind],
        headers={
            "Content-Disposition": f'attachment; filename="{named}"',
            "Cache-Control": "no-cache",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Cookie",
        },
    )


async def _stamp(visit: Visit) -> Stamp:
    """Taken before the figures are read: they reflect at least that much."""
    return Stamp(await visit.reader.sequence(), visit.generation.number)


def _words(visit: Visit) -> Wording:
    return wording_in("services.aggregator.web.exports", visit.say.language)
