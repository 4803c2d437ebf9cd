"""Signs of life for operations: what a heartbeat says, good or bad."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifier.alerts import Alerts
from services.notifier.delivery.outbox import OUTBOX
from services.notifier.lines import Lines
from services.notifier.readiness import Readiness
from services.notifier.recipients import Recipients
from shared.database import Database
from shared.wilayah import NATION

_DAY = timedelta(days=1)
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Signs:
    """Looks at everything that a heartbeat names."""

    lines: Lines
    alerts: Alerts
    recipients: Recipients
    readiness: Readiness
    database: Database

    async def facts(self, now: datetime) -> tuple[dict[str, int | str], tuple[str, ...]]:
        """Figures by label, and what needs care, at ``now`` (aware).

        Raises:
            DatabaseUnavailableError: the mails cannot be counted.
        """
        recent = {"created_at": {"$gte": now - _DAY}}
        counts: dict[str, int | str] = {"lines": len(self.lines.within(NATION))}
        counts["alerts_open"] = sum(state.open for _, state in self.alerts.lines())
        for state in ("sent", "failed", "uncertain"):
            counts[f"mails_{state}"] = await self.database.count(OUTBOX, recent | {"state": state})
        counts["mails_bounced"] = await self.database.count(OUTBOX, recent | {"bounced": {"$ne": None}})
        counts["mails_waiting"] = await self.database.count(OUTBOX, {"recorded": False, "state": "pending"})
        held = await self.readiness.held({standing.projection for standing in self.lines.within(NATION)})
        return counts, tuple(self._warnings(counts, held))

    def _warnings(self, counts: dict[str, int | str], held: str | None) -> list[str]:
        found = []
        if held is not None:
            found.append(f"nothing is told at this moment: {held}")
        heads = {one.region for one in self.recipients.all("head")}
        if untold := sorted(self.lines.aimed() - heads):
            more = "" if len(untold) <= _MOST_NAMED else f" and {len(untold) - _MOST_NAMED} more"
            found.append(f"regions with a target and no head in the recipients file: {', '.join(untold[:20])}{more}")
        found += [
            f"{counts[f'mails_{state}']} mails {state} in the last 24 hours: see /v1/mails"
            for state in ("failed", "uncertain", "bounced")
            if counts[f"mails_{state}"]
        ]
        return found
