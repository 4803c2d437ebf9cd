"""When it is looked for other figures."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic

# Of the time that is worked, this many times as long is rested: a busy country costs a quarter of a core at most. Who
# works for longer than a third of a second does not get the core for itself.
_REST = 3
_REST_SECONDS = 1.0


class Rounds:
    """None unless they are wanted; one every ``every_seconds`` at most, sooner for who has just come."""

    def __init__(self, every_seconds: float) -> None:
        self._every_seconds = every_seconds
        self._wanted = asyncio.Event()
        self._hurried = asyncio.Event()

    def want(self, wanted: bool) -> None:
        """Whether there is anybody to look for."""
        if wanted:
            self._wanted.set()
        else:
            self._wanted.clear()

    def hurry(self) -> None:
        """Somebody has come who was told nothing yet."""
        self._hurried.set()

    async def next(self) -> float:
        """Return when it is wanted, with the moment (monotonic seconds) at which this round begins."""
        await self._wanted.wait()
        self._hurried.clear()
        return monotonic()

    async def rest(self, began: float, worked: float) -> None:
        """After a round that ``began`` then and ``worked`` so many seconds."""
        # Who has just come need not wait for the rest, but a moment: a thousand may come at once.
        await asyncio.sleep(min(worked, self._every_seconds))
        rest = max(began + self._every_seconds - monotonic(), min(_REST * worked, _REST_SECONDS))
        with suppress(TimeoutError):
            async with asyncio.timeout(rest):
                await self._hurried.wait()
