"""Every status, given a book and a target; figures of the published articles where there are any."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.aggregator.book import Book, Denominator, Track, warnings
from services.aggregator.facts import Decree, Opening
from services.aggregator.pace import Policy, assess_all
from shared.events.region import Target, WajibKtp
from shared.events.standing import Standing

DAY = date(2024, 4, 23)
NEW_YEARS_EVE = date(2023, 12, 31)


def decree(number: int = 1, **changes: Any) -> Decree:
    fields = {
        "region": "35.73",
        "programme": "ikd",
        "authority": "national",
        "basis": "absolute",
        "value": Decimal(160_000),
        "start_on": date(2024, 1, 1),
        "due_on": date(2024, 12, 31),
        "effective_on": date(2024, 1, 1),
        **changes,
    }
    target = Target(**fields)
    return Decree(f"test#{number}", (target.programme, target.authority, target.due_on), target.effective_on, target)


def book(*openings: tuple[date, int], days: dict[date, int] | None = None, wajib_ktp: int | None = None) -> Book:
    reports = (
        [] if wajib_ktp is None else [WajibKtp(region="35.73", as_of=NEW_YEARS_EVE, count=wajib_ktp, source="dkb")]
    )
    return Book({"ikd": Track(days or {}, [Opening(day, count) for day, count in openings])}, Denominator(reports))


def standing(figures: Book, *decrees: Decree, on: date = DAY, policy: Policy | None = None) -> Standing:
    rows = assess_all("35.73", figures, decrees or (decree(),), on, policy or Policy())
    return next(row for row in rows if row.programme == "ikd")


def steady(per_day: int, until: date = DAY) -> dict[date, int]:
    first = date(2024, 1, 1)
    return {first + timedelta(days=n): per_day for n in range((until - first).days + 1)}


def test_no_target() -> None:
    rows = assess_all("35.73", book((NEW_YEARS_EVE, 5), wajib_ktp=10), [], DAY, Policy())
    assert [(row.programme, row.status, row.target) for row in rows] == [
        ("ikd", "no_target", None),
        ("perekaman", "no_target", None),
    ]
    assert (rows[0].actual, rows[0].coverage_percent) == (5, Decimal("50.00"))


def test_not_started() -> None:
    row = standing(book((NEW_YEARS_EVE, 5)), decree(effective_on=date(2023, 10, 1)), on=NEW_YEARS_EVE)
    assert (row.status, row.expected, row.elapsed_days) == ("not_started", None, 0)


def test_a_target_that_is_not_in_force_yet_is_not_there() -> None:
    assert standing(book((NEW_YEARS_EVE, 5)), decree(effective_on=DAY + timedelta(days=1))).status == "no_target"


def test_a_withdrawn_target_is_no_longer_there() -> None:
    set_, gone = decree(1), decree(2, effective_on=DAY)
    end = Decree("test#3", gone.line, DAY, None)
    figures = book((NEW_YEARS_EVE, 5))
    assert standing(figures, set_, end).status == "no_target"
    assert standing(figures, set_, end, on=DAY - timedelta(days=1)).status != "no_target"


@pytest.mark.parametrize(
    "figures",
    [
        book(),
        book((DAY - timedelta(days=15), 50_000)),
        book((NEW_YEARS_EVE, 5), days=steady(1, DAY - timedelta(days=15))),
    ],
)
def test_silence_is_no_data_and_not_slowness(figures: Book) -> None:
    assert standing(figures).status == "no_data"


def test_a_percentage_without_a_denominator_is_no_data() -> None:
    row = standing(book((DAY, 5)), decree(basis="percent_of_wajib_ktp", value=Decimal(30)))
    assert (row.status, row.required, row.attainment_percent) == ("no_data", None, None)


def test_malang_from_zero_is_ahead() -> None:
    row = standing(book((DAY, 54_000)))
    assert (row.expected, row.gap, row.required_rate, row.days_left) == (49_836, 4_164, 421, 252)
    assert (row.elapsed_days, row.total_days, row.attainment_percent) == (114, 366, Decimal("33.75"))
    assert row.status == "at_risk"


def test_malang_with_its_opening_balance_is_behind() -> None:
    row = standing(book((NEW_YEARS_EVE, 31_100), (DAY, 54_000)))
    assert (row.base, row.expected, row.gap, row.status, row.severity) == (
        31_100,
        71_249,
        -17_249,
        "behind",
        "critical",
    )


def test_on_pace() -> None:
    row = standing(book((NEW_YEARS_EVE, 0), days=steady(500)))
    assert (row.status, row.rate7, row.rate28) == ("on_pace", Decimal("500.00"), Decimal("500.00"))


def test_at_risk_is_on_the_line_but_both_rates_miss() -> None:
    ahead = steady(1000, date(2024, 2, 29)) | {day: 10 for day in steady(0) if day > date(2024, 2, 29)}
    assert standing(book((NEW_YEARS_EVE, 0), days=ahead)).status == "at_risk"
    quick_week = ahead | {DAY - timedelta(days=n): 2000 for n in range(7)}
    assert standing(book((NEW_YEARS_EVE, 0), days=quick_week)).status == "on_pace"


def test_achieved_before_the_due_date() -> None:
    row = standing(book((NEW_YEARS_EVE, 0), (DAY, 160_000)))
    assert (row.status, row.required_rate) == ("achieved", 0)


def test_a_year_that_was_missed_stays_missed_as_it_stood_on_its_last_day() -> None:
    old = decree(value=Decimal(60_000), start_on=date(2023, 1, 1), due_on=NEW_YEARS_EVE, effective_on=date(2023, 1, 1))
    row = standing(book((date(2023, 1, 1), 0), (NEW_YEARS_EVE, 31_100), (DAY, 200_000)), old)
    assert (row.status, row.actual, row.days_left, row.required_rate) == ("missed", 31_100, 0, None)


def test_days_before_a_change_keep_the_old_target() -> None:
    change = date(2024, 5, 23)
    old = decree(1, basis="percent_of_wajib_ktp", value=Decimal(25))
    new = decree(2, basis="percent_of_wajib_ktp", value=Decimal(30), effective_on=change)
    figures = book((NEW_YEARS_EVE, 6_010), wajib_ktp=506_409)
    before, after = (standing(figures, old, new, on=day) for day in (change - timedelta(days=1), change))
    assert (before.required, after.required) == (126_603, 151_923)
    assert before.target is not None
    assert after.target is not None
    assert (before.target.id, after.target.id) == ("test#1", "test#2")


def test_behind_needs_three_assessed_days_in_a_row() -> None:
    slump = DAY - timedelta(days=2)
    figures = book((NEW_YEARS_EVE, 0), days={**steady(438, slump - timedelta(days=1)), slump: -3_000})
    assert [standing(figures, on=slump + timedelta(days=n)).status for n in range(4)] == [
        "at_risk", "at_risk", "behind", "behind",
    ]  # fmt: skip


def test_days_behind_with_a_better_one_among_them_are_not_in_a_row() -> None:
    slump, better, again = (DAY - timedelta(days=days) for days in (10, 8, 7))
    days = steady(438) | {slump: -3_000, better: 3_876, again: -3_000}
    figures = book((NEW_YEARS_EVE, 0), days=days)
    assert [standing(figures, on=slump + timedelta(days=n)).status == "behind" for n in range(7)] == [
        False, False, False, False, False, True, True,
    ]  # fmt: skip


def test_behind_ends_only_back_on_the_line() -> None:
    fallen = {**steady(438, DAY - timedelta(days=10)), DAY: 4_250}
    within = standing(book((NEW_YEARS_EVE, 0), days=fallen))
    assert within.gap is not None
    assert -100 < within.gap < 0
    assert within.status == "behind"
    assert standing(book((NEW_YEARS_EVE, 0), days={**fallen, DAY: 4_450})).status in ("on_pace", "at_risk")


def test_a_small_shortfall_is_tolerated() -> None:
    figures = book((NEW_YEARS_EVE, 0), days=steady(424))
    assert standing(figures).status == "at_risk"
    assert standing(figures, policy=Policy(tolerance_percent=Decimal(0))).status == "behind"


def test_a_target_near_the_top_has_no_more_slack_than_another() -> None:
    figures = Book(
        {"perekaman": Track(steady(5), [Opening(NEW_YEARS_EVE, 498_773)])},
        Denominator([WajibKtp(region="51.71", as_of=NEW_YEARS_EVE, count=506_409, source="siak")]),
    )
    aim = decree(programme="perekaman", basis="percent_of_wajib_ktp", value=Decimal("99.4"))
    (row,) = [row for row in assess_all("51.71", figures, [aim], DAY, Policy()) if row.programme == "perekaman"]
    assert (row.required, row.expected, row.actual) == (503_371, 500_205, 499_343)
    assert (row.status, row.severity) == ("behind", "critical")


@pytest.mark.parametrize(("done", "severity"), [(48_000, "warning"), (40_000, "serious"), (30_000, "critical")])
def test_severity_by_ratio(done: int, severity: str) -> None:
    assert standing(book((NEW_YEARS_EVE, 0), (DAY, done))).severity == severity


def test_a_growing_denominator_moves_a_percentage_target_and_its_line() -> None:
    reports = [
        WajibKtp(region="35.73", as_of=date(2024, 4, day), count=600_000 + 1_000 * day, source="siak")
        for day in range(1, 24)
    ]
    figures = Book({"ikd": Track({}, [Opening(NEW_YEARS_EVE, 30_000), Opening(DAY, 54_000)])}, Denominator(reports))
    aim = decree(basis="percent_of_wajib_ktp", value=Decimal(25))
    rows = [standing(figures, aim, on=date(2024, 4, day)) for day in (21, 22, 23)]
    assert [row.required for row in rows] == [155_250, 155_500, 155_750]
    assert [row.expected for row in rows] == sorted({row.expected for row in rows if row.expected})


def test_forecast_and_its_band() -> None:
    days = steady(500) | {DAY - timedelta(days=n): 900 for n in range(7)}
    forecast = standing(book((NEW_YEARS_EVE, 0), days=days)).forecast
    assert forecast is not None
    done = 500 * 114 + 400 * 7
    assert (forecast.count, forecast.low, forecast.high) == (done + 600 * 252, done + 600 * 252, done + 900 * 252)
    assert forecast.finish_on == DAY + timedelta(days=-(-(160_000 - done) // 600))


def test_percent_of_recorded_follows_the_recordings() -> None:
    figures = Book({"ikd": Track({}, [Opening(DAY, 50)]), "perekaman": Track({DAY: 1}, [Opening(NEW_YEARS_EVE, 999)])})
    row = standing(figures, decree(basis="percent_of_recorded", value=Decimal(10)))
    assert (row.required, row.attainment_percent) == (100, Decimal("50.00"))


def test_figures_that_cannot_be_true_are_told() -> None:
    impossible = Book(
        {"ikd": Track({}, [Opening(DAY, 20)]), "perekaman": Track({}, [Opening(DAY, 15)])},
        Denominator([WajibKtp(region="35.73", as_of=DAY, count=10, source="dkb")]),
    )
    assert [warning.partition(":")[0] for warning in warnings(impossible, DAY)] == [
        "ikd_exceeds_perekaman",
        "perekaman_exceeds_wajib_ktp",
        "ikd_exceeds_wajib_ktp",
    ]
    assert warnings(book((DAY, 5), wajib_ktp=10), DAY) == []
    assert "ikd_negative" in warnings(book(days={DAY: -1}), DAY)[0]
