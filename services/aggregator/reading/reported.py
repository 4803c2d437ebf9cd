"""What was reported about a region, beside what was counted: published figures, measures, outreach days."""

from __future__ import annotations

from datetime import date

from services.aggregator.answers import OutreachDay
from services.aggregator.claims import CheckedClaim, check
from services.aggregator.interventions import Effect, effect
from services.aggregator.reading import suppressed
from services.aggregator.reading.served import served_at
from services.aggregator.reading.source import Source


class Reported:
    """All lists are newest first."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def claims(self, code: str) -> list[CheckedClaim]:
        """Every published figure about the region, checked; none of a day when its count is hidden, or that of the
        recorded, of which IKD is a share."""
        shelved = await self._source.shelved(code)
        return [
            check(claim, shelved.book, shelved.facts.decrees)
            for claim in reversed(shelved.facts.claims)
            if not shelved.hidden.programmes(code, claim.as_of).intersection((claim.programme, "perekaman"))
        ]

    async def interventions(self, code: str, on: date | None = None) -> list[Effect]:
        """Every intervention announced for the region with its rates; where its count is hidden, none."""
        day = on or self._source.today(code)
        shelved = await self._source.shelved(code)
        hidden = shelved.hidden.programmes(code, day)
        return [
            effect(code, item, shelved.book, day)
            for item in reversed(shelved.facts.interventions)
            if item.programme not in hidden
        ]

    async def outreach(self, code: str) -> list[OutreachDay]:
        """Every outreach day reported for the region; services of both programmes that day and place."""
        shelved = await self._source.shelved(code)
        served = await served_at(self._source.shelves, code)
        suppression = self._source.suppression
        hidden = frozenset(visit for done in served.values() for visit in suppressed.visits(done, suppression))
        return [
            OutreachDay(
                on=day.on,
                channel=day.channel,
                place=day.place,
                applicants=day.applicants,
                services=None if visit in hidden else sum(done[visit] for done in served.values()),
                suppressed=visit in hidden,
            )
            for day in sorted(shelved.facts.outreach, key=lambda day: (day.on, day.place), reverse=True)
            for visit in [(day.on, day.place)]
        ]
