"""Looks for other figures while somebody listens, and tells all who listen to a region what they are now.

One task for the process. However many listen to a region, its figures are put together once for each change.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from time import monotonic

from services.aggregator.generation import Generation
from services.aggregator.latest.overview import Overview
from services.aggregator.latest.view import View
from services.aggregator.live.channel import Channel, Listener, Part
from services.aggregator.live.figures import of_reading, of_seen, part
from services.aggregator.metrics import Metrics
from shared.envelope import partition_of_region
from shared.errors import RecoverableError
from shared.wilayah import NATION, Level, children, kabkota_in, kabkota_of, level_of

# Of the time it takes to look, this many times as long is rested: a busy country costs a quarter of a core at most.
_REST = 3
_ANSWER_SECONDS = 5.0
# Kecamatan and desa are read from the counters, each by itself.
_NARROW_SECONDS = 0.5
_KEPT_IN_MEMORY = (Level.NATION, Level.PROVINCE, Level.KABKOTA)


class NoRoomError(Exception):
    """As many listen as may."""


class Feed:
    """``generation`` gives the projection that serves, asked anew at each look; at ``most`` so many may listen; looked
    is every ``look_seconds`` at most."""

    def __init__(
        self, generation: Callable[[], Generation], metrics: Metrics, *, most: int, look_seconds: float
    ) -> None:
        self._generation = generation
        self._metrics = metrics
        self._most = most
        self._look_seconds = look_seconds
        self._channels: dict[str, Channel] = {}
        self._listened = asyncio.Event()
        self._asked = asyncio.Event()
        self._told: tuple[int, int] | None = None
        self._closed = False

    @contextmanager
    def listening(self, code: str, heard: int = 0) -> Iterator[Listener]:
        """Somebody who listens to a region meanwhile, and has ``heard`` figures up to an EVENTS sequence before.

        Raises:
            NoRoomError: as many listen as may.
        """
        if sum(len(channel.listeners) for channel in self._channels.values()) >= self._most:
            raise NoRoomError(f"{self._most} listen already")
        channel = self._channels.setdefault(code, Channel(code))
        listener = Listener(channel, heard, self._metrics.live_messages.inc)
        if self._closed:
            listener.close()
        channel.listeners.add(listener)
        self._counted()
        self._listened.set()
        if channel.figures is None:
            self._asked.set()
        try:
            yield listener
        finally:
            channel.listeners.discard(listener)
            if not channel.listeners:
                del self._channels[code]
            self._counted()

    def watched(self) -> set[str]:
        """The kab/kota that somebody listens to, or to a part of."""
        return {kabkota_of(code) for code in self._channels if level_of(code) not in (Level.NATION, Level.PROVINCE)}

    def close(self) -> None:
        """Tell all who listen that this is the end."""
        self._closed = True
        for channel in self._channels.values():
            for listener in channel.listeners:
                listener.close()

    async def run(self) -> None:
        """Look and tell until cancelled; nothing is done while nobody listens."""
        while True:
            await self._listened.wait()
            self._asked.clear()
            began = monotonic()
            worked = await self._look()
            # Who has just come need not wait for the rest, but a moment: a thousand may come at once.
            await asyncio.sleep(min(worked, self._look_seconds))
            rest = max(began + self._look_seconds - monotonic(), _REST * worked)
            with suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._asked.wait()

    def _counted(self) -> None:
        listeners = sum(len(channel.listeners) for channel in self._channels.values())
        self._metrics.live_subscribers.set(listeners)
        if not listeners:
            self._listened.clear()
            self._told = None

    async def _look(self) -> float:
        """Look and tell; returns the seconds it took to put together what is told."""
        try:
            generation = self._generation()
        except RecoverableError:  # it is still waiting for its servers
            return 0.0
        unreachable_since: datetime | None = None
        checkpoints: Mapping[int, int] = {}
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                view = await generation.overview.refresh()
                if any(level_of(code) not in _KEPT_IN_MEMORY for code in self._channels):
                    checkpoints = await generation.store.checkpoints()
        except (RecoverableError, TimeoutError):
            view = generation.overview.view
            if (unreachable_since := generation.overview.read_at) is None:
                return 0.0
        began = monotonic()
        for channel in sorted(self._channels.values(), key=lambda channel: channel.figures is not None):
            if level_of(channel.code) in _KEPT_IN_MEMORY:
                await _bring(channel, generation, view, unreachable_since)
            elif unreachable_since is None:
                await _bring_narrow(channel, generation, view, checkpoints)
            elif channel.figures is not None:
                channel.put(channel.figures.model_copy(update={"unreachable_since": unreachable_since}))
                channel.of = None
        self._observe(generation.number, view)
        return monotonic() - began

    def _observe(self, projection: int, view: View) -> None:
        """How old the assessments were that were told now; not of those that were there when somebody came."""
        before, self._told = self._told, (projection, view.version) if self._channels else None
        if before is not None and before[0] == projection:
            now = time.time()
            for code in view.changed_since(before[1]):
                if (assessment := view.assessments.get(code)) is not None:
                    self._metrics.live_age_seconds.observe(max(now - assessment.revision / 1000, 0))


async def _bring(channel: Channel, generation: Generation, view: View, unreachable_since: datetime | None) -> None:
    """Say what a kab/kota or wider region is by what is in memory."""
    code = channel.code
    # A province's own targets change nothing of the nation, but it is among its parts.
    version = view.version if code == NATION else view.version_of(code)
    of = (generation.number, version, generation.today(code), unreachable_since)
    if channel.of == of:
        return
    seen = await generation.overview.seen(code, view)
    figures = of_seen(seen, generation.number, unreachable_since)
    if level_of(code) is Level.KABKOTA:
        channel.put(figures)
    else:
        before = channel.parts if channel.of and channel.of[0] == generation.number else {}
        channel.put(figures.model_copy(update={"parts": ()}), await _parts(code, generation.overview, view, before))
    channel.of = of


async def _bring_narrow(channel: Channel, generation: Generation, view: View, checkpoints: Mapping[int, int]) -> None:
    """Say what a kecamatan or desa is: read from the counters whenever its kab/kota was assessed anew, or something was
    committed that is of its residents."""
    code, kabkota = channel.code, kabkota_of(channel.code)
    partition = partition_of_region(kabkota, len(generation.consumers.partitions))
    of = (generation.number, view.version_of(kabkota), checkpoints.get(partition), generation.today(code))
    if channel.of == of or monotonic() < channel.due:
        return
    channel.due = monotonic() + _NARROW_SECONDS
    with suppress(RecoverableError, TimeoutError):  # the next look says so
        async with asyncio.timeout(_ANSWER_SECONDS):
            channel.put(of_reading(*await generation.reader.regions.with_standings(code)))
        channel.of = of


async def _parts(code: str, overview: Overview, view: View, before: Mapping[str, Part]) -> dict[str, Part]:
    """The parts of a wider region, those that did not change as they were."""
    provinces = [await overview.seen(province, view) for province in children(code)] if code == NATION else []

    def put_together() -> dict[str, Part]:
        found: dict[str, Part] = {}
        for seen in provinces:
            found[seen.code] = _unless_known(before, seen.code, seen.version) or Part(
                part(seen.code, seen.standings), seen.version, seen.sequence
            )
        for kabkota in kabkota_in(code):
            if (assessment := view.assessments.get(kabkota)) is not None:
                version = view.version_of(kabkota)
                found[kabkota] = _unless_known(before, kabkota, version) or Part(
                    part(kabkota, view.rows_of(kabkota)), version, assessment.sequence
                )
        return found

    return await asyncio.to_thread(put_together)


def _unless_known(before: Mapping[str, Part], code: str, version: int) -> Part | None:
    known = before.get(code)
    return known if known is not None and known.version == version else None
