"""How long to wait before something is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before the next try: doubling from ``first_seconds`` to ``longest_seconds``. A mail that the
    relay has not accepted ``give_up`` after it was written has failed."""

    first_seconds: float
    longest_seconds: float
    give_up: timedelta

    def after(self, attempts: int) -> timedelta:
        """The wait after so many tries in vain, 1 or more."""
        # Past 30 doublings any wait is the longest; a larger exponent would only overflow.
        return timedelta(seconds=min(self.longest_seconds, self.first_seconds * 2.0 ** min(attempts - 1, 30)))
