"""What nobody acknowledged goes up: to the province, then to the directorate, by the pure rule of decide.py."""

from __future__ import annotations

from dataclasses import dataclass, replace

from services.notifier.contents import Reason
from services.notifier.decide import Policy, escalation
from services.notifier.pipeline import Audience, Case, Due, Ended

_TOLD_BEFORE: dict[Audience, int] = {"province": 0, "directorate": 1}
"""How many levels above the head must have been told before this one is."""


@dataclass(frozen=True, slots=True)
class Escalate:
    """Those above heads are told of what their heads left unacknowledged, level by level."""

    policy: Policy

    async def __call__(self, case: Case) -> Case | Ended:
        """End the case of a province or the directorate if there is nothing to tell."""
        if case.audience == "head":
            return case
        turn = _TOLD_BEFORE[case.audience]
        decided = (
            Due(line, escalation(line.standing, line.state, case.now, self.policy))
            for line in case.lines
            if line.state.escalated == turn
        )
        due = tuple(one for one in decided if one.reason is not Reason.NONE)
        return replace(case, due=due) if due else Ended("escalate", "nothing_to_tell")
