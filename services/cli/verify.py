"""``laju verify``: regions computed anew from EVENTS and compared with the projection that serves.

Events may keep arriving. A region is compared only if nothing that could change it was stored between the sequence
the recount had reached, which the projection must have committed before the documents are read, and the end of EVENTS
after they were read. A region that moved meanwhile is read again, a bounded number of times.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import SystemRandom

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from services.aggregator.comparison import Difference, differences
from services.aggregator.consumers import Consumers
from services.aggregator.settings import AggregatorSettings
from services.aggregator.stored import STORED, StoredEvent
from services.cli.errors import CliError
from services.cli.recount import Recount
from services.cli.serving import Serving
from services.cli.streams import info_of, read
from shared import wilayah
from shared.bus import EVENTS, partitions_of
from shared.envelope import open_envelope
from shared.errors import InvalidError
from shared.wilayah import Level

Advance = Callable[[int, int], None]
"""Told which sequence is folded, and which is the last."""

_FOLDED_AT_ONCE = 4000
_REGIONS_AT_ONCE = 25
_TRIES = 20
_PAUSE_SECONDS = 0.1


@dataclass(slots=True)
class Verdict:
    """What was found. ``sequence`` is where the recount ended, ``moving`` the regions that events kept changing."""

    projection: int
    sequence: int = 0
    events: int = 0
    unreadable: int = 0
    compared: list[str] = field(default_factory=list)
    moving: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    def told(self) -> list[str]:
        """The verdict in lines, every difference with its own."""
        lines = [difference.told("database", "recomputed") for difference in self.differences]
        lines.append(
            f"Projection {self.projection} against {self.events:,} events up to sequence {self.sequence}: "
            f"{len(self.compared)} regions compared, {len(self.differences)} differences."
        )
        if self.unreadable:
            lines.append(f"{self.unreadable} events cannot be read by this version: see `laju quarantine list`.")
        if self.moving:
            lines.append(
                f"Not compared, because events kept arriving: {', '.join(self.moving)}. Run it again for these regions "
                "at a quieter time."
            )
        return lines


def owners_of(codes: Iterable[str]) -> set[str]:
    """The kab/kota and wider regions whose documents hold the figures of these regions.

    Raises:
        CliError: a code is unknown; the message says what it should be.
    """
    owners: set[str] = set()
    for code in codes:
        try:
            level = wilayah.find(code).level
        except InvalidError as error:
            raise CliError(error.reason) from error
        if level in (Level.NATION, Level.PROVINCE):
            owners |= {code, *wilayah.kabkota_in(code)}
            if level is Level.NATION:
                owners |= set(wilayah.children(code))
        else:
            owners.add(wilayah.kabkota_of(code))
    return owners


class Verification:
    """One run. ``wait_seconds`` is how long the projection may stand still before it is given up."""

    def __init__(
        self,
        js: JetStreamContext,
        projection: Serving,
        settings: AggregatorSettings,
        *,
        wait_seconds: float,
        advance: Advance,
    ) -> None:
        self._js = js
        self._projection = projection
        self._settings = settings
        self._wait_seconds = wait_seconds
        self._advance = advance
        self._recount = Recount()
        self._reached: dict[int, int] = {}
        self._verdict = Verdict(projection.number)

    async def run(self, codes: Sequence[str], sample: int | None) -> Verdict:
        """Compare the regions of ``codes``, all that have documents if there are none, or a random ``sample`` of them.

        Raises:
            CliError: a code is unknown, or the projection was built from another EVENTS or does not catch up.
            RecoverableError: the database failed.
        """
        wanted = owners_of(codes)
        await self._same_origin()
        await self._fold()
        owners = sorted(wanted or self._recount.owners() | await self._projection.store.shelves.owners())
        if sample is not None:
            owners = SystemRandom().sample(owners, min(sample, len(owners)))
        queue, tries = deque(sorted(owners)), Counter[str]()
        while queue:
            chunk = [queue.popleft() for _ in range(min(_REGIONS_AT_ONCE, len(queue)))]
            await self._projected()
            stored = await self._projection.store.shelves.figures(chunk)
            moved = await self._fold()
            for owner in chunk:
                tries[owner] += 1
                if owner not in moved:
                    self._verdict.compared.append(owner)
                    self._verdict.differences += differences(owner, stored[owner], self._recount.figures(owner))
                elif tries[owner] < _TRIES:
                    queue.append(owner)
                else:
                    self._verdict.moving.append(owner)
        return self._verdict

    async def _fold(self) -> set[str]:
        """Fold what EVENTS holds by now; returns the regions that this could have changed since the last time."""
        start, through = self._verdict.sequence + 1, (await info_of(self._js, EVENTS)).state.last_seq
        concerned: set[str] = set()
        if through < start:
            return concerned
        waiting: list[StoredEvent] = []

        def add() -> None:
            if start > 1:  # nothing was read from the database before the first fold
                concerned.update(self._recount.concerned(waiting))
            self._recount.add(waiting)
            self._verdict.events += len(waiting)
            waiting.clear()

        async for message in read(self._js, EVENTS, start=start, through=through):
            sequence = message.metadata.sequence.stream
            self._reached[int(message.subject.rpartition(".")[2])] = sequence
            try:
                opened = open_envelope(message.data, STORED)
            except InvalidError:
                self._verdict.unreadable += 1
            else:
                waiting += opened.events
                self._verdict.unreadable += len(opened.unreadable)
            if len(waiting) >= _FOLDED_AT_ONCE:
                add()
            self._advance(sequence, through)
        add()
        self._verdict.sequence = through
        return concerned

    async def _projected(self) -> None:
        """Return once the projection has committed and acknowledged everything that was folded."""
        consumers = Consumers(
            self._js,
            self._projection.number,
            await partitions_of(self._js),
            ack_wait_seconds=self._settings.ack_wait_seconds,
            in_flight=self._settings.envelopes_in_flight,
            in_flight_bytes=self._settings.bytes_in_flight,
        )
        before: dict[int, int] = {}
        deadline = time.monotonic() + self._wait_seconds
        while True:
            try:
                progress = await consumers.progress()
            except NotFoundError as error:
                raise CliError(
                    f"projection {self._projection.number} has no consumers on EVENTS. Is the aggregator running, or "
                    "was another projection switched to just now? Run the command again."
                ) from error
            now = {item.partition: item.projected_sequence for item in progress}
            behind = {part: last for part, last in self._reached.items() if part in now and now[part] < last}
            if not behind:
                return
            if now != before:
                before, deadline = now, time.monotonic() + self._wait_seconds
            elif time.monotonic() > deadline:
                raise CliError(
                    f"projection {self._projection.number} stands still before sequence {max(behind.values())}, "
                    f"{len(behind)} partitions wait. Is the aggregator running? Its log says what holds it up."
                )
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _same_origin(self) -> None:
        created = str((await info_of(self._js, EVENTS)).created)
        for document in await self._projection.database.find("origin", {"_id": "EVENTS"}):
            if document["created"] != created:
                raise CliError(
                    f"projection {self._projection.number} was built from EVENTS as created at {document['created']}; "
                    f"the stream here was created at {created}. Are these the right servers?"
                )
