"""When a digest or a heartbeat is due: once a period, from the opening of an office on. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from services.notifier.schedule import Hours, opening
from shared.wilayah import zone_of

_ONE_WEEK = timedelta(weeks=1)
_WEEKS = 53


def week(hours: Hours, region: str, now: datetime, weekday: int) -> str | None:
    """The week, such as ``2024-W26``, whose digest is due at ``now`` (aware); ``None`` before its time.

    It is due on ``weekday`` (0 is Monday), or on the first working day after it.
    """
    year, number, _ = now.astimezone(zone_of(region)).isocalendar()
    due = _weekly_opening(hours, region, now, weekday) <= now and opening(hours, region, now) <= now
    return f"{year}-W{number:02}" if due else None


def is_the_day(hours: Hours, region: str, now: datetime, weekday: int) -> bool:
    """Whether this week's digest is due today, and not on a day that has passed."""
    local = now.astimezone(zone_of(region))
    return _weekly_opening(hours, region, now, weekday).date() == local.date()


def _weekly_opening(hours: Hours, region: str, now: datetime, weekday: int) -> datetime:
    local = now.astimezone(zone_of(region))
    year, number, _ = local.isocalendar()
    day = date.fromisocalendar(year, number, 1) + timedelta(days=weekday)
    # Who may mail at any time still has a time for what comes once a week.
    return opening(hours, region, datetime.combine(day, hours.opens, local.tzinfo))


def next_week(hours: Hours, region: str, now: datetime, weekday: int) -> date | None:
    """The day of the next digest after this week's; ``None`` if there is none within a year. A week that has no opening
    from ``weekday`` on has no digest."""
    then = now.astimezone(zone_of(region)) + _ONE_WEEK
    for _ in range(_WEEKS):
        if has_digest(hours, region, then, weekday):
            return _weekly_opening(hours, region, then, weekday).date()
        then += _ONE_WEEK
    return None


def has_digest(hours: Hours, region: str, then: datetime, weekday: int) -> bool:
    """Whether there is an opening from ``weekday`` on in the week of ``then`` (aware)."""
    opens = _weekly_opening(hours, region, then, weekday)
    return opens.isocalendar()[:2] == then.astimezone(zone_of(region)).isocalendar()[:2]


def working_day(hours: Hours, region: str, now: datetime) -> str | None:
    """The day, such as ``2024-06-28``, if its office is open at ``now`` (aware)."""
    local = now.astimezone(zone_of(region))
    return local.date().isoformat() if opening(hours, region, now) <= now else None


def day(hours: Hours, region: str, now: datetime) -> str | None:
    """The day, working or not and quiet or not, once its office would have opened: a sign of life that paused for a
    holiday would be taken for a failure."""
    local = now.astimezone(zone_of(region))
    return local.date().isoformat() if local.time() >= hours.opens else None
