"""The ticks of an axis: round numbers of people, and the beginnings of weeks, months or years."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count

from shared.wording import Wording

_STEPS = (1, 2, 5)
_PEOPLE_TICKS = 5


def people_ticks(low: int, high: int) -> list[int]:
    """At most seven round numbers around ``low`` to ``high``, from zero unless the way is a small part of the whole."""
    bottom = low if low < 0 or low > 0.4 * high else 0
    step = next(
        factor * 10**power
        for power in count()
        for factor in _STEPS
        if (high - bottom) <= _PEOPLE_TICKS * factor * 10**power
    )
    first = bottom // step * step
    return list(range(first, max(high, first + step) + 1, step))


def people_labels(ticks: list[int], words: Wording) -> list[str]:
    """``200 rb`` where that says it exactly, ``2.181.500`` where it would not."""
    step = ticks[1] - ticks[0]
    exact = step % (10_000 if ticks[-1] >= 1_000_000 else 1_000) == 0
    return [words.compact(tick) if exact else words.number(tick) for tick in ticks]


def day_ticks(first: date, last: date, words: Wording, most: int = 6) -> list[tuple[date, str]]:
    """At most ``most`` days (two at least) with labels: days and weeks in a short span, else beginnings of months or
    years. The year stands under the first and wherever it is another one."""
    span = (last - first).days
    if span < 60:
        step = max(1, -(-span // (most - 1)))
        if span >= 14:
            step = -(-step // 7) * 7
        return _with_years([first + timedelta(days=at) for at in range(0, span + 1, step)], words, "d MMM")
    months = [
        date(index // 12, index % 12 + 1, 1)
        for index in range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    ]
    months = [month for month in months if first <= month <= last]
    for step in (1, 2, 3, 4, 6, 12, 24, 60, 120, 240, 600, 1200, 6000, 12_000):
        kept = [
            month for month in months if (month.month - 1) % min(step, 12) == 0 and month.year % max(step // 12, 1) == 0
        ]
        if len(kept) <= most:
            break
    if not kept:  # a few months within which none begins a year or its part
        kept = months[:1]
    if step >= 12:
        return [(month, words.short(month, "y")) for month in kept]
    return _with_years(kept, words, "MMM")


def _with_years(days: list[date], words: Wording, pattern: str) -> list[tuple[date, str]]:
    labels = []
    year = None
    for day in days:
        labels.append((day, words.short(day, pattern if day.year == year else f"{pattern}\ny")))
        year = day.year
    return labels
