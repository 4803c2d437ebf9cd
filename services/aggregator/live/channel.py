"""One region's present figures, and those who listen to it: each gets the newest, however slow it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from time import monotonic

from services.aggregator.live.figures import LiveFigures, LivePart, differs
from services.aggregator.live.width import Width

_PATIENCE_SECONDS = 5.0
# Two assessments at once end in either order, so that the later can be of the lower sequence; not by this many.
_SEQUENCES_BACK = 1000


@dataclass(frozen=True, slots=True)
class Part:
    """A part with the version of the view and the highest EVENTS sequence that it is from."""

    told: LivePart
    version: int
    sequence: int


@dataclass(frozen=True, eq=False)  # without slots, for the cached property; each is itself only
class Message:
    """What one listener is told next: the same one for all who are told the same."""

    figures: LiveFigures

    @cached_property
    def json(self) -> str:
        """As it goes over the line; made once for all who are told the same."""
        return self.figures.model_dump_json()


class Channel:
    """Of one region; :meth:`put` replaces what it says. ``edition`` counts how often that was something else."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.width = Width.of(code)
        self.figures: LiveFigures | None = None
        self.parts: Mapping[str, Part] = {}
        self.edition = 0
        self.of: tuple[object, ...] | None = None
        """What the figures were made from: the projection, and whatever else there is."""
        self.version = 0
        """That of the view from which it said something last."""
        self.said_at = 0.0
        """When that was (monotonic seconds)."""
        self.due = 0.0
        """Not before then (monotonic seconds) are they made anew."""
        self.listeners: set[Listener] = set()
        self._edition_of: dict[str, int] = {}
        self._messages: dict[tuple[int, int], Message] = {}

    def put(self, figures: LiveFigures, parts: Mapping[str, Part] | None = None, now_ms: int | None = None) -> bool:
        """Say this from now on, and return whether that is something else. ``parts`` are all there are, ``None`` of a
        region that is told without."""
        gone = {code: _empty(code, figures.sequence) for code in self.parts.keys() - (parts or {}).keys()}
        before, self.parts = self.parts, {**gone, **(parts or {})}
        other = [code for code, part in self.parts.items() if code not in before or before[code].told != part.told]
        if not other and not differs(self.figures, figures):
            return False
        self.edition += 1
        self._edition_of.update(dict.fromkeys(other, self.edition))
        version = self.figures.version if self.figures else 0
        self.figures = figures.model_copy(update={"version": max(version + 1, now_ms or time.time_ns() // 1_000_000)})
        self._messages.clear()
        for listener in self.listeners:
            listener.woken.set()
        return True

    def message(self, edition: int, sequence: int) -> Message:
        """What is told to whoever heard ``edition`` last, or has heard, elsewhere, figures up to an EVENTS sequence."""
        if (edition, sequence) not in self._messages:
            figures = self.figures
            if figures is None:
                raise ValueError("nothing was put yet")
            if figures.parts is not None:
                figures = figures.model_copy(update={"parts": tuple(self._parts_since(edition, sequence))})
            self._messages[edition, sequence] = Message(figures)
        return self._messages[edition, sequence]

    def _parts_since(self, edition: int, sequence: int) -> Iterable[LivePart]:
        for code, part in self.parts.items():
            if self._edition_of[code] > edition and part.sequence >= sequence:
                yield part.told


class Listener:
    """Somebody who listens to a channel. Nothing is kept for it: it hears what is said when it has time to listen.

    ``heard`` is the EVENTS sequence of the figures it has heard, elsewhere perhaps, before it came; for five seconds it
    is not told older ones. ``told`` is called with each message.
    """

    def __init__(self, channel: Channel, heard: int = 0, told: Callable[[], None] = lambda: None) -> None:
        self.woken = asyncio.Event()
        self._channel = channel
        self._heard = heard
        self._told = told
        self._patience = monotonic() + _PATIENCE_SECONDS
        self._edition = 0
        self._closed = False

    def close(self) -> None:
        """There is nothing more to hear."""
        self._closed = True
        self.woken.set()

    async def first(self, seconds: float) -> bool:
        """Whether there was something to hear within so many seconds."""
        return await self._waited(seconds)

    async def messages(self, silence_seconds: float) -> AsyncIterator[Message | None]:
        """The present figures at once, then the newest whenever they are others; ``None`` when there was nothing else
        for so long. Ends when the listener is closed."""
        while not self._closed:
            if await self._waited(silence_seconds):
                message = self._channel.message(self._edition, max(self._heard - _SEQUENCES_BACK, 0))
                self._edition, self._heard = self._channel.edition, 0
                self._told()
                yield message
            elif not self._closed:
                yield None

    async def _waited(self, seconds: float) -> bool:
        end = monotonic() + seconds
        while not self._closed and not self._ready():
            until = min(end, self._patience) if monotonic() < self._patience else end
            self.woken.clear()
            try:
                async with asyncio.timeout(max(until - monotonic(), 0)):
                    await self.woken.wait()
            except TimeoutError:
                if monotonic() >= end:
                    break
        return not self._closed and self._ready()

    def _ready(self) -> bool:
        figures = self._channel.figures
        if figures is None or self._channel.edition <= self._edition:
            return False
        return figures.sequence >= self._heard or monotonic() >= self._patience


def _empty(code: str, sequence: int) -> Part:
    return Part(LivePart(code=code, standings=()), 0, sequence)
