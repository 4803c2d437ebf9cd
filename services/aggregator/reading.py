"""Answers about regions, put together from the store with the pure functions: what the API and the pages show."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property

from services.aggregator import suppressed
from services.aggregator.answers import (
    By,
    Day,
    Days,
    IkdCount,
    OutreachDay,
    PerekamanCount,
    Programmes,
    RegionReading,
    Share,
    Shares,
    WajibKtpCount,
)
from services.aggregator.book import Book, total, warnings
from services.aggregator.briefing import MOST_BEHIND, Line, Narrower, NoSuchLineError, briefing, no_such_line, on_line
from services.aggregator.claims import CheckedClaim, check
from services.aggregator.counters import Dimension, days_of, services_of
from services.aggregator.facts import Decree
from services.aggregator.figures import percent
from services.aggregator.interventions import Effect, effect
from services.aggregator.latest.overview import Overview
from services.aggregator.latest.summed import summed
from services.aggregator.pace import Policy, assess_all, required_on
from services.aggregator.rollup import roll_up
from services.aggregator.shelves import Shelf, owner_of
from services.aggregator.stock import backlog_on, stock_on
from services.aggregator.store import Store
from services.aggregator.suppressed import Visit
from services.aggregator.suppression import Suppression
from shared.briefing import Briefing
from shared.events import PROGRAMMES, Programme
from shared.events.standing import Standing
from shared.wilayah import NATION, Level, Region, children, find, kabkota_in, level_of

_NARROW = (Level.KECAMATAN, Level.DESA)


@dataclass(frozen=True)  # without slots, for the cached property
class _Shelved:
    """A region with the shelves of the kab/kota that make it up, and its own if it is wider than those."""

    region: Region
    shelves: dict[str, Shelf]

    @property
    def own(self) -> Shelf:
        return self.shelves[owner_of(self.region.code)]

    def members(self) -> dict[str, Shelf]:
        return {code: shelf for code, shelf in self.shelves.items() if level_of(code) is Level.KABKOTA}

    @property
    def wide(self) -> bool:
        return self.region.level in (Level.NATION, Level.PROVINCE)

    def parts(self) -> dict[str, Shelf]:
        """The regions that it is made of: kab/kota of a wider one, else one level down; each with its shelf."""
        return self.members() if self.wide else dict.fromkeys(children(self.region.code), self.own)

    @cached_property
    def books(self) -> dict[str, Book]:
        """The books of its parts."""
        return {part: shelf.book(part) for part, shelf in self.parts().items()}

    def book(self) -> Book:
        if self.wide:
            return total(self.books.values())
        return self.own.book(self.region.code)


class _Counts:
    """How many residents are counted in the regions on a shelf, which must have the days of all of them."""

    def __init__(self, shelf: Shelf) -> None:
        self._book = cache(shelf.book)

    def on(self, programme: Programme, day: date) -> Callable[[str], int]:
        """By the end of a day."""
        return lambda code: self._book(code).done_by(programme, day)


class Reader:
    """Reads as of a business date; ``today`` gives the present one in a region's zone. Whatever it answers is without
    the counts that ``suppression`` hides."""

    def __init__(
        self,
        store: Store,
        overview: Overview,
        *,
        policy: Policy,
        today: Callable[[str], date],
        suppression: Suppression,
    ) -> None:
        self._suppression = suppression
        self._store = store
        self._overview = overview
        self._policy = policy
        self._today = today

    async def region(self, code: str, on: date | None = None) -> RegionReading:
        """A region's counts, backlog, stock and data-quality warnings."""
        day = on or self._today(code)
        sequence = await self.sequence()
        return await self._region(await self._shelved(code), day, sequence)

    async def _region(self, shelved: _Shelved, day: date, sequence: int) -> RegionReading:
        code = shelved.region.code
        book, facts = shelved.book(), shelved.own.facts_about(code)
        served = await self._served(code, day)
        wajib_ktp = self._wajib_ktp(book, day)
        whole = wajib_ktp.count if wajib_ktp else None
        active, recorded = (book.done_by(programme, day) for programme in PROGRAMMES)
        backlog = backlog_on(book, facts, day)
        reading = RegionReading(
            code=code,
            name=shelved.region.name,
            level=shelved.region.level,
            parent=shelved.region.parent,
            on=day,
            wajib_ktp=wajib_ktp,
            programmes=Programmes(
                ikd=IkdCount(active=active, coverage_percent=percent(active, whole), served=served["ikd"]),
                perekaman=PerekamanCount(
                    recorded=recorded, coverage_percent=percent(recorded, whole), served=served["perekaman"]
                ),
            ),
            backlog=backlog,
            blanko=stock_on(facts, backlog, day),
            warnings=warnings(book, day),
            simulated=book.simulated,
            sequence=sequence,
            projection=self._store.projection,
        )
        return suppressed.region(reading, self._suppression, self._hidden(shelved, day))

    async def at_once(self, code: str) -> tuple[RegionReading, list[Standing]]:
        """What :meth:`region` and :meth:`standings` say today of a kab/kota or a narrower region at one moment."""
        day, sequence = self._today(code), await self.sequence()
        shelved = await self._shelved(code)
        rows = self._narrow(shelved, day)
        return await self._region(shelved, day, sequence), self._placed(rows, sequence)

    async def standings(
        self, code: str, programme: Programme | None = None, on: date | None = None, *, anew: bool = False
    ) -> list[Standing]:
        """One row for each target; a wider region's own targets first, then the roll-up of its kab/kota's.

        Today's of a wider region are by the last assessments of its kab/kota, which follow within a second or so what
        is projected: its days need not be read again. With ``anew`` they are, for its own targets.
        """
        if on is None and not anew and level_of(code) in (Level.NATION, Level.PROVINCE):
            return [row for row in await self._overview.standings(code) if programme in (None, row.programme)]
        day = on or self._today(code)
        sequence = await self.sequence()
        shelved = await self._shelved(code)
        if shelved.wide:
            assessed = await self._store.assessments.rows(shelved.members()) if on is None else None
            # Up to 514 regions are some seconds of arithmetic: not on the event loop.
            rows = await asyncio.to_thread(self._wide, shelved, assessed, day)
        else:
            rows = self._narrow(shelved, day)
        return self._placed((row for row in rows if programme in (None, row.programme)), sequence)

    def _placed(self, rows: Iterable[Standing], sequence: int) -> list[Standing]:
        position = {"sequence": sequence, "projection": self._store.projection}
        return [row.model_copy(update=position) for row in rows]

    def _narrow(self, shelved: _Shelved, day: date) -> list[Standing]:
        """The rows of a kab/kota or a narrower region."""
        code = shelved.region.code
        rows = assess_all(code, shelved.book(), shelved.own.facts_about(code).decrees, day, self._policy)
        return self._told(shelved.own, rows)

    def _told(self, shelf: Shelf, rows: Iterable[Standing]) -> list[Standing]:
        """Of the rows of regions on one shelf, those whose figures are not hidden: all of them follow from one
        count."""
        counts = _Counts(shelf)
        return [row for row in rows if not self._suppression.hides(row.region, counts.on(row.programme, row.judged_on))]

    def _hidden(self, shelved: _Shelved, day: date) -> frozenset[Programme]:
        """Of which programmes the count of a region is hidden."""
        counts, code = _Counts(shelved.own), shelved.region.code
        return frozenset(
            programme for programme in PROGRAMMES if self._suppression.hides(code, counts.on(programme, day))
        )

    def _wide(self, shelved: _Shelved, assessed: list[Standing] | None, day: date) -> list[Standing]:
        """Own targets and roll-up. Today's rows of the kab/kota were ``assessed`` already, those of a past day were
        not."""
        code, members = shelved.region.code, shelved.members()
        if assessed is None:
            assessed = self._within(shelved, day)
        parts = [row for row in assessed if row.region in members]
        rolled = roll_up(code, parts, len(members), day, self._policy)
        covered = {row.programme for row in rolled}
        own = assess_all(code, shelved.book(), shelved.own.facts_about(code).decrees, day, self._policy)
        return [row for row in own if row.target or row.programme not in covered] + rolled

    def _within(self, shelved: _Shelved, day: date, *, aimless: bool = False) -> list[Standing]:
        """The rows of those of its parts that have targets, or also of the ``aimless``."""
        return [
            row
            for part, shelf in shelved.parts().items()
            if (decrees := shelf.facts_about(part).decrees) or aimless
            for row in assess_all(part, shelved.books[part], decrees, day, self._policy)
        ]

    async def parts(self, code: str, on: date | None = None) -> list[Standing]:
        """The rows of every region that this one is made of: kab/kota of a wider one, else one level down; those
        without a target included, but of a wider region today only those of which something is known."""
        if on is None and level_of(code) in (Level.NATION, Level.PROVINCE):
            return (await self._overview.refresh()).rows_within(code)
        day = on or self._today(code)
        shelved = await self._shelved(code, finer=True)
        rows = await asyncio.to_thread(self._within, shelved, day, aimless=True)
        return rows if shelved.wide else await asyncio.to_thread(self._told, shelved.own, rows)

    async def decrees(self, code: str, line: Line) -> list[tuple[Decree, int | None]]:
        """Every version of a target line of the region by the day it took effect, with how many people it asked for on
        that day; ``None`` if that cannot be said."""
        shelved = await self._shelved(code)
        book = shelved.book()
        return [
            (decree, required_on(book, decree.target, decree.effective_on) if decree.target else None)
            for decree in sorted(shelved.own.facts_about(code).decrees, key=lambda decree: decree.effective_on)
            if decree.line == tuple(line)
        ]

    async def provinces(self, rows: Iterable[Standing], on: date | None = None) -> list[Standing]:
        """The standings of each province: today's by the last assessments, those of a past day as the roll-up of the
        ``rows`` of kab/kota that :meth:`parts` gives for the nation."""
        if on is None:
            view = self._overview.view
            return [row for code in children(NATION) for row in (await self._overview.seen(code, view)).standings]
        by_province: dict[str, list[Standing]] = {}
        for row in rows:
            by_province.setdefault(row.region[:2], []).append(row)
        return [
            rolled
            for code, members in by_province.items()
            for rolled in roll_up(code, members, len(kabkota_in(code)), on, self._policy)
        ]

    async def briefing(
        self, code: str, line: Line, on: date | None = None, *, most_behind: int = MOST_BEHIND
    ) -> Briefing:
        """What lies behind the region's standing on a target line, with at most ``most_behind`` of its parts.

        Raises:
            NoSuchLineError: the region has no such target on that day.
        """
        if on is None and level_of(code) in (Level.NATION, Level.PROVINCE):
            return await self._briefed_from_memory(code, line, most_behind)
        day = on or self._today(code)
        sequence = await self.sequence()
        shelved = await self._shelved(code, finer=True)
        assessed = await self._store.assessments.rows(shelved.members()) if shelved.wide and on is None else None
        services = (await self._served_at(code))[line.programme]
        # As with standings: of a wider region this is some seconds of arithmetic.
        told = await asyncio.to_thread(self._briefed, shelved, assessed, services, line, day, most_behind)
        position = {"sequence": sequence, "projection": self._store.projection}
        return told.model_copy(update={"standing": told.standing.model_copy(update=position)})

    async def _briefed_from_memory(self, code: str, line: Line, most_behind: int) -> Briefing:
        """What lies behind today's standing of a wider region, by the last assessments of its kab/kota: neither their
        days nor their rows need be read again."""
        view = await self._overview.refresh()
        seen = await self._overview.seen(code, view)
        if (standing := on_line(seen.standings, line)) is None:
            raise no_such_line(code, seen.standings, line, seen.on)
        shelves, services = await asyncio.gather(self._store.shelves.of({code}), self._served_at(code))
        facts = shelves[code].facts_about(code)
        told = services[line.programme]
        if self._suppression.active:
            visits = suppressed.visits(told, self._suppression)
            facts = replace(facts, outreach=suppressed.outreach(facts.outreach, visits, seen.on))

        def put_together() -> Briefing:
            rows = {row.region: row for row in view.rows_within(code) if on_line([row], line)}
            book = seen.book or view.book_of(code)
            rolled = standing.target is not None and standing.target.basis == "rollup"
            counted = [view.assessments[part].ledger for part, row in rows.items() if row.expected is not None]
            # A part with a standing on the line, or of a roll-up, is compared by that, and its days do not matter.
            parts = [
                Narrower(code=part, book=Book(), openings=(), standing=rows.get(part))
                if rolled or part in rows
                else Narrower(part, (ledger := view.ledger_of(part)).book(), ledger.openings(line.programme), None)
                for part in kabkota_in(code)
            ]
            everybody = len(counted) == len(parts)
            done = summed(counted) if rolled and not everybody else book
            return briefing(standing, book, facts, parts, told, seen.on, most_behind, done=done)

        return await asyncio.to_thread(put_together)

    def _briefed(
        self,
        shelved: _Shelved,
        assessed: list[Standing] | None,
        services: Mapping[Visit, int],
        line: Line,
        day: date,
        most_behind: int,
    ) -> Briefing:
        """The briefing, ``assessed`` being today's rows of a wider region's kab/kota; of any other region, and on a
        past day, the parts were not assessed already."""
        code, book, facts = shelved.region.code, shelved.book(), shelved.own.facts_about(shelved.region.code)
        within = self._within(shelved, day) if assessed is None else assessed
        if shelved.wide:
            rows = self._wide(shelved, within, day)
        else:
            rows = assess_all(code, book, facts.decrees, day, self._policy)
        if (standing := on_line(rows, line)) is None:
            raise no_such_line(code, rows, line, day)
        if not shelved.wide and not self._told(shelved.own, [standing]):
            raise NoSuchLineError(suppressed.why_hidden(code, self._suppression))
        hidden = self._hidden_parts(shelved, standing)
        targeted = {row.region: row for row in within if on_line([row], line)}
        narrower = [
            Narrower(
                code=part,
                book=shelved.books[part],
                openings=shelf.facts_about(part).baselines.get(line.programme, ()),
                standing=targeted.get(part),
            )
            if part not in hidden
            else Narrower(code=part, book=Book(), openings=(), standing=None)
            for part, shelf in shelved.parts().items()
        ]
        if self._suppression.active:
            visits = suppressed.visits(services, self._suppression)
            facts = replace(facts, outreach=suppressed.outreach(facts.outreach, visits, day))
        told = briefing(standing, book, facts, narrower, services, day, most_behind)
        if shelved.region.level in _NARROW:
            told = told.model_copy(update={"actual": suppressed.way(told.actual, self._days(shelved, line.programme))})
        return told

    def _hidden_parts(self, shelved: _Shelved, standing: Standing) -> frozenset[str]:
        """The parts of a region that are not compared, as their counts are hidden."""
        if shelved.wide or not self._suppression.active:
            return frozenset()
        counts = _Counts(shelved.own).on(standing.programme, standing.judged_on)
        return self._suppression.parts(shelved.region.code, counts)

    async def days(self, code: str, programme: Programme, first: date | None, last: date | None) -> Days:
        """Every day with a change from ``first`` to ``last``, both included, with the total by its end."""
        told = self._days(await self._shelved(code), programme)
        days = [day for day in told.days if (first is None or first <= day.date) and (last is None or day.date <= last)]
        return Days(days=days, suppressed=told.suppressed)

    async def daily(self, code: str, programme: Programme, first: date | None, last: date | None) -> list[Day]:
        """The days of :meth:`days`, for who draws or lists them."""
        return (await self.days(code, programme, first, last)).days

    def _days(self, shelved: _Shelved, programme: Programme) -> Days:
        """All days with a change."""
        code, book = shelved.region.code, shelved.book()
        if programme in self._hidden(shelved, self._today(code)):
            return Days(days=[], suppressed=True)
        changes: Counter[date] = Counter()
        if shelved.wide:
            for member, shelf in shelved.members().items():
                changes.update(days_of(shelf.counters, member, programme))
        else:
            changes.update(days_of(shelved.own.counters, code, programme))
        every = [
            Day(date=day, change=change, total=book.done_by(programme, day))
            for day, change in sorted(changes.items())
            if change
        ]
        narrow = shelved.region.level in _NARROW
        return suppressed.days(every, self._suppression) if narrow else Days(days=every)

    async def shares(self, code: str, programme: Programme, by: By, first: date | None, last: date | None) -> Shares:
        """Services along one dimension, most first. Kept for kab/kota; wider regions are their sum.

        Raises:
            ValueError: the region is narrower than a kab/kota.
        """
        counts = await self._services(kabkota_in(code), programme, by, first, last)
        named = by in ("service_region", "home_region")
        return suppressed.shares(counts, {key: find(key).name if named else key for key in counts}, self._suppression)

    async def breakdown(
        self, code: str, programme: Programme, by: By, first: date | None, last: date | None
    ) -> list[Share]:
        """The rows of :meth:`shares`, for who draws or lists them."""
        return (await self.shares(code, programme, by, first, last)).rows

    async def claims(self, code: str) -> list[CheckedClaim]:
        """Every published figure about the region, checked, newest first; none of a day when its count is hidden."""
        shelved = await self._shelved(code)
        book, facts, counts = shelved.book(), shelved.own.facts_about(code), _Counts(shelved.own)
        return [
            check(claim, book, facts.decrees)
            for claim in reversed(facts.claims)
            if not self._suppression.hides(code, counts.on(claim.programme, claim.as_of))
        ]

    async def interventions(self, code: str, on: date | None = None) -> list[Effect]:
        """Every intervention announced for the region with its rates, newest first; where its count is hidden, none."""
        day = on or self._today(code)
        shelved = await self._shelved(code)
        book, hidden = shelved.book(), self._hidden(shelved, day)
        return [
            effect(code, item, book, day)
            for item in reversed(shelved.own.facts_about(code).interventions)
            if item.programme not in hidden
        ]

    async def outreach(self, code: str) -> list[OutreachDay]:
        """Every outreach day reported for the region, newest first; services of both programmes that day and place."""
        shelved = await self._shelved(code)
        served = await self._served_at(code)
        hidden = frozenset(visit for done in served.values() for visit in suppressed.visits(done, self._suppression))
        return [
            OutreachDay(
                on=day.on,
                channel=day.channel,
                place=day.place,
                applicants=day.applicants,
                services=None if visit in hidden else sum(done[visit] for done in served.values()),
                suppressed=visit in hidden,
            )
            for day in sorted(shelved.own.facts_about(code).outreach, key=lambda day: (day.on, day.place), reverse=True)
            for visit in [(day.on, day.place)]
        ]

    @property
    def smallest(self) -> int:
        """Counts below this are hidden; 0 hides none."""
        return self._suppression.smallest

    @property
    def projection(self) -> int:
        """The number of the projection that is read."""
        return self._store.projection

    async def sequence(self) -> int:
        """The highest EVENTS sequence that what is read afterwards reflects."""
        return await self._store.sequence()

    async def _served(self, code: str, day: date) -> dict[Programme, int]:
        if level_of(code) in _NARROW:
            return dict.fromkeys(PROGRAMMES, 0)
        documents = await self._store.shelves.services(kabkota_in(code))
        return {
            programme: sum(count for _, on, count in services_of(documents, programme, "channel") if on <= day)
            for programme in PROGRAMMES
        }

    async def _served_at(self, code: str) -> dict[Programme, Counter[Visit]]:
        """Services by day and place of the kab/kota that the region is or lies in."""
        documents = await self._store.shelves.services([owner_of(code)])
        served: dict[Programme, Counter[Visit]] = {programme: Counter() for programme in PROGRAMMES}
        for programme, done in served.items():
            for place, day, count in services_of(documents, programme, "place"):
                done[day, place] += count
        return served

    async def _services(
        self, kabkota: tuple[str, ...], programme: Programme, by: Dimension, first: date | None, last: date | None
    ) -> Counter[str]:
        counts: Counter[str] = Counter()
        for key, day, count in services_of(await self._store.shelves.services(kabkota), programme, by):
            if (first is None or first <= day) and (last is None or day <= last):
                counts[key] += count
        return counts

    async def _shelved(self, code: str, *, finer: bool = False) -> _Shelved:
        region = find(code)
        if region.level in (Level.NATION, Level.PROVINCE):
            return _Shelved(region, await self._store.shelves.of({code, *kabkota_in(code)}))
        owner = owner_of(code)
        return _Shelved(region, await self._store.shelves.of({owner}, finer=finer or region.level is not Level.KABKOTA))

    @staticmethod
    def _wajib_ktp(book: Book, day: date) -> WajibKtpCount | None:
        books = book.members or (book,)
        reports = [report for member in books if (report := member.wajib_ktp.on(day))]
        if not reports:
            return None
        return WajibKtpCount(
            count=sum(report.count for report in reports), as_of=min(report.as_of for report in reports)
        )
