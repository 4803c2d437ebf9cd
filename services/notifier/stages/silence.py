"""What somebody asked not to be told about for a while is left out."""

from __future__ import annotations

from dataclasses import replace

from services.notifier.pipeline import Case, Ended


async def silence(case: Case) -> Case | Ended:
    """End the case if nothing else is left; it comes again when the first silence ends."""
    heard = tuple(due for due in case.due if not due.line.state.silenced(case.now))
    if heard:
        return replace(case, due=heard)
    ends = [due.line.state.silenced_until for due in case.due if due.line.state.silenced_until is not None]
    return Ended("silence", "silenced", min(ends))
