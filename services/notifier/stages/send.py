"""Hand the mail to the relay and write down what became of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.notifier.mailer import Mailer, Outcome
from services.notifier.metrics import Metrics
from services.notifier.outbox import Entry, NotPendingError, Outbox, State
from services.notifier.pipeline import Delivery, Ended
from shared.errors import RecoverableError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before the next try: doubling from ``first`` to ``longest`` seconds, in all ``give_up`` long."""

    first_seconds: float
    longest_seconds: float
    give_up: timedelta

    def after(self, attempts: int) -> timedelta:
        """The wait after so many tries in vain, 1 or more."""
        # Past 30 doublings any wait is the longest; a larger exponent would only overflow.
        return timedelta(seconds=min(self.longest_seconds, self.first_seconds * 2.0 ** min(attempts - 1, 30)))


@dataclass(frozen=True, slots=True)
class Send:
    """Tries one entry once."""

    outbox: Outbox
    mailer: Mailer
    metrics: Metrics
    backoff: Backoff
    clock: Callable[[], datetime]

    async def __call__(self, delivery: Delivery) -> Delivery | Ended:
        """Add the outcome to the delivery, or end it if another sender has the entry.

        Raises:
            DatabaseUnavailableError: the entry could not be marked as being sent; nothing was sent.
        """
        entry = delivery.entry
        try:
            with self.metrics.delivery.time():
                outcome = await self.mailer.send(entry, before_data=lambda: self.outbox.claim(entry.message_id))
        except NotPendingError:
            return Ended("send", "not_pending")
        now = self.clock()
        if outcome.result == "retry" and now - entry.created_at >= self.backoff.give_up:
            outcome = replace(outcome, result="failed")
        await self._settle(entry, outcome, now)
        self.metrics.mails.labels(outcome.result).inc()
        _say(entry, outcome)
        return replace(delivery, outcome=outcome)

    async def _settle(self, entry: Entry, outcome: Outcome, now: datetime) -> None:
        """Write the outcome, for as long as it takes: forgetting it would leave a sent mail uncertain."""
        state: State = "pending" if outcome.result == "retry" else outcome.result
        next_at = now + self.backoff.after(entry.attempts + 1)
        while True:
            try:
                return await self.outbox.settle(entry, state, reply=outcome.reply, at=now, next_at=next_at)
            except RecoverableError as error:
                log.warning("%s; the outcome %s of mail %s is kept until then", error, outcome.result, entry.message_id)
                await asyncio.sleep(self.backoff.first_seconds)


def _say(entry: Entry, outcome: Outcome) -> None:
    """Log the outcome by message id and reply code: the reply's text may hold the address."""
    level = {"sent": logging.INFO, "retry": logging.WARNING}.get(outcome.result, logging.ERROR)
    reason = outcome.code or ("the relay is away" if outcome.relay_away else "cut off")
    log.log(level, "mail %s for %s: %s (%s)", entry.message_id, entry.region, outcome.result, reason)
