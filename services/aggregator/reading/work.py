"""What was done: day by day among residents, and by the offices along a dimension."""

from __future__ import annotations

from collections import Counter
from datetime import date

from services.aggregator.answers import By, Day, Days, Share, Shares
from services.aggregator.counters import days_of
from services.aggregator.reading import suppressed
from services.aggregator.reading.served import served_along
from services.aggregator.reading.shelved import Shelved, is_narrow
from services.aggregator.reading.source import Source
from shared.events import Programme
from shared.wilayah import find, kabkota_in


class Work:
    """Of one programme, from ``first`` to ``last``, both included; ``None`` is no bound."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def days(self, code: str, programme: Programme, first: date | None, last: date | None) -> Days:
        """Every day with a change, with the total by its end."""
        told = told_days(await self._source.shelved(code), programme, self._source.today(code))
        days = [day for day in told.days if (first is None or first <= day.date) and (last is None or day.date <= last)]
        return Days(days=days, suppressed=told.suppressed)

    async def daily(self, code: str, programme: Programme, first: date | None, last: date | None) -> list[Day]:
        """The days of :meth:`days`, for who draws or lists them."""
        return (await self.days(code, programme, first, last)).days

    async def shares(self, code: str, programme: Programme, by: By, first: date | None, last: date | None) -> Shares:
        """Services along one dimension, most first. Kept for kab/kota; wider regions are their sum.

        Raises:
            ValueError: the region is narrower than a kab/kota.
        """
        counts = await served_along(self._source.shelves, kabkota_in(code), programme, by, first, last)
        named = by in ("service_region", "home_region")
        names = {key: find(key).name if named else key for key in counts}
        return suppressed.shares(counts, names, self._source.suppression)

    async def breakdown(
        self, code: str, programme: Programme, by: By, first: date | None, last: date | None
    ) -> list[Share]:
        """The rows of :meth:`shares`, for who draws or lists them."""
        return (await self.shares(code, programme, by, first, last)).rows


def told_days(shelved: Shelved, programme: Programme, today: date) -> Days:
    """All days with a change; none while ``today``'s count is hidden."""
    code = shelved.region.code
    if shelved.hidden.count(code, programme, today):
        return Days(days=[], suppressed=True)
    changes: Counter[date] = Counter()
    for owner, shelf in shelved.members().items() if shelved.wide else [(code, shelved.own)]:
        changes.update(days_of(shelf.counters, owner, programme))
    every = [
        Day(date=day, change=change, total=shelved.book.done_by(programme, day))
        for day, change in sorted(changes.items())
        if change
    ]
    return suppressed.days(every, shelved.suppression) if is_narrow(code) else Days(days=every)
