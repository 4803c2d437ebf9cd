"""Looks for other figures while somebody listens, and tells all who listen to a region what they are now.

However many listen to a region, its figures are put together once for each change. Kab/kota, what is narrower and what
is wider cost differently much, so each of these is followed by itself: a nation that changes with every event keeps
nobody waiting but those who listen to wide regions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from time import monotonic

from services.aggregator.generation import Generation
from services.aggregator.live.channel import Channel, Listener
from services.aggregator.live.rounds import Rounds
from services.aggregator.live.saying import (
    ANSWER_SECONDS,
    Known,
    is_other,
    say_kabkota,
    say_narrow,
    say_unreachable,
    say_wide,
)
from services.aggregator.live.width import Width
from services.aggregator.metrics import Metrics
from shared.errors import RecoverableError
from shared.wilayah import kabkota_of

# After so long of wide regions it is time for a rest, and for another look.
_WIDE_SECONDS = 0.1
# So many kecamatan and desa are read from the database at once.
_READ_AT_ONCE = 4


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
        self._observe = metrics.live_age_seconds.observe
        self._most = most
        self._channels: dict[str, Channel] = {}
        self._rounds = {width: Rounds(look_seconds) for width in Width}
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
        if channel.figures is None:
            self._rounds[channel.width].hurry()
        try:
            yield listener
        finally:
            channel.listeners.discard(listener)
            if not channel.listeners:
                del self._channels[code]
            self._counted()

    def watched(self) -> set[str]:
        """The kab/kota that somebody listens to, or to a part of."""
        return {kabkota_of(code) for code, channel in self._channels.items() if channel.width is not Width.WIDE}

    def close(self) -> None:
        """Tell all who listen that this is the end."""
        self._closed = True
        for channel in self._channels.values():
            for listener in channel.listeners:
                listener.close()

    async def run(self) -> None:
        """Look and tell until cancelled; nothing is done while nobody listens."""
        tells = {Width.WIDE: self._tell_wide, Width.KABKOTA: self._tell_kabkota, Width.NARROW: self._tell_narrow}
        await asyncio.gather(*(self._follow(self._rounds[width], tell) for width, tell in tells.items()))

    async def _follow(self, rounds: Rounds, tell: Callable[[Known], Awaitable[float]]) -> None:
        """``tell`` returns how many seconds it worked."""
        while True:
            began = await rounds.next()
            known = await self._known()
            worked = await tell(known) if known is not None else 0.0
            await rounds.rest(began, worked)

    async def _tell_kabkota(self, known: Known) -> float:
        worked = 0.0
        for channel in self._of(Width.KABKOTA):
            began = monotonic()
            await say_kabkota(channel, known, self._observe)
            worked += monotonic() - began
            await asyncio.sleep(0)  # there may be hundreds, and others are at work too
        return worked

    async def _tell_wide(self, known: Known) -> float:
        """Those that said nothing yet, then those that said something longest ago, as far as one gets in a while."""
        began = monotonic()
        others = sorted(
            (channel for channel in self._of(Width.WIDE) if is_other(channel, known)),
            key=lambda channel: channel.said_at,
        )
        for channel in others:
            if channel.figures is not None and monotonic() >= began + _WIDE_SECONDS:
                break
            await say_wide(channel, known, self._observe)
        return monotonic() - began

    async def _tell_narrow(self, known: Known) -> float:
        began, channels = monotonic(), self._of(Width.NARROW)
        if known.unreachable_since is None:
            await self._read_narrow(channels, known)
        else:
            for channel in channels:
                say_unreachable(channel, known.unreachable_since)
        return monotonic() - began

    async def _read_narrow(self, channels: Sequence[Channel], known: Known) -> None:
        with suppress(RecoverableError, TimeoutError):  # the next look says so
            async with asyncio.timeout(ANSWER_SECONDS):
                checkpoints = await known.generation.store.checkpoints()
            for start in range(0, len(channels), _READ_AT_ONCE):
                some = channels[start : start + _READ_AT_ONCE]
                await asyncio.gather(*(say_narrow(channel, known, checkpoints) for channel in some))

    def _of(self, width: Width) -> list[Channel]:
        return [channel for channel in self._channels.values() if channel.width is width]

    def _counted(self) -> None:
        self._metrics.live_subscribers.set(sum(len(channel.listeners) for channel in self._channels.values()))
        wanted = {channel.width for channel in self._channels.values()}
        for width, rounds in self._rounds.items():
            rounds.want(width in wanted)

    async def _known(self) -> Known | None:
        """What there is to tell; ``None`` while it is still waiting for its servers."""
        unreachable_since: datetime | None = None
        try:
            generation = self._generation()
        except RecoverableError:
            return None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                view = await generation.overview.refresh()
        except (RecoverableError, TimeoutError):
            view = generation.overview.view
            if (unreachable_since := generation.overview.read_at) is None:
                return None
        return Known(generation, view, unreachable_since)
