"""The teller: looks at every audience whose lines changed, or whose time has come, and tells what is to be told.

A telling is one transaction: its mails into the outbox, its steps to go to ALERTS. What is told is decided at that very
moment on the last standing of each line, so a mail that had to wait says what is true when it goes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from services.notifier.alerts import Alerts
from services.notifier.decide import Policy, next_look, withdrawn
from services.notifier.delivery.outbox import Entry, put
from services.notifier.lines import Line, Lines
from services.notifier.metrics import Metrics
from services.notifier.pipeline import Audience, Case, Ended, Stage, run
from services.notifier.post import entries_of
from services.notifier.record import Record
from services.notifier.stages.group import Group
from services.notifier.steps import step
from shared.database import Session, Transactions
from shared.errors import InvalidError, RecoverableError
from shared.events.outcome import Told
from shared.tracing.span import OFF, Attributes, Span, Tracing
from shared.tracing.traceparent import Trail, joined
from shared.wilayah import NATION, Level, kabkota_of, level_of, within

log = logging.getLogger(__name__)
_LOOKING_ANEW_SECONDS = 10.0  # the clock may have been set, or have gone on while the machine was suspended
_RETRY, _UNKNOWN, _MUCH_LATER = timedelta(seconds=2), timedelta(minutes=1), timedelta(hours=1)
Key = tuple[Audience, str]


class Teller:
    """One per service. ``told`` is called after each commit that put mail into the outbox; ``resync`` brings the alerts
    up to what the database and ALERTS hold, after a commit of which nobody knows."""

    def __init__(
        self,
        lines: Lines,
        alerts: Alerts,
        *,
        telling: Sequence[Stage[Case]],
        group: Group,
        policy: Policy,
        transactions: Transactions,
        record: Record,
        resync: Callable[[], Awaitable[None]],
        metrics: Metrics,
        told: Callable[[], None],
        clock: Callable[[], datetime],
        tracing: Tracing = OFF,
    ) -> None:
        self._lines = lines
        self._alerts = alerts
        self._telling = telling
        self._group = group
        self._policy = policy
        self._transactions = transactions
        self._record = record
        self._resync = resync
        self._unsure = False
        self._metrics = metrics
        self._told = told
        self._clock = clock
        self._tracing = tracing
        self._looks: dict[Key, datetime] = {}
        self._fresh: dict[Key, Trail] = {}
        self._held: set[Key] = set()
        self._looking = 0
        self._woken = asyncio.Event()

    def touch(self, region: str, trail: Trail = ()) -> None:
        """Something about a region, or about all that lies in it, is another now, because of what left ``trail``."""
        now = self._clock()
        for key in _audiences(region, self._lines.regions()):
            self._looks[key] = now
            if trail:
                self._fresh[key] = joined(self._fresh.get(key, ()), trail)
        self._woken.set()

    def touch_all(self) -> None:
        """At start: look at everybody once."""
        self.touch(NATION)

    def pending(self) -> int:
        """How many audiences are to be looked at now, or will be in a moment, because something held them up. Those
        that wait for an office to open, or for time to pass, are not among them."""
        now = self._clock()
        return sum(at <= now or key in self._held for key, at in self._looks.items()) + self._looking

    async def run(self) -> None:
        """Look until cancelled."""
        last = self._clock()
        while True:
            self._woken.clear()
            now = self._clock()
            if now < last:  # whatever was to be looked at in a moment would wait for as long again
                self.touch_all()
            last = now
            wait = min(await self._round(), _LOOKING_ANEW_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), wait)

    async def _round(self) -> float:
        """Look at every audience whose time has come; the seconds until the next."""
        for key in sorted(key for key, at in self._looks.items() if at <= self._clock()):
            del self._looks[key]  # what changes from here on is looked at again
            self._held.discard(key)
            self._looking = 1
            try:
                again = await self._look(key)
            except RecoverableError as error:
                self._unsure = True  # the commit may have been lost on its way back
                log.warning("looking at %s of %s failed: %s; trying again", *key, error)
                again = self._clock() + _RETRY
                self._held.add(key)
            except InvalidError as error:
                # One letter that cannot be written must not keep all others from being.
                log.error("looking at %s of %s failed: %s; trying again in an hour", *key, error.reason)  # noqa: TRY400
                again = self._clock() + _MUCH_LATER
            if again is not None:
                self._looks[key] = min(again, self._looks.get(key, again))
            self._looking = 0
            await asyncio.sleep(0)  # a night's assessments must not hold up everything else
        soonest = min(self._looks.values(), default=None)
        return _LOOKING_ANEW_SECONDS if soonest is None else max(0.0, (soonest - self._clock()).total_seconds())

    async def _look(self, key: Key) -> datetime | None:
        """Tell an audience what is to be told; returns when to look again if nothing changes until then."""
        fresh = self._fresh.pop(key, ())
        # A look without news has no span: there are many, and most end as the one before.
        tracing = self._tracing if fresh else OFF
        attributes = {"laju.audience": key[0], "laju.region": key[1]}
        with tracing.span("decide on alerts", follows=fresh, attributes=attributes) as span:
            return await self._decide(key, span)

    async def _decide(self, key: Key, span: Span) -> datetime | None:
        if self._unsure:
            await self._resync()
            self._unsure = False
        case = self._case(key)
        if case.audience == "head":
            await self._withdraw(case)
            case = self._case(key)
        passed = await run(self._telling, case)
        if isinstance(passed, Ended):
            span.set("laju.outcome", passed.reason)
            self._metrics.ended.labels(passed.stage, passed.reason).inc()
            if passed.reason in ("nothing_to_tell", "rides"):
                self._group.settled(case)
            if passed.reason == "no_recipient":
                log.warning("%s of %s has something to be told and is not in the recipients file", *key)
                return case.now + _UNKNOWN
            if passed.stage in ("inhibit", "group") and passed.again is not None:
                self._held.add(key)
            return passed.again or self._next(case)
        if not await self._write_and_tell(key, passed):
            span.set("laju.outcome", "changed")
            return case.now  # while it was written, what it says became another thing: look again
        span.set("laju.outcome", "told")
        self._group.settled(case)
        return self._next(self._case(key))

    async def _write_and_tell(self, key: Key, case: Case) -> bool:
        """Write the letters and tell, unless what they say is no longer so."""
        follows = (context for due in case.due for context in self._lines.trail_of(due.line.name))
        attributes: Attributes = {
            "laju.audience": case.audience,
            "laju.region": case.region,
            "laju.lines": len(case.due),
        }
        with self._tracing.span("tell about alerts", follows=follows, attributes=attributes) as span:
            entries = await entries_of(case.notices)
            if _verdicts(case) - _verdicts(self._case(key)):
                return False
            span.set("laju.mails", len(entries))
            await self._tell(case, [replace(entry, trail=span.trail) for entry in entries])
            return True

    def _case(self, key: Key) -> Case:
        audience, region = key
        found = self._lines.within(region)
        if audience != "head":
            found = [standing for standing in found if level_of(standing.region) is Level.KABKOTA]
        lines = tuple(Line(standing, self._alerts.of(standing.line)) for standing in found)
        return Case(audience, region, self._clock(), lines)

    def _next(self, case: Case) -> datetime | None:
        moments = (next_look(line.standing, line.state, self._policy) for line in case.lines)
        return min((moment for moment in moments if moment is not None and moment > case.now), default=None)

    async def _withdraw(self, case: Case) -> None:
        gone = [line for line in case.lines if withdrawn(line.standing, line.state)]
        await self._commit([step(line, "withdrawn", rule="", mails=(), now=case.now) for line in gone], ())

    async def _tell(self, case: Case, entries: Sequence[Entry]) -> None:
        mails = [notice.message_id for notice in case.notices]
        steps = [step(due.line, due.reason, rule=due.decision.rule, mails=mails, now=case.now) for due in case.due]
        await self._commit(steps, entries)
        for due in case.due:
            self._metrics.told.labels(due.reason).inc()
        log.info("%s of %s is told about %d lines in %d mails", case.audience, case.region, len(steps), len(mails))
        self._told()

    async def _commit(self, steps: Sequence[Told], entries: Sequence[Entry]) -> None:
        if not steps:
            return

        async def work(session: Session) -> None:
            await self._record.put(session, steps)
            await put(session, entries)

        await self._transactions.run(work)
        for event in steps:
            self._alerts.apply(event)
        self._record.wake()


def _verdicts(case: Case) -> set[tuple[object, ...]]:
    """How the lines stand that are told about, or all of them before anything is decided, and what was said to them."""
    lines = [due.line for due in case.due] or case.lines
    return {
        (
            line.name,
            line.standing.status,
            line.standing.severity,
            line.state.acknowledged_until,
            line.state.silenced_until,
        )
        for line in lines
    }


def _audiences(region: str, known: Iterable[str]) -> set[Key]:
    """Who may have to be told when something about a region, or all in it, changes."""
    if level_of(region) in (Level.NATION, Level.PROVINCE):
        heads = {kabkota_of(code) for code in known if "." in code and within(code, region)}
    else:
        heads = {kabkota_of(region)}
    keys: set[Key] = {("head", head) for head in heads}
    keys |= {("province", head.partition(".")[0]) for head in heads}
    return keys | ({("directorate", NATION)} if heads else set())
