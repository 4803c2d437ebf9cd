"""Answers about regions, put together from the store with the pure functions: what the API and the pages show."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from services.aggregator.answers import (
    By,
    Day,
    IkdCount,
    OutreachDay,
    PerekamanCount,
    Programmes,
    RegionReading,
    Share,
    WajibKtpCount,
)
from services.aggregator.book import Book, total, warnings
from services.aggregator.briefing import Line, Narrower, briefing, no_such_line, on_line
from services.aggregator.claims import CheckedClaim, check
from services.aggregator.counters import Dimension, days_of, services_of
from services.aggregator.figures import percent
from services.aggregator.interventions import Effect, effect
from services.aggregator.pace import Policy, assess_all
from services.aggregator.rollup import roll_up
from services.aggregator.stock import backlog_on, stock_on
from services.aggregator.store import Shelf, Store, owner_of
from shared.briefing import Briefing
from shared.events import PROGRAMMES, Programme
from shared.events.standing import Standing
from shared.wilayah import Level, Region, children, find, kabkota_in, level_of


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


class Reader:
    """Reads as of a business date; ``today`` gives the present one in a region's zone."""

    def __init__(self, store: Store, *, policy: Policy, today: Callable[[str], date]) -> None:
        self._store = store
        self._policy = policy
        self._today = today

    async def region(self, code: str, on: date | None = None) -> RegionReading:
        """A region's counts, backlog, stock and data-quality warnings."""
        day = on or self._today(code)
        sequence = await self.sequence()
        shelved = await self._shelved(code)
        book, facts = shelved.book(), shelved.own.facts_about(code)
        served = await self._served(code, day)
        wajib_ktp = self._wajib_ktp(book, day)
        whole = wajib_ktp.count if wajib_ktp else None
        active, recorded = (book.done_by(programme, day) for programme in PROGRAMMES)
        backlog = backlog_on(book, facts, day)
        return RegionReading(
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

    async def standings(self, code: str, programme: Programme | None = None, on: date | None = None) -> list[Standing]:
        """One row for each target; a wider region's own targets first, then the roll-up of its kab/kota's."""
        day = on or self._today(code)
        sequence = await self.sequence()
        shelved = await self._shelved(code)
        if shelved.wide:
            assessed = await self._store.assessed(shelved.members()) if on is None else None
            # Up to 514 regions are some seconds of arithmetic: not on the event loop.
            rows = await asyncio.to_thread(self._wide, shelved, assessed, day)
        else:
            decrees = shelved.own.facts_about(code).decrees
            rows = assess_all(code, shelved.book(), decrees, day, self._policy)
        return [
            row.model_copy(update={"sequence": sequence, "projection": self._store.projection})
            for row in rows
            if programme in (None, row.programme)
        ]

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

    def _within(self, shelved: _Shelved, day: date) -> list[Standing]:
        """The rows of those of its parts that have targets."""
        return [
            row
            for part, shelf in shelved.parts().items()
            if (decrees := shelf.facts_about(part).decrees)
            for row in assess_all(part, shelved.books[part], decrees, day, self._policy)
        ]

    async def briefing(self, code: str, line: Line, on: date | None = None) -> Briefing:
        """What lies behind the region's standing on a target line.

        Raises:
            NoSuchLineError: the region has no such target on that day.
        """
        day = on or self._today(code)
        sequence = await self.sequence()
        shelved = await self._shelved(code, finer=True)
        assessed = await self._store.assessed(shelved.members()) if shelved.wide and on is None else None
        services = await self._served_at(code, [line.programme])
        # As with standings: of a wider region this is some seconds of arithmetic.
        told = await asyncio.to_thread(self._briefed, shelved, assessed, services, line, day)
        position = {"sequence": sequence, "projection": self._store.projection}
        return told.model_copy(update={"standing": told.standing.model_copy(update=position)})

    def _briefed(
        self,
        shelved: _Shelved,
        assessed: list[Standing] | None,
        services: Mapping[tuple[date, str], int],
        line: Line,
        day: date,
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
        targeted = {row.region: row for row in within if on_line([row], line)}
        narrower = [
            Narrower(
                code=part,
                book=shelved.books[part],
                openings=shelf.facts_about(part).baselines.get(line.programme, ()),
                standing=targeted.get(part),
            )
            for part, shelf in shelved.parts().items()
        ]
        return briefing(standing, book, facts, narrower, services, day)

    async def daily(self, code: str, programme: Programme, first: date | None, last: date | None) -> list[Day]:
        """Every day with a change from ``first`` to ``last``, both included, with the total by its end."""
        shelved = await self._shelved(code)
        changes: Counter[date] = Counter()
        if shelved.wide:
            for member, shelf in shelved.members().items():
                changes.update(days_of(shelf.counters, member, programme))
        else:
            changes.update(days_of(shelved.own.counters, code, programme))
        book = shelved.book()
        return [
            Day(date=day, change=change, total=book.done_by(programme, day))
            for day, change in sorted(changes.items())
            if change and (first is None or first <= day) and (last is None or day <= last)
        ]

    async def breakdown(
        self, code: str, programme: Programme, by: By, first: date | None, last: date | None
    ) -> list[Share]:
        """Services along one dimension, most first. Kept for kab/kota; wider regions are their sum.

        Raises:
            ValueError: the region is narrower than a kab/kota.
        """
        counts = await self._services(kabkota_in(code), programme, by, first, last)
        named = by in ("service_region", "home_region")
        return [
            Share(key=key, name=find(key).name if named else key, count=count)
            for key, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        ]

    async def claims(self, code: str) -> list[CheckedClaim]:
        """Every published figure about the region, checked, newest first."""
        shelved = await self._shelved(code)
        book, facts = shelved.book(), shelved.own.facts_about(code)
        return [check(claim, book, facts.decrees) for claim in reversed(facts.claims)]

    async def interventions(self, code: str, on: date | None = None) -> list[Effect]:
        """Every intervention announced for the region with its rates, newest first."""
        day = on or self._today(code)
        shelved = await self._shelved(code)
        book = shelved.book()
        return [effect(code, item, book, day) for item in reversed(shelved.own.facts_about(code).interventions)]

    async def outreach(self, code: str) -> list[OutreachDay]:
        """Every outreach day reported for the region, newest first; services of both programmes that day and place."""
        shelved = await self._shelved(code)
        done = await self._served_at(code, PROGRAMMES)
        return [
            OutreachDay(
                on=day.on,
                channel=day.channel,
                place=day.place,
                applicants=day.applicants,
                services=done[day.on, day.place],
            )
            for day in sorted(shelved.own.facts_about(code).outreach, key=lambda day: (day.on, day.place), reverse=True)
        ]

    @property
    def projection(self) -> int:
        """The number of the projection that is read."""
        return self._store.projection

    async def sequence(self) -> int:
        """The highest EVENTS sequence that what is read afterwards reflects."""
        return max((await self._store.checkpoints()).values(), default=0)

    async def _served(self, code: str, day: date) -> dict[Programme, int]:
        if level_of(code) in (Level.KECAMATAN, Level.DESA):
            return dict.fromkeys(PROGRAMMES, 0)
        documents = await self._store.services(kabkota_in(code))
        return {
            programme: sum(count for _, on, count in services_of(documents, programme, "channel") if on <= day)
            for programme in PROGRAMMES
        }

    async def _served_at(self, code: str, programmes: Iterable[Programme]) -> Counter[tuple[date, str]]:
        """Services by day and place of the kab/kota that the region is or lies in."""
        done: Counter[tuple[date, str]] = Counter()
        documents = await self._store.services([owner_of(code)])
        for programme in programmes:
            for place, day, count in services_of(documents, programme, "place"):
                done[day, place] += count
        return done

    async def _services(
        self, kabkota: tuple[str, ...], programme: Programme, by: Dimension, first: date | None, last: date | None
    ) -> Counter[str]:
        counts: Counter[str] = Counter()
        for key, day, count in services_of(await self._store.services(kabkota), programme, by):
            if (first is None or first <= day) and (last is None or day <= last):
                counts[key] += count
        return counts

    async def _shelved(self, code: str, *, finer: bool = False) -> _Shelved:
        region = find(code)
        if region.level in (Level.NATION, Level.PROVINCE):
            return _Shelved(region, await self._store.shelves({code, *kabkota_in(code)}))
        owner = owner_of(code)
        return _Shelved(region, await self._store.shelves({owner}, finer=finer or region.level is not Level.KABKOTA))

    @staticmethod
    def _wajib_ktp(book: Book, day: date) -> WajibKtpCount | None:
        books = book.members or (book,)
        reports = [report for member in books if (report := member.wajib_ktp.on(day))]
        if not reports:
            return None
        return WajibKtpCount(
            count=sum(report.count for report in reports), as_of=min(report.as_of for report in reports)
        )
