"""Mails go out when the office that gets them works and nothing is quiet there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.notifier.pipeline import Case, Ended
from services.notifier.schedule import Hours, opening


@dataclass(frozen=True, slots=True)
class Schedule:
    """``hours`` are the working hours of every office, each in its own zone, with the quiet times as they are now."""

    hours: Callable[[], Hours]

    async def __call__(self, case: Case) -> Case | Ended:
        """End the case while the office is closed; it comes again when it opens, or when the quiet times change."""
        opens = opening(self.hours(), case.region, case.now)
        return case if opens <= case.now else Ended("schedule", "outside_hours", opens)
