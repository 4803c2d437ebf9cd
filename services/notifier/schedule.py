"""When a mail may go out: in the working hours of whoever gets it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import holidays

from shared.wilayah import zone_of

_MOST_DAYS = 31
_FRIDAY = 4


@dataclass(frozen=True, slots=True)
class Hours:
    """From ``opens`` to before ``closes``, local time, Monday to Friday but for public holidays and the government's
    days of joint leave. ``always``: at any time."""

    opens: time = time(8)
    closes: time = time(16)
    always: bool = False


def opening(hours: Hours, region: str, now: datetime) -> datetime:
    """The first moment from ``now`` (aware) on at which the office of a region works: ``now`` itself if it does.

    Raises:
        ValueError: no working day within a month, which no calendar has.
    """
    if hours.always:
        return now
    local = now.astimezone(zone_of(region))
    for days in range(_MOST_DAYS):
        day = local.date() + timedelta(days=days)
        if not is_working_day(day):
            continue
        opens, closes = (datetime.combine(day, at, local.tzinfo) for at in (hours.opens, hours.closes))
        if local < closes:
            return max(local, opens)
    raise ValueError(f"no working day within {_MOST_DAYS} days after {local.date()}")


def is_working_day(day: date) -> bool:
    """Whether offices work on this day."""
    return day.weekday() <= _FRIDAY and day not in _holidays(day.year)


@lru_cache(maxsize=16)
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("ID", years=year, categories=("public", "government")))
