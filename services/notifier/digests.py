"""Digests and heartbeats: each once a period, also when all is well, so that silence means something."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from services.notifier import calendar
from services.notifier.alerts import Alerts
from services.notifier.contents import Digest, Heartbeat
from services.notifier.delivery.outbox import put
from services.notifier.lines import Lines
from services.notifier.metrics import Metrics
from services.notifier.pages import Pages
from services.notifier.post import Content, entries_of
from services.notifier.readiness import Readiness
from services.notifier.recipient import Recipient, Role
from services.notifier.recipients import Recipients
from services.notifier.schedule import Hours
from services.notifier.summary import Statuses, summary
from shared.database import Database, Session, Transactions, update
from shared.errors import RecoverableError
from shared.wilayah import zone_of

log = logging.getLogger(__name__)
DIGESTS = "digests"
_LOOK_SECONDS = 30.0
_HELD_SECONDS = 2.0
_ROLES: tuple[Role, ...] = ("head", "province", "directorate", "operations")
Facts = Callable[[datetime], Awaitable[tuple[dict[str, int | str], tuple[str, ...]]]]
"""Figures and warnings of a heartbeat at a moment."""


class Digests:
    """Looks twice a minute, and sooner again where the figures were not those of the moment. What was written for which
    period is kept with the statuses it told."""

    def __init__(
        self,
        lines: Lines,
        alerts: Alerts,
        recipients: Recipients,
        readiness: Readiness,
        *,
        database: Database,
        transactions: Transactions,
        metrics: Metrics,
        hours: Callable[[], Hours],
        weekday: int,
        domain: str,
        pages: Pages,
        facts: Facts,
        told: Callable[[], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._lines = lines
        self._alerts = alerts
        self._recipients = recipients
        self._readiness = readiness
        self._database = database
        self._transactions = transactions
        self._metrics = metrics
        self._hours = hours
        self._weekday = weekday
        self._domain = domain
        self._pages = pages
        self._facts = facts
        self._told = told
        self._clock = clock

    async def run(self) -> None:
        """Write what is due until cancelled."""
        while True:
            pause = _LOOK_SECONDS
            try:
                if await self.look():
                    pause = _HELD_SECONDS
            except RecoverableError as error:
                log.warning("writing digests failed: %s; trying again", error)
            else:
                self._metrics.looks.inc()
            await asyncio.sleep(pause)

    async def look(self) -> int:
        """Write every digest and heartbeat that is due and not yet written.

        Returns:
            How many digests are due and were held back, because the figures may not be those of this moment.

        Raises:
            RecoverableError: not all were written.
        """
        now = self._clock()
        kept = {document["_id"]: document for document in await self._database.find(DIGESTS, {})}
        self._count_untold()
        held = 0
        for role in _ROLES:
            for recipient in self._recipients.all(role):
                key = _key(recipient)
                before = kept.get(key, {})
                if role == "operations":
                    await self._beat(recipient, key, before.get("period"), now)
                else:
                    held += not await self._sum_up(recipient, key, before, now)
        return held

    async def _sum_up(self, recipient: Recipient, key: str, before: dict[str, object], now: datetime) -> bool:
        """Whether nothing is left to write for this recipient at this moment."""
        region, hours = recipient.region, self._hours()
        period = calendar.week(hours, region, now, self._weekday)
        weekly = period is not None and before.get("period") != period
        today = calendar.working_day(hours, region, now) if recipient.role == "province" else None
        if not weekly and (today is None or before.get("day") == today):
            return True
        standings = self._lines.within(region)
        if await self._readiness.held({standing.projection for standing in standings}) is not None:
            return False
        told: Statuses | None = before.get("statuses")  # type: ignore[assignment]  # as it was written below
        found = summary(region, standings, told, self._alerts.of, lambda state: state.acknowledged(now))
        if not before and not calendar.is_the_day(hours, region, now, self._weekday):
            # New in the recipients file: the first digest comes with the next week's, this is what it compares with.
            await self._database.update(
                DIGESTS, key, {"$set": {"statuses": dict(found.statuses), "day": today, "period": period}}, upsert=True
            )
            return True
        if not weekly and not found.changed:
            return True
        on = max((row.standing.on for row in found.rows), default=now.astimezone(zone_of(region)).date())
        digest = Digest(
            message_id=self._message_id(key, period if weekly else today),
            recipient=recipient,
            written_at=now.astimezone(zone_of(region)),
            on=on,
            next_on=calendar.next_week(hours, region, now, self._weekday),
            rows=found.rows,
            untold=found.untold,
            page=self._pages.link(region, region, now),
        )
        keep: dict[str, object] = {"statuses": dict(found.statuses), "day": today or before.get("day")}
        await self._write(key, digest, keep | ({"period": period} if weekly else {}))
        self._metrics.digests.labels("digest").inc()
        return True

    async def _beat(self, recipient: Recipient, key: str, before: object, now: datetime) -> None:
        period = calendar.day(self._hours(), recipient.region, now)
        if period is None or before == period:
            return
        figures, warnings = await self._facts(now)
        heartbeat = Heartbeat(
            message_id=self._message_id(key, period),
            recipient=recipient,
            written_at=now.astimezone(zone_of(recipient.region)),
            figures=figures,
            warnings=warnings,
        )
        await self._write(key, heartbeat, {"period": period})
        self._metrics.digests.labels("heartbeat").inc()

    async def _write(self, key: str, content: Content, keep: dict[str, object]) -> None:
        entries = await entries_of([content])

        async def work(session: Session) -> None:
            await put(session, entries)
            await session.write(DIGESTS, [update(key, {"$set": keep})])

        await self._transactions.run(work)
        self._told()

    def _message_id(self, key: str, period: str | None) -> str:
        return f"<{hashlib.blake2b(f'{key}|{period}'.encode(), digest_size=16).hexdigest()}@{self._domain}>"

    def _count_untold(self) -> None:
        heads = {recipient.region for recipient in self._recipients.all("head")}
        self._metrics.untold.set(len(self._lines.aimed() - heads))


def _key(recipient: Recipient) -> str:
    """Of one recipient in one role, without the address."""
    name = "|".join((recipient.role, recipient.region, recipient.email.lower()))
    return f"{recipient.role}/{recipient.region}/{hashlib.blake2b(name.encode(), digest_size=6).hexdigest()}"
