"""Whether the figures are those of this moment. While they may not be, nothing is told."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Set
from dataclasses import dataclass, field
from time import monotonic

from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from services.notifier.pipeline import EndReason
from services.notifier.read_api import Progress, ReadApi, ReadApiUnavailableError
from shared.bus import QUARANTINE
from shared.errors import BusUnavailableError

log = logging.getLogger(__name__)
_HOUR_SECONDS = 3600.0
_FRESH_SECONDS = 0.5


@dataclass(slots=True)
class Readiness:
    """``backlog`` is how many standings wait in PACE. The projection lags with more than ``lag_events`` events not
    projected; many are being quarantined with ``quarantined_many`` or more in the last hour. ``clock`` gives seconds
    that only go forward: the system's time may be set."""

    backlog: Callable[[], Awaitable[int]]
    js: Callable[[], JetStreamContext]
    read_api: ReadApi
    lag_events: int
    quarantined_many: int
    clock: Callable[[], float] = monotonic
    _progress: tuple[float, Progress] | None = None
    _quarantined: deque[tuple[float, int]] = field(default_factory=deque)

    async def held(self, projections: Set[int]) -> EndReason | None:
        """Why nothing may be told from standings of these projections, ``None`` if it may."""
        try:
            if await self.backlog():
                return "standings_waiting"
            if await self._recently_quarantined() >= self.quarantined_many:
                return "quarantining"
            progress = await self._asked()
        except (ReadApiUnavailableError, BusUnavailableError) as error:
            log.warning("nothing is told: %s", error)
            return "projection_unknown"
        if progress.lag_events > self.lag_events:
            return "projection_lags"
        # After a rebuild all regions are assessed anew; until then some standings are the old projection's.
        return None if projections <= {progress.projection} else "projection_other"

    async def _asked(self) -> Progress:
        """The aggregator's progress. Hundreds of heads may be looked at in one go: it is not asked for each."""
        now = self.clock()
        if self._progress is None or self._progress[0] <= now - _FRESH_SECONDS:
            self._progress = (now, await self.read_api.progress())
        return self._progress[1]

    async def _recently_quarantined(self) -> int:
        """How many events went into quarantine within the last hour, as far back as we have looked."""
        try:
            last = (await self.js().stream_info(QUARANTINE)).state.last_seq
        except (NatsError, TimeoutError) as error:
            raise BusUnavailableError(f"asking about QUARANTINE failed: {type(error).__name__}") from error
        now = self.clock()
        self._quarantined.append((now, last))
        while self._quarantined[0][0] < now - _HOUR_SECONDS:
            self._quarantined.popleft()
        return last - self._quarantined[0][1]
