"""One try of one mail: hand it to the relay and write down what became of it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from services.notifier.delivery.backoff import Backoff
from services.notifier.delivery.mailer import Mailer, Outcome
from services.notifier.delivery.metrics import Metrics
from services.notifier.delivery.outbox import Entry, Outbox, State
from shared.errors import RecoverableError
from shared.tracing.span import OFF, Attributes, Span, Tracing

log = logging.getLogger(__name__)
_LEVELS = {"sent": logging.INFO, "retry": logging.WARNING}
_UNWRITTEN_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of an entry, as it is written in the outbox."""

    outcome: Outcome
    state: State
    next_attempt_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """Tries entries that are due."""

    outbox: Outbox
    mailer: Mailer
    metrics: Metrics
    backoff: Backoff
    clock: Callable[[], datetime]
    tracing: Tracing = OFF

    async def make(self, entry: Entry, *, before_data: Callable[[], Awaitable[None]]) -> Tried:
        """Try it once. What ``before_data`` raises comes through; then nothing was sent and nothing is written."""
        attributes: Attributes = {
            "laju.mail": entry.kind,
            "laju.region": entry.region,
            "laju.attempt": entry.attempts + 1,
        }
        with self.tracing.span("send mail", "client", follows=entry.trail, attributes=attributes) as span:
            began = time.perf_counter()
            async with self.mailer.sending(entry, before_data=before_data) as outcome:
                self.metrics.delivery.observe(time.perf_counter() - began)
                too_late = self.clock() - entry.created_at >= self.backoff.give_up
                last = outcome.result == "retry" and too_late
                final = replace(outcome, result="failed") if last else outcome
                _describe(span, final)
                return await self._settle(entry, final)

    async def give_up(self, entry: Entry) -> Tried:
        """Fail it without a try: the relay has had all the time that it gets (RFC 5321, 4.5.4.1)."""
        reply = f"not accepted in time; the last try: {entry.reply}" if entry.reply else "not accepted in time"
        return await self._settle(entry, Outcome("failed", reply, problem="not accepted in time"), tried=False)

    async def cut_off(self, entry: Entry) -> Tried:
        """What was found ``sending`` at start: its text had begun."""
        reply = "the service ended after the mail's text had begun"
        return await self._settle(entry, Outcome("uncertain", reply, problem="cut off by the end of the service"))

    async def _settle(self, entry: Entry, outcome: Outcome, *, tried: bool = True) -> Tried:
        """Write the outcome, for as long as it takes: forgetting it would leave a sent mail uncertain."""
        now = self.clock()
        state: State = "pending" if outcome.result == "retry" else outcome.result
        next_at = now + self.backoff.after(entry.attempts + 1)
        while True:
            try:
                await self.outbox.settle(entry, state, reply=outcome.reply, at=now, next_at=next_at, tried=tried)
                break
            except RecoverableError as error:
                log.warning("%s; the outcome %s of mail %s is kept until then", error, outcome.result, entry.id)
                await asyncio.sleep(_UNWRITTEN_SECONDS)
        self.metrics.mails.labels(outcome.result).inc()
        if outcome.result == "sent":
            self.metrics.last_sent.set(now.timestamp())
        # By our own words and codes: the relay's may hold the address.
        level = _LEVELS.get(outcome.result, logging.ERROR)
        problem = f" ({outcome.problem})" if outcome.problem else ""
        log.log(level, "mail %s for %s: %s%s", entry.id, entry.region, outcome.result, problem)
        return Tried(outcome, state, next_at)


def _describe(span: Span, outcome: Outcome) -> None:
    span.set("laju.outcome", outcome.result)
    if outcome.code:
        span.set("laju.smtp.code", outcome.code)
    if outcome.result != "sent":
        span.fail(outcome.problem)  # in our own words and codes: the relay's may hold the address
