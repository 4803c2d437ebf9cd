"""The sender: takes due entries of the outbox to the relay, a few at once.

It sleeps until an entry is added or becomes due. One transaction that hangs holds up nothing else: no more than half
of those under way go to one recipient domain. While the relay is away it holds all mail back, with backoff, and then
lets one mail find out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from services.notifier.delivery.attempt import Attempt, Tried
from services.notifier.delivery.backoff import Backoff
from services.notifier.delivery.hold import Hold
from services.notifier.delivery.mailer import Mailer
from services.notifier.delivery.metrics import Metrics
from services.notifier.delivery.outbox import FINAL, Entry, NotPendingError, Open, Outbox
from services.notifier.delivery.record import Recorder
from shared.errors import RecoverableError
from shared.tracing.span import OFF, Tracing

log = logging.getLogger(__name__)
_HALTED = timedelta(seconds=2)
_LOOKING_ANEW = timedelta(seconds=60)  # an operator may have changed the outbox


class _StoppedError(Exception):
    """The service ends: no other mail is begun."""


@dataclass(eq=False)
class _Flight:
    """A try under way. ``claim`` marks the entry as this try's own; ``known`` is what was known of the relay when it
    began; ``probe`` if it alone finds out whether the relay is back."""

    entry: Open
    claim: str
    known: int
    probe: bool
    in_data: bool = False


class Sender:
    """One per service. ``recorded`` is told every entry whose outcome is final (sent, failed or uncertain), at least
    once; it raises RecoverableError if it has to be told again. ``at_once`` mails are under way at most: with 2 or
    more, one that hangs delays no other."""

    def __init__(
        self,
        outbox: Outbox,
        mailer: Mailer,
        *,
        recorded: Callable[[Entry], Awaitable[None]],
        metrics: Metrics,
        backoff: Backoff,
        clock: Callable[[], datetime],
        at_once: int = 4,
        tracing: Tracing = OFF,
    ) -> None:
        self._outbox = outbox
        self._metrics = metrics
        self._backoff = backoff
        self._clock = clock
        self._at_once = at_once
        self._per_domain = max(1, at_once // 2)
        self._attempt = Attempt(outbox, mailer, metrics, backoff, clock, tracing)
        self._recorder = Recorder(outbox, recorded, self._forget)
        self._hold = Hold(backoff)
        self._open: dict[str, Open] = {}
        self._touched: set[str] = set()
        self._flights: dict[str, tuple[_Flight, asyncio.Task[None]]] = {}
        self._unheard: dict[str, str] = {}
        self._look_at: datetime | None = None
        self._changed = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Something was added to the outbox."""
        self._look_at = None
        self._changed.set()

    def stop(self) -> None:
        """Return from :meth:`run` once the mails whose text has begun are through; the others are let go."""
        self._stopping = True
        for flight, task in self._flights.values():
            if not flight.in_data:
                task.cancel()
        self._changed.set()

    def show_age(self) -> None:
        """Bring the age of the oldest mail that waits up to this moment."""
        waiting = [entry.created_at for entry in self._open.values() if entry.state not in FINAL]
        now = self._clock()
        self._metrics.oldest_mail_age.set(max((now - min(waiting, default=now)).total_seconds(), 0.0))

    async def recover(self) -> None:
        """Before :meth:`run`: what was cut off while being sent becomes uncertain.

        Raises:
            DatabaseUnavailableError: the outbox cannot be read.
        """
        for found in await self._outbox.open():
            if found.state == "sending":
                await self._attempt.cut_off(await self._outbox.entry(found.id))
        last = await self._outbox.last_sent_at()
        if last is not None:
            self._metrics.last_sent.set(last.timestamp())

    async def run(self) -> None:
        """Deliver and record until :meth:`stop`. Cancelled, it cuts off what is under way: that is found by
        :meth:`recover`."""
        recording = asyncio.create_task(self._recorder.run())
        recording.add_done_callback(lambda _: self._changed.set())
        try:
            while True:
                self._changed.clear()
                if recording.done():
                    recording.result()
                self._land()
                if self._stopping and not self._flights:
                    break
                pause = None if self._stopping else await self._begin()
                self._show()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), pause)
            self._recorder.end()
            await recording
        finally:
            tasks = [recording, *(task for _, task in self._flights.values())]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _land(self) -> None:
        """Let go of the flights that have ended; a defect in one ends the service."""
        for key, (_, task) in list(self._flights.items()):
            if task.done():
                del self._flights[key]
                if not task.cancelled():
                    task.result()

    async def _begin(self) -> float:
        """Begin what is due, as far as there is room; the seconds for which nothing more begins by itself."""
        now = self._clock()
        if self._look_at is None or not now < self._look_at <= now + _LOOKING_ANEW:
            self._look_at = now + _LOOKING_ANEW
            try:
                await self._look()
            except RecoverableError as error:
                log.warning("%s; trying again", error)
                self._look_at = now + _HALTED
        if self._stopping:
            return 0.0
        now = self._clock()
        waiting = [entry for entry in self._open.values() if entry.state == "pending" and entry.id not in self._flights]
        for entry in sorted(waiting, key=lambda entry: (entry.next_attempt_at, entry.id)):
            if self._due(entry, now) <= now and self._has_room(entry):
                flight = _Flight(entry, self._unheard.get(entry.id, uuid4().hex), self._hold.away, self._hold.away > 0)
                task = asyncio.create_task(self._fly(flight))
                task.add_done_callback(lambda _: self._changed.set())
                self._flights[entry.id] = (flight, task)
        # By the same now: what became due since must not fall between beginning it and waiting for it. What was due
        # and is not under way waits for room, and whoever leaves calls.
        ahead = [self._look_at or now, *(due for entry in waiting if (due := self._due(entry, now)) > now)]
        return max((min(ahead) - self._clock()).total_seconds(), 0.0)

    async def _look(self) -> None:
        """Read the outbox anew, but for the entries that change meanwhile: of those more is known here."""
        self._touched.clear()
        found = await self._outbox.open()
        known = self._touched | self._flights.keys()
        self._open = {entry.id: entry for entry in found if entry.id not in known} | {
            key: entry for key, entry in self._open.items() if key in known
        }
        for entry in self._open.values():
            if entry.state in FINAL:
                self._recorder.add(entry.id)

    def _due(self, entry: Open, now: datetime) -> datetime:
        held = max(entry.next_attempt_at, self._hold.until or entry.next_attempt_at)
        if held > now + timedelta(seconds=self._backoff.longest_seconds):
            held = now  # we never wait so long: the clock was ahead when that was said
        return min(held, entry.created_at + self._backoff.give_up)

    def _has_room(self, entry: Open) -> bool:
        flights = [flight for flight, _ in self._flights.values()]
        return (
            len(flights) < self._at_once
            and sum(flight.entry.domain == entry.domain for flight in flights) < self._per_domain
            and not (self._hold.away and any(flight.probe for flight in flights))
        )

    async def _fly(self, flight: _Flight) -> None:
        key = flight.entry.id
        try:
            entry = await self._outbox.entry(key)
            if self._clock() - entry.created_at >= self._backoff.give_up:
                tried = await self._attempt.give_up(entry)
            else:
                tried = await self._attempt.make(entry, before_data=lambda: self._claim(flight))
                self._hold.learn(tried.outcome.relay_away, known=flight.known, now=self._clock())
        except _StoppedError:
            return
        except NotPendingError:
            log.warning("mail %s is no longer pending: somebody else has changed it", key)
            self._forget(key)
            self._look_at = None
        except RecoverableError as error:
            log.warning("%s; mail %s is tried again", error, key)
            self._set(replace(flight.entry, next_attempt_at=self._clock() + _HALTED))
        else:
            self._note(flight, tried)

    async def _claim(self, flight: _Flight) -> None:
        """From here on the flight is not let go: its entry may be marked as being sent."""
        if self._stopping:
            raise _StoppedError
        key = flight.entry.id
        self._unheard[key] = flight.claim
        flight.in_data = True
        try:
            await self._outbox.claim(key, flight.claim)
        except NotPendingError:
            del self._unheard[key]
            raise
        del self._unheard[key]
        self._set(replace(flight.entry, state="sending"))
        self._show()

    def _note(self, flight: _Flight, tried: Tried) -> None:
        self._set(replace(flight.entry, state=tried.state, next_attempt_at=tried.next_attempt_at))
        if tried.state in FINAL:
            self._unheard.pop(flight.entry.id, None)
            self._recorder.add(flight.entry.id)

    def _set(self, entry: Open) -> None:
        self._open[entry.id] = entry
        self._touched.add(entry.id)

    def _forget(self, key: str) -> None:
        self._open.pop(key, None)
        self._touched.add(key)
        self._changed.set()

    def _show(self) -> None:
        states = [entry.state for entry in self._open.values()]
        for state in ("pending", "sending", *sorted(FINAL)):
            self._metrics.open_mails.labels(state).set(states.count(state))
