"""What heads are to be told of each line, by the pure rules of decide.py."""

from __future__ import annotations

from dataclasses import dataclass, replace

from services.notifier.contents import Reason
from services.notifier.decide import BACK_ON_THE_LINE, Policy, decide
from services.notifier.lines import Line
from services.notifier.pipeline import Case, Due, Ended
from services.notifier.read_api import ReadApi
from shared.events.standing import Standing


@dataclass(frozen=True, slots=True)
class Decide:
    """Heads are told of what changed. Those above them are another stage's."""

    policy: Policy
    read_api: ReadApi

    async def __call__(self, case: Case) -> Case | Ended:
        """End the case of a head if there is nothing to tell.

        Raises:
            ReadApiUnavailableError: how a line stood on the day that was told cannot be found out.
        """
        if case.audience != "head":
            return case
        due = []
        for line in case.lines:
            then = await self._then(line)
            decision = decide(line.standing, line.state, case.now, self.policy, then=then)
            if decision.reason is not Reason.NONE:
                due.append(Due(line, decision, then))
        return replace(case, due=tuple(due)) if due else Ended("decide", "nothing_to_tell")

    async def _then(self, line: Line) -> Standing | None:
        state = line.state
        if not state.open or state.told is None or line.standing.status not in BACK_ON_THE_LINE:
            return None
        return await self.read_api.then(line.standing, state.told.on)
