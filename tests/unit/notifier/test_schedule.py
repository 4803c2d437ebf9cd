"""When mails go out, in three zones, over weekends, holidays, ends of years and quiet times; when digests are due."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from services.notifier import calendar
from services.notifier.schedule import (
    Hours,
    Quiet,
    QuietDays,
    QuietHours,
    ever_opens,
    held_by,
    is_working_day,
    opening,
)
from shared.wilayah import within, zone_of

HOURS = Hours()
WIB, WITA, WIT = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Makassar"), ZoneInfo("Asia/Jayapura")
GALUNGAN = QuietDays("51", date(2026, 6, 17), date(2026, 6, 18), "Galungan")
FRIDAY_PRAYER = QuietHours("ID", time(11, 30), time(13), "Salat Jumat", weekday=4)
ASSEMBLY = QuietHours("51.71", time(7, 30), time(9), "Apel pagi")
QUIET = (GALUNGAN, FRIDAY_PRAYER, ASSEMBLY)


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


@pytest.mark.parametrize(
    ("region", "now", "opens", "why"),
    [
        # Galungan, a Wednesday and a Thursday: in Bali, in its kab/kota, nowhere else, and by the clock of Bali.
        ("51", "2026-06-17T09:00", "2026-06-19T08:00", [GALUNGAN]),
        ("51.08", "2026-06-17T00:00", "2026-06-19T08:00", [GALUNGAN]),
        ("51.08", "2026-06-18T23:59", "2026-06-19T08:00", []),
        ("51.08", "2026-06-15T15:59", "2026-06-15T15:59", []),
        ("51.08", "2026-06-15T16:00", "2026-06-19T08:00", [GALUNGAN]),  # with the New Year of Islam before it
        ("52.71", "2026-06-17T09:00", "2026-06-17T09:00", []),
        ("ID", "2026-06-17T09:00", "2026-06-17T09:00", []),
        # A Friday: the last moment before the prayer, the first of it and after it, in three zones.
        ("36.04", "2026-06-19T11:29:59", "2026-06-19T11:29:59", []),
        ("36.04", "2026-06-19T11:30", "2026-06-19T13:00", [FRIDAY_PRAYER]),
        ("91.71", "2026-06-19T12:59:59", "2026-06-19T13:00", [FRIDAY_PRAYER]),
        ("ID", "2026-06-19T13:00", "2026-06-19T13:00", []),
        ("36.04", "2026-06-18T12:00", "2026-06-18T12:00", []),
        # Every day, from before the office opens; Galungan and the assembly after it hold together.
        ("51.71", "2026-06-22T06:00", "2026-06-22T09:00", [ASSEMBLY]),
        ("51.71", "2026-06-17T06:00", "2026-06-19T09:00", [GALUNGAN, ASSEMBLY]),
        ("51.08", "2026-06-22T06:00", "2026-06-22T08:00", []),
    ],
)
def test_nothing_goes_out_in_a_quiet_time(region: str, now: str, opens: str, why: list[Quiet]) -> None:
    hours = Hours(quiet=QUIET)
    moment, expected = (datetime.fromisoformat(text).replace(tzinfo=zone_of(region)) for text in (now, opens))
    assert opening(hours, region, moment) == expected
    assert held_by(hours, region, moment) == tuple(why)


@pytest.mark.parametrize(
    ("region", "now", "opens"),
    [
        ("51.71", "2026-06-17T03:00", "2026-06-19T00:00"),
        ("51.71", "2026-06-19T08:00", "2026-06-19T09:00"),
        ("51.71", "2026-06-20T22:00", "2026-06-20T22:00"),
        ("36.04", "2026-06-19T12:00", "2026-06-19T13:00"),
    ],
)
def test_who_mails_at_any_time_does_not_in_a_quiet_time(region: str, now: str, opens: str) -> None:
    moment, expected = (datetime.fromisoformat(text).replace(tzinfo=zone_of(region)) for text in (now, opens))
    assert opening(Hours(always=True, quiet=QUIET), region, moment) == expected


def test_many_quiet_days_one_after_the_other_are_searched_through() -> None:
    first = date(2026, 1, 1)
    months = [first + timedelta(days=31 * number) for number in range(20)]
    quiet = tuple(QuietDays("ID", start, start + timedelta(days=30), "Tutup") for start in months)
    now = datetime(2026, 1, 5, 9, tzinfo=WIB)
    ten = Hours(quiet=quiet[:10])
    assert opening(ten, "36.04", now) == datetime(2026, 11, 9, 8, tzinfo=WIB)  # the Monday after 310 days
    assert held_by(ten, "36.04", now) == quiet[:10]

    # Where nothing is found, nothing goes out, and nothing fails.
    for hours in (Hours(quiet=quiet), Hours(quiet=(QuietHours("ID", time(8), time(16), "Tutup"),))):
        assert opening(hours, "36.04", now) == now + timedelta(days=400)
        assert calendar.week(hours, "36.04", now, 0) is None
        assert not calendar.is_the_day(hours, "36.04", now, 0)
        assert calendar.working_day(hours, "36.04", now) is None
        assert calendar.next_week(hours, "36.04", now, 0) is None


def test_whether_hours_leave_anything() -> None:
    morning, afternoon = (QuietHours("51", *span, "Rapat") for span in ((time(0), time(12)), (time(12), time(16))))
    assert ever_opens(Hours(quiet=(morning,)), "51.71")
    assert not ever_opens(Hours(quiet=(morning, afternoon)), "51.71")
    assert ever_opens(Hours(quiet=(morning, afternoon)), "36.04")
    assert ever_opens(Hours(always=True, quiet=(morning, afternoon)), "51.71")
    fridays = (QuietHours("51", time(0), time(12), "Senam", weekday=4), afternoon)
    assert ever_opens(Hours(quiet=fridays), "51.71")


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


def open_at(hours: Hours, region: str, moment: datetime) -> bool:
    """Whether a mail may go out, said plainly: the oracle."""
    wall = moment.astimezone(zone_of(region))
    for quiet in hours.quiet:
        if not within(region, quiet.region):
            continue
        if isinstance(quiet, QuietDays):
            if quiet.first <= wall.date() <= quiet.last:
                return False
        elif quiet.weekday in (None, wall.weekday()) and quiet.begins <= wall.time() < quiet.ends:
            return False
    return hours.always or (is_working_day(wall.date()) and hours.opens <= wall.time() < hours.closes)


QUARTER = timedelta(minutes=15)
START = date(2026, 3, 13)  # a Friday, a week before Nyepi and Idul Fitri
NEAR = st.integers(-3, 12).map(lambda days: START + timedelta(days=days))
QUARTERS = st.integers(0, 24 * 4 - 1).map(lambda quarters: time(quarters // 4, quarters % 4 * 15))
SPANS = st.sets(QUARTERS, min_size=2, max_size=2)
PLACES = st.sampled_from(["ID", "51", "51.71", "36", "36.04", "91"])
SOME_DAYS = st.builds(
    lambda region, first, length: QuietDays(region, first, first + timedelta(days=length), "days"),
    PLACES, NEAR, st.integers(0, 4),
)  # fmt: skip
SOME_HOURS = st.builds(
    lambda region, span, weekday: QuietHours(region, min(span), max(span), "hours", weekday),
    PLACES, SPANS, st.none() | st.integers(0, 6),
)  # fmt: skip
HOURS_WITH_QUIET = st.builds(
    lambda span, always, quiet: Hours(min(span), max(span), always, tuple(quiet)),
    SPANS, st.booleans(), st.lists(SOME_DAYS | SOME_HOURS, max_size=6),
)  # fmt: skip


@given(
    hours=HOURS_WITH_QUIET,
    day=NEAR,
    seconds=st.integers(0, 24 * 3600 - 1),
    region=st.sampled_from(["ID", "51", "51.71", "36.04", "91.71"]),
)
def test_an_opening_is_the_first_moment_that_is_open_and_not_quiet(
    hours: Hours, day: date, seconds: int, region: str
) -> None:
    """All times are quarters of an hour in zones of whole hours: between two quarters nothing changes."""
    now = datetime.combine(day, time(), UTC) + timedelta(seconds=seconds)
    opens = opening(hours, region, now)
    assert opens >= now
    found = opens < now + timedelta(days=400)
    event("opens" if found else "never opens")
    assert open_at(hours, region, opens) or not found
    assert opens == now or not open_at(hours, region, now)
    quarter = datetime.combine(day, time(), UTC) + QUARTER * (seconds // 900 + 1)
    while quarter < min(opens, now + timedelta(days=30)):
        assert not open_at(hours, region, quarter), quarter
        quarter += QUARTER


@given(hours=HOURS_WITH_QUIET, day=NEAR, region=st.sampled_from(["51.71", "36.04"]), weekday=st.integers(0, 4))
def test_the_next_digest_comes_on_the_day_that_was_said(hours: Hours, day: date, region: str, weekday: int) -> None:
    """Looked at each quarter of an hour from the next Monday on."""
    now = datetime.combine(day, time(12), zone_of(region))
    said = calendar.next_week(hours, region, now, weekday)
    monday = day + timedelta(days=7 - day.weekday())
    if said is None or (said - monday).days >= 5 * 7:
        event("none within five weeks")
        weeks = (monday + timedelta(weeks=number) for number in range(5))
        noons = (datetime.combine(week, time(12), zone_of(region)) for week in weeks)
        assert not any(calendar.has_digest(hours, region, noon, weekday) for noon in noons)
        return
    at = datetime.combine(monday, time(), zone_of(region))
    while calendar.week(hours, region, at, weekday) is None:
        at += QUARTER
    assert at.date() == said
    assert calendar.is_the_day(hours, region, at, weekday)


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
    # Also in a quiet time: who hears nothing would look for a failure.
    assert (
        calendar.day(Hours(quiet=(QuietDays("ID", sunday.date(), sunday.date(), "Tutup"),)), "ID", sunday) is not None
    )


def test_the_next_digest_is_on_the_first_day_on_which_anything_can_be_mailed() -> None:
    now = datetime(2024, 6, 12, tzinfo=WIB)  # the Monday and Tuesday after it are holidays
    assert calendar.next_week(HOURS, "36.04", now, 0) == date(2024, 6, 19)
    local = QuietDays("36", date(2024, 6, 19), date(2024, 6, 20), "HUT")
    assert calendar.next_week(Hours(quiet=(local,)), "36.04", now, 0) == date(2024, 6, 21)
    assert calendar.next_week(Hours(quiet=(local,)), "51.71", now, 0) == date(2024, 6, 19)
    # With nothing left of that week after its Thursday, the next one is the week's after it.
    rest = QuietDays("36", date(2024, 6, 20), date(2024, 6, 21), "HUT")
    assert calendar.next_week(Hours(quiet=(rest,)), "36.04", now, 3) == date(2024, 6, 27)
