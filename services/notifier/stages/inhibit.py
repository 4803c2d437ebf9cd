"""Nothing is told on shaky ground, and nothing on its own that rides along with something else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from services.notifier.pipeline import Case, Ended
from services.notifier.readiness import Readiness
from shared.wilayah import is_narrow

_AGAIN, _SOON = timedelta(seconds=2), timedelta(seconds=0.2)


@dataclass(frozen=True, slots=True)
class Inhibit:
    """``readiness`` knows whether the figures are those of this moment."""

    readiness: Readiness

    async def __call__(self, case: Case) -> Case | Ended:
        """End the case unless a line of the region itself is due: those of its kecamatan and desa ride in its mail."""
        if all(is_narrow(due.line.standing.region) for due in case.due):
            return Ended("inhibit", "rides")
        held = await self.readiness.held({due.line.standing.projection for due in case.due})
        if held is None:
            return case
        # Standings that wait are usually gone in a moment: they came with the one that made us look.
        return Ended("inhibit", held, case.now + (_SOON if held == "standings_waiting" else _AGAIN))
