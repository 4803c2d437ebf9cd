"""The sender: takes due entries of the outbox through the delivery pipeline, one at a time.

It sleeps until an entry is added or becomes due. While the relay is away it holds all mail back, with backoff, instead
of trying each in turn.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from services.notifier.metrics import Metrics
from services.notifier.outbox import FINAL, Open, Outbox
from services.notifier.pipeline import Delivery, Ended, Stage, run
from services.notifier.stages.send import Backoff
from shared.errors import RecoverableError

log = logging.getLogger(__name__)
_HALTED_SECONDS = 2.0


class Sender:
    """One per service. ``delivery`` is the whole pipeline, ``recording`` its tail for outcomes that are known."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        delivery: Sequence[Stage[Delivery]],
        recording: Sequence[Stage[Delivery]],
        metrics: Metrics,
        backoff: Backoff,
        clock: Callable[[], datetime],
    ) -> None:
        self._outbox = outbox
        self._delivery = delivery
        self._recording = recording
        self._metrics = metrics
        self._backoff = backoff
        self._clock = clock
        self._woken = asyncio.Event()
        self._stopping = False
        self._away = 0
        self._held_until: datetime | None = None

    def wake(self) -> None:
        """Something was added to the outbox."""
        self._woken.set()

    def stop(self) -> None:
        """Return from :meth:`run` after the mail in hand."""
        self._stopping = True
        self._woken.set()

    async def recover(self) -> None:
        """Before the first round: what was cut off while being sent becomes uncertain.

        Raises:
            DatabaseUnavailableError: the outbox cannot be read or written.
        """
        now = self._clock()
        for found in await self._outbox.open():
            if found.state == "sending":
                entry = await self._outbox.entry(found.message_id)
                reply = "the service ended after the mail's text had begun"
                await self._outbox.settle(entry, "uncertain", reply=reply, at=now, next_at=now)
                self._metrics.mails.labels("uncertain").inc()
                log.error(
                    "mail %s for %s: uncertain (cut off by the end of the service)", entry.message_id, entry.region
                )

    async def run(self) -> None:
        """Deliver until :meth:`stop`."""
        while not self._stopping:
            self._woken.clear()
            try:
                wait = await self._round()
            except RecoverableError as error:
                log.warning("%s; trying again", error)
                wait = _HALTED_SECONDS
            if not self._stopping:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), wait)

    async def _round(self) -> float | None:
        """Take every entry that is due one step; the seconds until the next is, ``None`` if there is none."""
        found = await self._outbox.open()
        self._show(found)
        for entry in found:
            if self._stopping:
                return None
            if entry.state in FINAL:
                await self._step(self._recording, entry)
            elif entry.state == "pending" and self._due(entry) <= self._clock():
                await self._step(self._delivery, entry)
        waiting = await self._outbox.open()
        self._show(waiting)
        due = [self._due(entry) for entry in waiting if entry.state == "pending"]
        return max(0.0, (min(due) - self._clock()).total_seconds()) if due else None

    def _due(self, entry: Open) -> datetime:
        return max(entry.next_attempt_at, self._held_until or entry.next_attempt_at)

    async def _step(self, stages: Sequence[Stage[Delivery]], entry: Open) -> None:
        passed = await run(stages, Delivery(await self._outbox.entry(entry.message_id)))
        if isinstance(passed, Ended):
            self._metrics.ended.labels(passed.stage, passed.reason).inc()
        elif passed.outcome is not None:
            self._away = self._away + 1 if passed.outcome.relay_away else 0
            self._held_until = self._clock() + self._backoff.after(self._away) if self._away else None

    def _show(self, found: Sequence[Open]) -> None:
        for state in ("pending", "sending", *sorted(FINAL)):
            self._metrics.open_mails.labels(state).set(sum(entry.state == state for entry in found))
