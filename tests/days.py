"""Days of the week, for those who are told something once a week."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def not_today() -> int:
    """A weekday, 0 is Monday, that it is nowhere in the country while offices are open: no digest comes in between."""
    return (datetime.now(ZoneInfo("Asia/Jakarta")).weekday() + 1) % 7
