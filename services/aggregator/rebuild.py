"""Fills the next projection from sequence 1 while the present one serves, compares the two, and flips the pointer.

Killed at any moment it goes on where it was: the next projection has its own database and durable consumers. It writes
no PACE event before the flip: the standings are carried over, so the aggregators that follow the pointer find nothing
new to tell. What it still projects after it, until they have taken over, it assesses itself.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nats.aio.client import Client

from services.aggregator.assessor import Assessor
from services.aggregator.compaction import Compactor
from services.aggregator.comparison import Difference, differences
from services.aggregator.consumers import Consumers
from services.aggregator.metrics import Metrics
from services.aggregator.pointer import Pointer, database_name
from services.aggregator.projection import Changes
from services.aggregator.projector import Projector
from services.aggregator.settings import AggregatorSettings
from services.aggregator.store import Store
from shared.database import Database
from shared.errors import RecoverableError
from shared.tracing.traceparent import Trail
from shared.wilayah import Level, level_of

log = logging.getLogger(__name__)
_PAUSE_SECONDS = 0.2
# A difference is one only if it stands still while both projections have nothing left to do.
_ROUNDS = 50
_REGIONS_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a rebuild: the projections' numbers, how much was merged, and every difference found.

    ``compared`` is false if another version wrote the serving projection, in a format that this one does not read.
    """

    serving: int
    rebuilt: int
    compared: bool
    envelopes: int
    events: int
    differences: list[Difference]
    flipped: bool


class Rebuild:
    """One rebuild. ``progressed`` is told how many envelopes and events were merged and how many envelopes wait."""

    def __init__(
        self,
        settings: AggregatorSettings,
        database: Database,
        client: Client,
        partitions: int,
        serving: int,
        progressed: Callable[[int, int, int], None],
    ) -> None:
        self._client = client
        self._pointer = Pointer(database)
        self._progressed = progressed
        self._metrics = Metrics()
        js = client.jetstream()
        self._stores = [
            Store(database.sibling(database_name(settings.mongo_database, number)), number, "rebuild")
            for number in (serving, serving + 1)
        ]
        self._consumers = [
            Consumers(
                js,
                number,
                partitions,
                ack_wait_seconds=settings.ack_wait_seconds,
                in_flight=settings.envelopes_in_flight,
                in_flight_bytes=settings.bytes_in_flight,
            )
            for number in (serving, serving + 1)
        ]
        self._compactor = Compactor(self._stores[1].merging)
        self._touched: set[str] = set()
        self._projector = Projector(
            self._stores[1].merging, js, self._metrics, merged=self._merged, batch_events=settings.batch_events
        )
        self._assessor = Assessor(
            self._stores[1].assessments,
            js,
            self._metrics,
            policy=settings.policy,
            today=settings.today,
            debounce_seconds=0,
            every_seconds=math.inf,
            catch_up=self._consumers[1].catch_up,
        )

    async def run(self, *, dry_run: bool) -> Outcome:
        """Fill, catch up, compare; then flip, unless ``dry_run`` or something differs.

        Raises:
            StreamLostError: EVENTS is not what the next projection was begun from.
            FormatError: the next projection was begun by another version, in a format that this one does not read.
            RecoverableError: a server went away for too long; running again goes on.
        """
        serving, rebuilt = self._stores
        await rebuilt.ensure()
        await self._consumers[1].prepare(rebuilt)
        pulls = [
            self._consumers[1].pull(self._client, partition, self._projector.take)
            for partition in self._consumers[1].partitions
        ]
        compacting = asyncio.create_task(self._compactor.run())
        try:
            for pull in pulls:
                await pull.start()
            await self._catch_up()
            compared = await serving.readable()
            found = await self._differences() if compared else []
            flipped = not dry_run and not found
            if flipped:
                await rebuilt.assessments.adopt(serving.assessments)
                self._touched.clear()  # who follows the pointer assesses all that was projected before
                await self._pointer.flip(rebuilt.projection)
                await self._handed_over()
        finally:
            # What is in hand is finished and acknowledged: redelivery would wait for the acknowledgement's time.
            await asyncio.gather(*(pull.stop() for pull in pulls))
            compacting.cancel()
            await asyncio.gather(compacting, return_exceptions=True)
        if flipped:
            await self._assess_touched()
        if dry_run:
            await self._consumers[1].delete()
            await rebuilt.drop()
        return Outcome(
            serving.projection,
            rebuilt.projection,
            compared,
            self._metrics.merged_envelopes,
            self._metrics.merged_events,
            found,
            flipped,
        )

    def _merged(self, changes: Changes, trail: Trail) -> None:
        self._compactor.added(changes.counters)
        self._touched.update(changes.touched)

    async def _assess_touched(self) -> None:
        """Nobody else knows of what was projected here."""
        try:
            await self._consumers[1].catch_up()
            await self._assessor.assess_all(sorted(code for code in self._touched if level_of(code) is Level.KABKOTA))
        except RecoverableError as error:
            log.warning("assessing what came at the end failed: %s; the aggregators will, with all regions", error)

    async def _catch_up(self) -> None:
        while lag := await self._consumers[1].lag():
            self._progressed(self._metrics.merged_envelopes, self._metrics.merged_events, lag)
            await asyncio.sleep(_PAUSE_SECONDS)
        self._progressed(self._metrics.merged_envelopes, self._metrics.merged_events, 0)

    async def _differences(self) -> list[Difference]:
        """What differs between the two while events go on arriving: looked at again until it stands still."""
        serving, rebuilt = self._stores
        found = await self._compared(sorted(await serving.shelves.owners() | await rebuilt.shelves.owners()))
        for _ in range(_ROUNDS):
            if not found:
                break
            still = sum([await consumers.lag() for consumers in self._consumers]) == 0
            again = await self._compared(list(found))
            if still and again == found:
                break
            found = again
            await asyncio.sleep(_PAUSE_SECONDS)
        return [difference for owner in found for difference in found[owner]]

    async def _compared(self, owners: Sequence[str]) -> dict[str, list[Difference]]:
        """The differences of those regions that have some, a few regions in memory at a time."""
        serving, rebuilt = self._stores
        found: dict[str, list[Difference]] = {}
        for start in range(0, len(owners), _REGIONS_AT_ONCE):
            chunk = owners[start : start + _REGIONS_AT_ONCE]
            one, other = await serving.shelves.figures(chunk), await rebuilt.shelves.figures(chunk)
            compared = {owner: list(differences(owner, one[owner], other[owner])) for owner in chunk}
            found |= {owner: listed for owner, listed in compared.items() if listed}
        return found

    async def _handed_over(self) -> None:
        """Go on projecting until no aggregator pulls for the old projection any more, then end its consumers."""
        old = self._consumers[0]
        for _ in range(_ROUNDS):
            if not await old.waiting():
                break
            await asyncio.sleep(_PAUSE_SECONDS)
        await old.delete()
