"""When a mail may go out: in the working hours of whoever gets it, and in no quiet time there. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import holidays

from shared.wilayah import within, zone_of

_FRIDAY = 4
_ONE_DAY = timedelta(days=1)
_AHEAD = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class QuietDays:
    """Whole local days, ``first`` and ``last`` included, on which nothing goes to ``region`` or to what lies in it."""

    region: str
    first: date
    last: date
    reason: str

    def until(self, local: datetime) -> datetime | None:
        """When it is over, if ``local`` (aware, in the zone of whoever is mailed) lies in it."""
        if not self.first <= local.date() <= self.last:
            return None
        return datetime.combine(self.last + _ONE_DAY, time(), local.tzinfo)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``begins`` to before ``ends``, local time, of every day or of one ``weekday`` (0 is Monday), nothing goes to
    ``region`` or to what lies in it."""

    region: str
    begins: time
    ends: time
    reason: str
    weekday: int | None = None

    def until(self, local: datetime) -> datetime | None:
        """When it is over, if ``local`` (aware, in the zone of whoever is mailed) lies in it."""
        if self.weekday not in (None, local.weekday()) or not self.begins <= local.time() < self.ends:
            return None
        return datetime.combine(local.date(), self.ends, local.tzinfo)


Quiet = QuietDays | QuietHours


@dataclass(frozen=True, slots=True)
class Hours:
    """From ``opens`` to before ``closes``, local time, Monday to Friday but for public holidays and the government's
    days of joint leave; ``always``: at any time. Never in a ``quiet`` time, which somebody asked for."""

    opens: time = time(8)
    closes: time = time(16)
    always: bool = False
    quiet: tuple[Quiet, ...] = ()


def opening(hours: Hours, region: str, now: datetime) -> datetime:
    """The first moment from ``now`` (aware) on at which the office of a region works and nothing is quiet there;
    ``now`` itself if it is one.

    Looks 400 days ahead. If quiet times leave none in them, it is the end of these days; whoever asks again by then is
    told of a later one. So nothing goes out in a quiet time, and no list of quiet times can make this fail.
    """
    *_, (moment, _) = _openings(hours, region, now)
    return moment


def held_by(hours: Hours, region: str, now: datetime) -> tuple[Quiet, ...]:
    """The quiet times that take working hours away between ``now`` (aware) and the opening, in order, each once."""
    return tuple(dict.fromkeys(one for _, quiet in _openings(hours, region, now) for one in quiet))


def ever_opens(hours: Hours, region: str) -> bool:
    """Whether quiet hours leave the office of a region any time of its week. Quiet days pass and do not count."""
    weekly = tuple(one for one in hours.quiet if isinstance(one, QuietHours))
    start = datetime(2024, 1, 1, tzinfo=zone_of(region))  # any day does: hours come again every week
    return opening(replace(hours, quiet=weekly), region, start) < start + _AHEAD


def is_working_day(day: date) -> bool:
    """Whether offices work on this day, as far as the nation's calendar says."""
    return day.weekday() <= _FRIDAY and day not in _holidays(day.year)


def _openings(hours: Hours, region: str, now: datetime) -> Iterator[tuple[datetime, tuple[Quiet, ...]]]:
    """Moments at which the office would work, each with what is quiet then; the last is the one with nothing quiet."""
    local = now.astimezone(zone_of(region))
    near = [one for one in hours.quiet if within(region, one.region)]
    moment = _work_begins(hours, local)
    while moment < local + _AHEAD:
        ends = {one: end for one in near if (end := one.until(moment)) is not None}
        yield moment, tuple(ends)
        if not ends:
            return
        moment = _work_begins(hours, max(ends.values()))
    yield local + _AHEAD, ()


def _work_begins(hours: Hours, local: datetime) -> datetime:
    if hours.always:
        return local
    day = local.date() if local.time() < hours.closes else local.date() + _ONE_DAY
    while not is_working_day(day):
        day += _ONE_DAY
    return max(local, datetime.combine(day, hours.opens, local.tzinfo))


@lru_cache(maxsize=16)
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("ID", years=year, categories=("public", "government")))
