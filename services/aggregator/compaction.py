"""Puts the counter documents of one key (see counters.py) together once there are many: reading them stays quick."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable

from services.aggregator.merging import Merging
from shared.errors import RecoverableError

log = logging.getLogger(__name__)

_MANY = 64
_LOOK_SECONDS = 1.0


class Compactor:
    """Counts what is added, and compacts the counters that lie in many documents. Any replica may do it: of two at the
    same counters one begins again, and finds them compacted."""

    def __init__(self, merging: Merging) -> None:
        self._merging = merging
        self._documents: Counter[str] = Counter()

    def added(self, counters: Iterable[str]) -> None:
        """A document was added to each of these, such as ``51.71/2024``."""
        self._documents.update(list(counters))  # a mapping would be taken for counts

    async def run(self) -> None:
        """Compact until cancelled. What fails is tried again at the next look."""
        known = False
        while True:
            try:
                if not known:
                    self._documents.update(await self._merging.scattered())
                    known = True
                for key in [key for key, count in self._documents.items() if count >= _MANY]:
                    del self._documents[key]  # first: what is added meanwhile counts from one
                    await self._merging.compact(key)
            except RecoverableError as error:
                log.warning("compacting counters failed: %s; trying again", error)
                known = False
            await asyncio.sleep(_LOOK_SECONDS)
