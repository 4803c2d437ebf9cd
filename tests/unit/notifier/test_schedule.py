"""When mails go out, in three zones, over weekends, holidays and ends of years; and when digests are due."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier import calendar
from services.notifier.schedule import Hours, is_working_day, opening

HOURS = Hours()
WIB, WITA, WIT = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Makassar"), ZoneInfo("Asia/Jayapura")


@pytest.mark.parametrize(
    ("region", "now", "opens"),
    [
        # A Thursday: open, before it opens, after it closed, at the last and first moment.
        ("36.04", datetime(2024, 6, 27, 9, 30, tzinfo=WIB), datetime(2024, 6, 27, 9, 30, tzinfo=WIB)),
        ("36.04", datetime(2024, 6, 27, 3, 0, tzinfo=WIB), datetime(2024, 6, 27, 8, 0, tzinfo=WIB)),
        ("36.04", datetime(2024, 6, 27, 16, 0, tzinfo=WIB), datetime(2024, 6, 28, 8, 0, tzinfo=WIB)),
        ("36.04", datetime(2024, 6, 27, 15, 59, 59, tzinfo=WIB), datetime(2024, 6, 27, 15, 59, 59, tzinfo=WIB)),
        # One moment, three zones: nine in the morning in Jayapura is seven in Jakarta.
        ("91.71", datetime(2024, 6, 27, 0, 0, tzinfo=UTC), datetime(2024, 6, 27, 9, 0, tzinfo=WIT)),
        ("51.71", datetime(2024, 6, 27, 0, 0, tzinfo=UTC), datetime(2024, 6, 27, 8, 0, tzinfo=WITA)),
        ("36.04", datetime(2024, 6, 27, 0, 0, tzinfo=UTC), datetime(2024, 6, 27, 8, 0, tzinfo=WIB)),
        ("ID", datetime(2024, 6, 27, 0, 0, tzinfo=UTC), datetime(2024, 6, 27, 8, 0, tzinfo=WIB)),
        # A Friday evening; Idul Fitri with its joint leave; Christmas into the weekend; New Year.
        ("36.04", datetime(2024, 6, 28, 17, 0, tzinfo=WIB), datetime(2024, 7, 1, 8, 0, tzinfo=WIB)),
        ("36.04", datetime(2024, 4, 6, 10, 0, tzinfo=WIB), datetime(2024, 4, 16, 8, 0, tzinfo=WIB)),
        ("36.04", datetime(2026, 12, 31, 18, 0, tzinfo=WIB), datetime(2027, 1, 4, 8, 0, tzinfo=WIB)),
        # 29 February 2024 was a working Thursday.
        ("91.71", datetime(2024, 2, 28, 23, 30, tzinfo=WIT), datetime(2024, 2, 29, 8, 0, tzinfo=WIT)),
    ],
)
def test_offices_open_in_their_own_zone(region: str, now: datetime, opens: datetime) -> None:
    assert opening(HOURS, region, now) == opens


def test_joint_leave_is_no_working_day() -> None:
    assert not is_working_day(date(2024, 4, 12))
    assert not is_working_day(date(2024, 8, 17))
    assert is_working_day(date(2024, 2, 29))


MOMENTS = st.datetimes(
    datetime(2023, 1, 1),  # noqa: DTZ001 - bounds are naive, the zone is drawn
    datetime(2027, 12, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(now=MOMENTS, region=st.sampled_from(["36.04", "51.71", "91.71"]))
def test_an_opening_is_within_hours_and_nothing_before_it_was(now: datetime, region: str) -> None:
    opens = opening(HOURS, region, now)
    local = opens.astimezone({"36.04": WIB, "51.71": WITA, "91.71": WIT}[region])
    assert opens >= now
    assert time(8) <= local.time() < time(16)
    assert is_working_day(local.date())
    assert opening(HOURS, region, opens) == opens
    assert opens == now or opening(HOURS, region, opens - timedelta(seconds=1)) == opens
    assert opening(Hours(always=True), region, now) == now


@given(start=MOMENTS, region=st.sampled_from(["36.04", "51.71", "91.71"]), weekday=st.integers(0, 4))
def test_every_week_has_one_digest_and_it_comes_on_a_working_day(start: datetime, region: str, weekday: int) -> None:
    """Looked at each hour of eight weeks: periods follow each other, one for each week that has a working day left."""
    found: list[tuple[str, datetime]] = []
    for hour in range(8 * 7 * 24):
        now = start + timedelta(hours=hour)
        period = calendar.week(HOURS, region, now, weekday)
        if period is not None and (not found or found[-1][0] != period):
            found.append((period, now))
            assert opening(HOURS, region, now) == now
    periods = [period for period, _ in found]
    assert len(set(periods)) == len(periods)
    assert periods == sorted(periods)
    assert len(periods) >= 5  # Idul Fitri and the New Year can take a whole week's remainder


@pytest.mark.parametrize(
    ("now", "period"),
    [
        (datetime(2024, 6, 24, 7, 59, tzinfo=WIB), None),
        (datetime(2024, 6, 24, 8, 0, tzinfo=WIB), "2024-W26"),
        (datetime(2024, 6, 28, 15, 0, tzinfo=WIB), "2024-W26"),
        (datetime(2024, 6, 29, 10, 0, tzinfo=WIB), None),
        # Monday, 17 June 2024 was Idul Adha, the day after it joint leave.
        (datetime(2024, 6, 18, 9, 0, tzinfo=WIB), None),
        (datetime(2024, 6, 19, 8, 0, tzinfo=WIB), "2024-W25"),
        # The week of 30 December 2024 is the first of 2025.
        (datetime(2024, 12, 30, 8, 0, tzinfo=WIB), "2025-W01"),
    ],
)
def test_a_digest_is_due_from_the_weeks_first_opening_on(now: datetime, period: str | None) -> None:
    assert calendar.week(HOURS, "36.04", now, 0) == period


def test_a_heartbeat_is_due_every_day() -> None:
    sunday = datetime(2024, 6, 30, 8, 0, tzinfo=WIB)
    assert calendar.day(HOURS, "ID", sunday) == "2024-06-30"
    assert calendar.day(HOURS, "ID", sunday - timedelta(minutes=1)) is None
    assert calendar.working_day(HOURS, "51", sunday) is None
    assert calendar.next_week("36.04", datetime(2024, 6, 12, tzinfo=WIB), 0) == date(2024, 6, 19)
