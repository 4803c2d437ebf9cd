"""Change by day: its bars, its averages and what the table says of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from shared.charts import Chart, Day, daily
from tests.unit.charts.reading import painted, texts
from tests.unit.charts.samples import DAYS, LAST

TITLE = "Aktivasi per hari"


def values(chart: Chart, name: str) -> list[str]:
    """The values of a series; empty if it is not drawn."""
    found = (series["points"] for series in chart.points["series"] if series["name"] == name)
    return [value for _, _, _, value in next(found, [])]


def test_each_day_has_a_bar_on_its_side_of_zero() -> None:
    chart = daily([Day(LAST - timedelta(days=at), change) for at, change in enumerate((5, -3, 0, 7))], "id", TITLE)
    (gained,), (lost,) = painted(chart, "gain"), painted(chart, "loss")

    assert (gained.count("M"), lost.count("M")) == (2, 1)
    assert values(chart, "Perubahan") == ["7", "0", "−3", "5"]
    assert [row[:2] for row in chart.table.rows][-2:] == [("26 Juni 2024", "−3"), ("27 Juni 2024", "5")]


def test_days_missing_had_no_change_and_days_given_twice_had_both() -> None:
    days = [Day(LAST, 2), Day(LAST - timedelta(days=3), 4), Day(LAST, 3)]

    assert values(daily(days, "id", TITLE), "Perubahan") == ["4", "0", "0", "5"]


def test_averages_begin_when_there_are_days_enough() -> None:
    chart = daily([Day(LAST - timedelta(days=at), 29 - at) for at in range(29)], "id", TITLE)

    # 1 to 7, 2 to 8 and so on; of 28 days 1 to 28 and 2 to 29.
    assert values(chart, "Rata-rata 7 hari") == [f"{number},00" for number in range(4, 27)]
    assert values(chart, "Rata-rata 28 hari") == ["14,50", "15,50"]
    assert chart.table.rows[0] == ("30 Mei 2024", "1", "", "")
    assert chart.table.rows[-1] == ("27 Juni 2024", "29", "26,00", "15,50")
    assert daily([Day(LAST, 1)], "id", TITLE).table.rows == (("27 Juni 2024", "1", "", ""),)


@pytest.mark.parametrize(("sums", "mean"), [(1, "0,14"), (11, "1,57"), (-1, "−0,14"), (-11, "−1,57")])
def test_averages_are_rounded_half_up(sums: int, mean: str) -> None:
    chart = daily([Day(LAST - timedelta(days=6), 0), Day(LAST, sums)], "id", TITLE)

    assert values(chart, "Rata-rata 7 hari") == [mean]


def test_days_before_those_shown_count_in_the_averages() -> None:
    chart = daily(DAYS, "id", TITLE, shown=10)

    assert len(values(chart, "Perubahan")) == len(values(chart, "Rata-rata 28 hari")) == 10
    assert values(chart, "Rata-rata 28 hari") == values(daily(DAYS, "id", TITLE), "Rata-rata 28 hari")[-10:]


@pytest.mark.parametrize(("shown", "days"), [(90, 90), (400, 92), (0, 1)])
def test_at_most_92_days_are_shown(shown: int, days: int) -> None:
    assert len(daily(DAYS, "id", TITLE, shown=shown).table.rows) == days


def test_a_day_of_long_ago_does_not_stretch_the_chart() -> None:
    chart = daily([Day(date(2011, 1, 1), 5), *DAYS], "id", TITLE)

    assert chart.svg() == daily(DAYS, "id", TITLE).svg()


def test_the_rate_needed_is_a_broken_line_and_a_column() -> None:
    chart = daily(DAYS, "en", TITLE, needed=3_043)

    assert 'stroke-dasharray="6 3"' in chart.svg()
    assert "3,043" in texts(chart)
    assert chart.table.columns[-1] == "Needed"
    assert {row[-1] for row in chart.table.rows} == {"3,043"}
    assert "3,043 people a day needed" in chart.summary
    assert "Needed" not in daily(DAYS, "en", TITLE).table.columns


def test_the_summary_has_sum_and_averages() -> None:
    chart = daily([Day(LAST - timedelta(days=at), 29 - at) for at in range(29)], "id", TITLE, needed=40)

    assert chart.summary == (
        "Aktivasi per hari, 30 Mei 2024 s.d. 27 Juni 2024: seluruhnya 435 orang, rata-rata 7 hari terakhir 26,00 orang "
        "per hari, rata-rata 28 hari terakhir 15,50 orang per hari, diperlukan 40 orang per hari."
    )


def test_without_days_it_says_so() -> None:
    chart = daily([], "id", TITLE)

    assert chart.table.rows == ()
    assert chart.points == {"series": []}
    assert "Belum ada hari yang tercatat." in texts(chart)
    assert chart.summary == "Aktivasi per hari: belum ada hari yang tercatat."
