"""Tell what became of each mail, until it was heard."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from services.notifier.delivery.outbox import Entry, Outbox
from shared.errors import RecoverableError

log = logging.getLogger(__name__)
_RETRY_SECONDS = 2.0


class Recorder:
    """Calls ``tell`` with each entry whose outcome is final, at least once, then marks the entry as recorded.

    ``tell`` raises RecoverableError if it has to be called again; ``done`` is called with the id of what is recorded.
    """

    def __init__(self, outbox: Outbox, tell: Callable[[Entry], Awaitable[None]], done: Callable[[str], None]) -> None:
        self._outbox = outbox
        self._tell = tell
        self._done = done
        self._untold: dict[str, None] = {}
        self._changed = asyncio.Event()
        self._ending = False

    def add(self, key: str) -> None:
        """The entry with this id has a final outcome; adding it again while it waits changes nothing."""
        self._untold.setdefault(key)
        self._changed.set()

    def end(self) -> None:
        """Return from :meth:`run` once everything is told, or with the first that cannot be told now."""
        self._ending = True
        self._changed.set()

    async def run(self) -> None:
        """Tell, in order, until :meth:`end`; what cannot be told now goes behind the others."""
        while self._untold or not self._ending:
            self._changed.clear()
            if not self._untold:
                await self._changed.wait()
                continue
            key = next(iter(self._untold))
            try:
                await self._tell(await self._outbox.entry(key))
                await self._outbox.recorded(key)
            except RecoverableError as error:
                if self._ending:
                    log.warning("%s; what became of mail %s is told at the next start", error, key)
                    return
                log.warning("%s; telling again what became of mail %s", error, key)
                self._untold[key] = self._untold.pop(key)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ended(), _RETRY_SECONDS)
            else:
                del self._untold[key]
                self._done(key)

    async def _ended(self) -> None:
        while not self._ending:
            self._changed.clear()
            await self._changed.wait()
