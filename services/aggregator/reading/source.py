"""What all answers are put together from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from services.aggregator.latest.overview import Overview
from services.aggregator.pace import Policy
from services.aggregator.reading.shelved import Shelved, is_wide
from services.aggregator.shelves import Shelves, owner_of
from services.aggregator.store import Store
from services.aggregator.suppression import Suppression
from shared.events.standing import Standing
from shared.wilayah import Level, find, kabkota_in


@dataclass(frozen=True, slots=True)
class Source:
    """One projection, in the database and in memory; ``today`` gives the present business date in a region's zone."""

    store: Store
    overview: Overview
    policy: Policy
    today: Callable[[str], date]
    suppression: Suppression

    @property
    def shelves(self) -> Shelves:
        """Those of the projection."""
        return self.store.shelves

    async def shelved(self, code: str, *, finer: bool = False) -> Shelved:
        """A region with its shelves; with ``finer`` these have the days of what lies in a kab/kota.

        Raises:
            UnknownRegionError: there is no such region.
        """
        region = find(code)
        if is_wide(code):
            return Shelved(region, await self.shelves.of({code, *kabkota_in(code)}), self.suppression)
        finer = finer or region.level is not Level.KABKOTA
        return Shelved(region, await self.shelves.of({owner_of(code)}, finer=finer), self.suppression)

    def placed(self, rows: Iterable[Standing], sequence: int) -> list[Standing]:
        """Rows that say from where they are: this projection, with everything up to an EVENTS sequence."""
        position = {"sequence": sequence, "projection": self.store.projection}
        return [row.model_copy(update=position) for row in rows]
