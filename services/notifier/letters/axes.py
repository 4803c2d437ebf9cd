"""The ticks of the burn-up chart: round numbers of people, and the beginnings of months."""

from __future__ import annotations

from datetime import date, timedelta

from services.notifier.letters.wording import Wording

_STEPS = (1, 2, 5)
_PEOPLE_TICKS = 5
_DAY_TICKS = 6


def people_ticks(low: int, high: int) -> list[int]:
    """At most six round numbers around ``low`` to ``high``, from zero unless the way is a small part of the whole."""
    bottom = 0 if low <= 0.4 * high else low
    step = next(
        factor * 10**power
        for power in range(12)
        for factor in _STEPS
        if (high - bottom) <= _PEOPLE_TICKS * factor * 10**power
    )
    first = bottom // step * step
    return list(range(first, max(high, first + step) + 1, step))


def people_labels(ticks: list[int], say: Wording) -> list[str]:
    """``200 rb`` where that says it exactly, ``2.181.500`` where it would not."""
    step = ticks[1] - ticks[0]
    exact = step % (10_000 if ticks[-1] >= 1_000_000 else 1_000) == 0
    return [say.compact(tick) if exact else say.number(tick) for tick in ticks]


def day_ticks(first: date, last: date, say: Wording) -> list[tuple[date, str]]:
    """At most seven days with labels: weeks in a short span, else beginnings of months or years; the year stands under
    the first and under each January."""
    span = (last - first).days
    if span < 60:
        step = max(1, -(-span // _DAY_TICKS)) if span < 14 else -(-span // 28) * 7
        return [
            (first + timedelta(days=at), say.short(first + timedelta(days=at), "d MMM"))
            for at in range(0, span + 1, step)
        ]
    months = [
        date(index // 12, index % 12 + 1, 1)
        for index in range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    ]
    months = [month for month in months if first <= month <= last]
    step = next(step for step in (1, 2, 3, 4, 6, 12, 24, 60, 120, 1200) if len(months) / step <= _DAY_TICKS)
    kept = [
        month for month in months if (month.month - 1) % min(step, 12) == 0 and month.year % max(step // 12, 1) == 0
    ]
    if step >= 12:
        return [(month, say.short(month, "y")) for month in kept]
    return [
        (month, say.short(month, "MMM\ny" if month.month == 1 or at == 0 else "MMM")) for at, month in enumerate(kept)
    ]
