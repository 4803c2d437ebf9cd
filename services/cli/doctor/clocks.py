"""Clocks that do not agree: a business date is decided by a clock, and so is when a mail is due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.cli.doctor.finding import Finding, fault, warning

ABOUT = "clocks"
_TOLERATED = timedelta(seconds=2)
_TOO_MUCH = timedelta(minutes=5)


def compared(whose: str, before: datetime, theirs: datetime, after: datetime) -> Iterator[Finding]:
    """Another machine's clock, read between two looks at ours; all three are aware."""
    apart = max(before - theirs, theirs - after, timedelta())
    if apart > _TOLERATED:
        direction = "ahead of" if theirs > after else "behind"
        state = fault if apart > _TOO_MUCH else warning
        what = f"the clock of {whose} is {apart.total_seconds():.0f} s {direction} the one here"
        yield state(ABOUT, what, "let both follow the same time servers: `timedatectl set-ntp true`")
