"""Days with their changes, and the averages that end with each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

MOST_DAYS = 92
SPANS = (7, 28)
_ONE_DAY = timedelta(days=1)
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Day:
    """How many more people than the day before; less than zero where more were taken back than done."""

    on: date
    change: int


@dataclass(frozen=True, slots=True)
class Days:
    """The days shown, and as ``mean7`` and ``mean28`` the averages that end with each of them, in people a day;
    ``None`` before there are so many days. ``needed`` is the rate that the target asks for from now on."""

    days: tuple[Day, ...]
    means: dict[str, tuple[Decimal | None, ...]]
    needed: int | None


def averaged(days: Sequence[Day], shown: int, needed: int | None) -> Days:
    """The last ``shown`` days, 1 to 92. All before count in the averages only; a day that is missing had no change, and
    one that is given twice had both."""
    every = _every(days)
    shown = max(1, min(shown, MOST_DAYS))
    means = {
        f"mean{span}": tuple(
            _mean(every[at + 1 - span : at + 1], span) if at + 1 >= span else None for at in range(len(every))
        )[-shown:]
        for span in SPANS
    }
    return Days(tuple(every[-shown:]), means, needed)


def _every(days: Sequence[Day]) -> list[Day]:
    """Each day from the first to the last, once; no more than can be shown or counts in what is shown."""
    if not days:
        return []
    changes: dict[date, int] = {}
    for day in days:
        changes[day.on] = changes.get(day.on, 0) + day.change
    last = max(changes)
    first = max(min(changes), last - (MOST_DAYS + max(SPANS)) * _ONE_DAY)
    dates = (first + at * _ONE_DAY for at in range((last - first).days + 1))
    return [Day(on, changes.get(on, 0)) for on in dates]


def _mean(days: Sequence[Day], span: int) -> Decimal:
    return (Decimal(sum(day.change for day in days)) / span).quantize(_HUNDREDTH, ROUND_HALF_UP)
