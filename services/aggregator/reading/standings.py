"""Standings: of a region, of those that it is made of, and by which decrees."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import date

from services.aggregator.briefing import Line
from services.aggregator.facts import Decree
from services.aggregator.pace import required_on
from services.aggregator.reading.rows import rows_within, told_rows, wide_rows
from services.aggregator.reading.shelved import Shelved, is_wide
from services.aggregator.reading.source import Source
from services.aggregator.rollup import roll_up
from shared.events import Programme
from shared.events.standing import Standing
from shared.wilayah import NATION, children, kabkota_in


class Standings:
    """Of a business date, or of today if none is asked for.

    Today's of a wider region are by the last assessments of its kab/kota, which follow within a second or so what is
    projected: its days need not be read again.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    async def of(
        self, code: str, programme: Programme | None = None, on: date | None = None, *, anew: bool = False
    ) -> list[Standing]:
        """One row for each target; a wider region's own targets first, then the roll-up of its kab/kota's. With
        ``anew`` the days of a wider region are read again, for its own targets."""
        if on is None and not anew and is_wide(code):
            found = await self._source.overview.standings(code)
            return [row for row in found if programme in (None, row.programme)]
        day = on or self._source.today(code)
        sequence = await self._source.store.sequence()
        rows = await self._counted(await self._source.shelved(code), day, past=on is not None)
        return self._source.placed((row for row in rows if programme in (None, row.programme)), sequence)

    async def _counted(self, shelved: Shelved, day: date, *, past: bool) -> list[Standing]:
        policy = self._source.policy
        if not shelved.wide:
            return told_rows(shelved, day, policy)
        # Today's rows of the kab/kota were assessed already, those of a past day were not.
        known = None if past else await self._source.store.assessments.rows(shelved.members())

        def counted() -> list[Standing]:
            return wide_rows(shelved, rows_within(shelved, day, policy) if known is None else known, day, policy)

        # Up to 514 regions are some seconds of arithmetic: not on the event loop.
        return await asyncio.to_thread(counted)

    async def parts(self, code: str, on: date | None = None) -> list[Standing]:
        """The rows of every region that this one is made of: kab/kota of a wider one, else one level down; those
        without a target included, but of a wider region today only those of which something is known."""
        if on is None and is_wide(code):
            return (await self._source.overview.refresh()).rows_within(code)
        day = on or self._source.today(code)
        shelved = await self._source.shelved(code, finer=True)

        def told() -> list[Standing]:
            rows = rows_within(shelved, day, self._source.policy, aimless=True)
            return rows if shelved.wide else shelved.hidden.told(rows)

        return await asyncio.to_thread(told)

    async def provinces(self, rows: Iterable[Standing], on: date | None = None) -> list[Standing]:
        """The standings of each province: today's by the last assessments, those of a past day as the roll-up of the
        ``rows`` of kab/kota that :meth:`parts` gives for the nation."""
        if on is None:
            overview = self._source.overview
            view = overview.view
            return [row for code in children(NATION) for row in (await overview.seen(code, view)).standings]
        by_province: dict[str, list[Standing]] = {}
        for row in rows:
            by_province.setdefault(row.region[:2], []).append(row)
        return [
            rolled
            for code, members in by_province.items()
            for rolled in roll_up(code, members, len(kabkota_in(code)), on, self._source.policy)
        ]

    async def decrees(self, code: str, line: Line) -> list[tuple[Decree, int | None]]:
        """Every version of a target line of the region by the day it took effect, with how many people it asked for on
        that day; ``None`` if that cannot be said, or is hidden."""
        shelved = await self._source.shelved(code)
        ordered = sorted(shelved.facts.decrees, key=lambda decree: decree.effective_on)
        return [(decree, _asked_for(shelved, decree)) for decree in ordered if decree.line == tuple(line)]


def _asked_for(shelved: Shelved, decree: Decree) -> int | None:
    target, day = decree.target, decree.effective_on
    if target is None or shelved.hidden.basis(shelved.region.code, target, day):
        return None
    return required_on(shelved.book, target, day)
