"""The last standing of every target line, as PACE told it: in the database, and at hand in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from services.notifier.alert import AlertState
from shared.database import Database
from shared.events.standing import Standing
from shared.tracing.traceparent import Trail
from shared.wilayah import Level, level_of, within

LINES = "lines"


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands, with what is known of its alert."""

    standing: Standing
    state: AlertState

    @property
    def name(self) -> str:
        """Region, programme, authority and due date."""
        return self.standing.line


class Lines:
    """One notifier's; of two standings of a line the one with the higher revision saw more."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._standings: dict[str, Standing] = {}
        self._trails: dict[str, Trail] = {}
        self._one_at_a_time = asyncio.Lock()

    async def load(self) -> int:
        """Read what is kept; returns how many there are.

        Raises:
            DatabaseUnavailableError: the database cannot be read.
        """
        found = await self._database.find(LINES, {})
        self._standings = {row["_id"]: Standing.model_validate_json(row["standing"]) for row in found}
        self._trails = {row["_id"]: tuple(row["trail"]) for row in found if row.get("trail")}
        return len(found)

    async def take(self, standing: Standing, trail: Trail = ()) -> bool:
        """Keep a standing, with the trail of its publication, unless a later one is kept; whether it was news.

        Raises:
            DatabaseUnavailableError: it is not kept.
        """
        async with self._one_at_a_time:  # of two that come together the earlier must not be the last to be kept
            known = self._standings.get(standing.line)
            if known is not None and standing.revision <= known.revision:
                return False
            kept = {"region": standing.region, "revision": standing.revision, "standing": standing.model_dump_json()}
            await self._database.update(LINES, standing.line, {"$set": kept | {"trail": list(trail)}}, upsert=True)
            self._standings[standing.line] = standing
            self._trails[standing.line] = trail
            return True

    def trail_of(self, line: str) -> Trail:
        """What a telling about the line as it stands follows from."""
        return self._trails.get(line, ())

    def within(self, region: str) -> list[Standing]:
        """The standings of a region and of all that lies in it, by line."""
        found = (standing for standing in self._standings.values() if within(standing.region, region))
        return sorted(found, key=lambda standing: standing.line)

    def aimed(self) -> set[str]:
        """The kab/kota that have a target."""
        return {
            standing.region
            for standing in self._standings.values()
            if standing.target is not None and level_of(standing.region) is Level.KABKOTA
        }

    def regions(self) -> set[str]:
        """The regions that have lines."""
        return {standing.region for standing in self._standings.values()}


def gravest_first(standings: Iterable[Standing]) -> list[Standing]:
    """In the order in which a head should read them: the largest part of what is expected missing first."""

    def missing(standing: Standing) -> tuple[float, str]:
        if standing.gap is None or not standing.expected:
            return (0.0, standing.line)
        return (standing.gap / standing.expected, standing.line)

    return sorted(standings, key=missing)
