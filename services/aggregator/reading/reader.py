"""The one way to the figures for whoever shows them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from services.aggregator.latest.overview import Overview
from services.aggregator.pace import Policy
from services.aggregator.reading.briefings import Briefings
from services.aggregator.reading.regions import Regions
from services.aggregator.reading.reported import Reported
from services.aggregator.reading.source import Source
from services.aggregator.reading.standings import Standings
from services.aggregator.reading.work import Work
from services.aggregator.store import Store
from services.aggregator.suppression import Suppression


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
        self._store = store
        source = Source(store, overview, policy, today, suppression)
        self.regions = Regions(source)
        self.standings = Standings(source)
        self.briefings = Briefings(source)
        self.work = Work(source)
        self.reported = Reported(source)
        self.smallest = suppression.smallest
        """Counts below this are hidden; 0 hides none."""

    async def sequence(self) -> int:
        """The highest EVENTS sequence that what is read afterwards reflects."""
        return await self._store.sequence()
