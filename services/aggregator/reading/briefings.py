"""What lies behind a region's standing on a target line."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Set
from dataclasses import replace
from datetime import date

from services.aggregator.book import Book
from services.aggregator.briefing import MOST_BEHIND, Line, Narrower, NoSuchLineError, briefing, no_such_line, on_line
from services.aggregator.facts import RegionFacts
from services.aggregator.latest.overview import Seen
from services.aggregator.latest.summed import summed
from services.aggregator.latest.view import View
from services.aggregator.reading import suppressed
from services.aggregator.reading.rows import own_rows, rows_within, wide_rows
from services.aggregator.reading.served import served_at
from services.aggregator.reading.shelved import Shelved, is_narrow, is_wide
from services.aggregator.reading.source import Source
from services.aggregator.reading.suppressed import Visit
from services.aggregator.reading.work import told_days
from services.aggregator.suppression import Suppression
from shared.briefing import Briefing
from shared.events.standing import Standing
from shared.wilayah import kabkota_in

Services = Mapping[Visit, int]


class Briefings:
    """Of a business date, or of today if none is asked for."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def of(self, code: str, line: Line, on: date | None = None, *, most_behind: int = MOST_BEHIND) -> Briefing:
        """What lies behind the region's standing on the line, with at most ``most_behind`` of its parts.

        Raises:
            NoSuchLineError: the region has no such target on that day.
        """
        if on is None and is_wide(code):
            return await self._from_memory(code, line, most_behind)
        return await self._from_shelves(code, line, on or self._source.today(code), most_behind)

    async def _from_memory(self, code: str, line: Line, most_behind: int) -> Briefing:
        """Of a wider region today, by the last assessments of its kab/kota: neither their days nor their rows need be
        read again."""
        view = await self._source.overview.refresh()
        seen = await self._source.overview.seen(code, view)
        if (standing := on_line(seen.standings, line)) is None:
            raise no_such_line(code, seen.standings, line, seen.on)
        shelves = self._source.shelves
        found, served = await asyncio.gather(shelves.of({code}), served_at(shelves, code))
        services = served[line.programme]
        facts = _told_facts(found[code].facts_about(code), services, seen.on, self._source.suppression)
        return await asyncio.to_thread(_remembered, line, standing, seen, view, facts, services, most_behind)

    async def _from_shelves(self, code: str, line: Line, day: date, most_behind: int) -> Briefing:
        sequence = await self._source.store.sequence()
        shelved = await self._source.shelved(code, finer=True)
        services = (await served_at(self._source.shelves, code))[line.programme]
        # As with standings: of a wider region this is some seconds of arithmetic.
        told = await asyncio.to_thread(self._counted, shelved, services, line, day, most_behind)
        (standing,) = self._source.placed([told.standing], sequence)
        return told.model_copy(update={"standing": standing})

    def _counted(self, shelved: Shelved, services: Services, line: Line, day: date, most_behind: int) -> Briefing:
        code, policy, suppression = shelved.region.code, self._source.policy, self._source.suppression
        within = rows_within(shelved, day, policy)
        rows = wide_rows(shelved, within, day, policy) if shelved.wide else own_rows(shelved, day, policy)
        if (standing := on_line(rows, line)) is None:
            raise no_such_line(code, rows, line, day)
        if not shelved.wide and standing not in shelved.hidden.told(rows):
            raise NoSuchLineError(suppressed.why_hidden(code, suppression))
        facts = _told_facts(shelved.facts, services, day, suppression)
        parts = _parts(shelved, standing, within, line)
        told = briefing(standing, shelved.book, facts, parts, services, day, most_behind)
        if is_narrow(code):
            days = told_days(shelved, line.programme, self._source.today(code))
            told = told.model_copy(update={"actual": suppressed.way(told.actual, days)})
        return told


def _parts(shelved: Shelved, standing: Standing, within: Iterable[Standing], line: Line) -> list[Narrower]:
    """The parts, with their rows ``within``; of those whose counts are hidden nothing is known."""
    code, programme = shelved.region.code, line.programme
    targeted = {row.region: row for row in within if on_line([row], line)}
    hidden: Set[str] = frozenset()
    if not shelved.wide:
        told = {row.region for row in shelved.hidden.told(within) if row.programme == programme}
        hidden = shelved.hidden.parts(code, programme, standing.judged_on) | (targeted.keys() - told)
    return [
        Narrower(part, shelved.books[part], shelf.facts_about(part).baselines.get(programme, ()), targeted.get(part))
        if part not in hidden
        else Narrower(part, Book(), (), None)
        for part, shelf in shelved.parts().items()
    ]


def _remembered(
    line: Line, standing: Standing, seen: Seen, view: View, facts: RegionFacts, services: Services, most_behind: int
) -> Briefing:
    rows = {row.region: row for row in view.rows_within(seen.code) if on_line([row], line)}
    book = seen.book or view.book_of(seen.code)
    rolled = standing.target is not None and standing.target.basis == "rollup"
    counted = [view.assessments[part].ledger for part, row in rows.items() if row.expected is not None]
    # A part with a standing on the line, or of a roll-up, is compared by that, and its days do not matter.
    parts = [
        Narrower(part, Book(), (), rows.get(part))
        if rolled or part in rows
        else Narrower(part, (ledger := view.ledger_of(part)).book(), ledger.openings(line.programme), None)
        for part in kabkota_in(seen.code)
    ]
    everybody = len(counted) == len(parts)
    done = summed(counted) if rolled and not everybody else book
    return briefing(standing, book, facts, parts, services, seen.on, most_behind, done=done)


def _told_facts(facts: RegionFacts, services: Services, day: date, suppression: Suppression) -> RegionFacts:
    """Without the outreach to places of which services are hidden."""
    if not suppression.active:
        return facts
    visits = suppressed.visits(services, suppression)
    return replace(facts, outreach=suppressed.outreach(facts.outreach, visits, day))
