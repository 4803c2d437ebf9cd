"""What letters said is kept for a time and then forgotten: a country's take more than half a gigabyte a year."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from services.notifier.delivery.outbox import Outbox
from shared.errors import RecoverableError

log = logging.getLogger(__name__)
_LOOK_SECONDS = 86_400.0


class Retention:
    """Looks once a day for letters that were decided on longer than ``keep`` ago."""

    def __init__(self, outbox: Outbox, keep: timedelta, clock: Callable[[], datetime]) -> None:
        self._outbox = outbox
        self._keep = keep
        self._clock = clock

    async def run(self) -> None:
        """Forget until cancelled. What fails is tried again the next time."""
        while True:
            try:
                if forgotten := await self._outbox.forget(self._clock() - self._keep):
                    log.info("what %d mails said was kept for %d days and is forgotten", forgotten, self._keep.days)
            except RecoverableError as error:
                log.warning("forgetting old letters failed: %s; trying again", error)
            await asyncio.sleep(_LOOK_SECONDS)
