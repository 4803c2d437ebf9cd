"""Which of several notifiers is on duty: it alone tells, and the others stand by until it is silent.

What is known of alerts is in the memory of the notifier on duty, and is right as long as nobody else tells anything.
Who is on duty, for which term, is kept in the database. A beat every second says that it is still there; time is the
onlooker's own looks, so that no clock has to be right. Who was silent for too long may only have stood still, and
wakes without knowing that its term is over: so every transaction by which something is told begins by making sure of
the term, and fails once another has begun.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from services.notifier.metrics import Metrics
from shared.database import Database, Document, Session, Transactions, update
from shared.errors import RecoverableError

log = logging.getLogger(__name__)
DUTY = "duty"
LANES = ("telling", "claiming", "digesting")
"""What the notifier on duty does in transactions of their own, each with a document for the term: they do not meet."""

_HOLDER = "holder"
_MISSED_BEATS = 15


class DutyLostError(RecoverableError):
    """Another notifier has taken over: what this one was about to tell is told by that one, if it is still true."""


class Duty:
    """``replica`` is the name of this notifier; who had the duty under that name was this one before it ended.
    ``lost`` is called once the duty has gone to another without being left."""

    def __init__(
        self,
        database: Database,
        replica: str,
        metrics: Metrics,
        *,
        lost: Callable[[BaseException], None],
        beat_seconds: float = 1.0,
    ) -> None:
        self.begun = asyncio.Event()
        self._database = database
        self._replica = replica
        self._metrics = metrics
        self._lost = lost
        self._beat_seconds = beat_seconds
        self._transactions = database.transactions(f"{replica}/duty")
        self._term = 0
        self._certain_at = 0.0

    @property
    def is_certain(self) -> bool:
        """Whether nobody else can have taken over since this one last made sure of its term."""
        return self.begun.is_set() and time.monotonic() - self._certain_at < _MISSED_BEATS * self._beat_seconds

    def transactions(self, lane: str) -> Transactions:
        """Transactions of a lane that are committed by nobody but the notifier on duty."""
        return self._database.transactions(f"{self._replica}/{lane}", begin=self._certain_of(lane))

    async def run(self) -> None:
        """Stand by until it is this one's turn, and say from then on that it is there; until cancelled or lost."""
        await self._stand_by()
        while True:
            await asyncio.sleep(self._beat_seconds)
            try:
                began = time.monotonic()
                await self._transactions.run(self._certain_of(_HOLDER))
                self._certain_at = began
            except DutyLostError as error:
                self._metrics.on_duty.set(0)
                return self._lost(error)
            except RecoverableError as error:
                log.warning("%s; trying again", error)

    async def left(self) -> None:
        """Let another take over at once, if this one is on duty.

        Raises:
            RecoverableError: the database is away, or another one has already taken over.
        """
        if not self.begun.is_set():
            return

        async def leave(session: Session) -> None:
            await self._certain_of(_HOLDER)(session)
            await session.write(DUTY, [update(_HOLDER, {"$set": {"replica": None}})])

        await self._transactions.run(leave)
        self._metrics.on_duty.set(0)

    async def _stand_by(self) -> None:
        known: Document | None = None
        silent = 0
        log.info("%s stands by", self._replica)
        while True:
            try:
                began = time.monotonic()
                seen = (await self._database.by_ids(DUTY, [_HOLDER])).get(_HOLDER)
                silent = silent + 1 if seen == known else 0
                known = seen
                if seen is None or seen["replica"] in (None, self._replica) or silent > _MISSED_BEATS:
                    self._term = await self._transactions.run(self._taking(seen))
            except RecoverableError as error:
                log.warning("%s; trying again", error)
                silent = 0  # who cannot see whether there are beats has missed none
            if self._term:
                break
            await asyncio.sleep(self._beat_seconds)
        self._certain_at = began
        self._metrics.on_duty.set(1)
        self.begun.set()
        log.info("%s is on duty, term %d", self._replica, self._term)

    def _taking(self, seen: Document | None) -> Callable[[Session], Awaitable[int]]:
        async def take(session: Session) -> int:
            """The new term, 0 if somebody was faster. A commit whose answer was lost is found by the next look."""
            found = await session.by_ids(DUTY, [_HOLDER])
            if found.get(_HOLDER) != seen:
                return 0
            term = 1 if seen is None else int(seen["term"]) + 1
            begun = {"term": term, "beats": 0}
            holder = update(_HOLDER, {"$set": {"replica": self._replica, **begun}})
            await session.write(DUTY, [holder, *(update(lane, {"$set": begun}) for lane in LANES)])
            return term

        return take

    def _certain_of(self, name: str) -> Callable[[Session], Awaitable[None]]:
        async def certain(session: Session) -> None:
            found = (await session.by_ids(DUTY, [name])).get(name)
            if self._term == 0 or found is None or found["term"] != self._term:
                raise DutyLostError(f"{self._replica} is not on duty: another notifier has taken over")
            # Written, not only read: this and the transaction of whoever takes over at that moment are in conflict.
            await session.write(DUTY, [update(name, {"$inc": {"beats": 1}})])

        return certain
