"""What is known of the relay as a whole: while it is away everything waits, and one mail at a time finds out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.notifier.delivery.backoff import Backoff


@dataclass
class Hold:
    """``away`` counts how often in a row the relay was not there; until ``until`` nobody tries."""

    backoff: Backoff
    away: int = 0
    until: datetime | None = None

    def learn(self, relay_away: bool, *, known: int, now: datetime) -> None:
        """Take in a try that began when ``away`` was ``known``. Tries that began at once count once, and what one that
        began before tells is older than what is known."""
        if known != self.away:
            return
        if relay_away:
            self.away += 1
            self.until = now + self.backoff.after(self.away)
        else:
            self.away, self.until = 0, None
