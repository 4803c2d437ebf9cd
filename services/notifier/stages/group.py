"""One mail for each head: who is told, and a short wait for what else there may be to tell."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.notifier.lines import gravest_first
from services.notifier.pipeline import Case, Due, Ended
from services.notifier.recipient import Role
from services.notifier.recipients import Recipients


@dataclass(frozen=True, slots=True)
class Group:
    """Waits ``gather`` from the first moment on at which there was something to tell. The waits are not kept over a
    restart: they begin anew."""

    recipients: Recipients
    gather: timedelta
    since: dict[tuple[str, str], datetime] = field(default_factory=dict)

    async def __call__(self, case: Case) -> Case | Ended:
        """End the case if nobody is to be told, or not yet."""
        role: Role = case.audience
        found = tuple(one for one in self.recipients.all(role) if one.region == case.region)
        if not found:
            return Ended("group", "no_recipient")
        key = (case.audience, case.region)
        self.since[key] = min(self.since.get(key, case.now), case.now)  # a clock that was ahead may have been set right
        ripe = self.since[key] + self.gather
        if case.now < ripe:
            return Ended("group", "gathering", ripe)
        by_line = {due.line.name: due for due in case.due}
        ordered: tuple[Due, ...] = tuple(
            by_line[standing.line] for standing in gravest_first(due.line.standing for due in case.due)
        )
        return replace(case, recipients=found, due=ordered)

    def settled(self, case: Case) -> None:
        """It was told, or there is nothing to tell any more: the next wait begins anew."""
        self.since.pop((case.audience, case.region), None)
