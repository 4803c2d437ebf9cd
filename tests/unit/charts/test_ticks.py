"""The ticks of the axes: round numbers of people, days that are few and told apart."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.charts.ticks import day_ticks, people_labels, people_ticks
from shared.wording import wording_in

ID, EN = wording_in("shared.charts", "id"), wording_in("shared.charts", "en")


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (60_000, 660_000, [0, 200_000, 400_000, 600_000]),
        (2_165_000, 2_186_800, [2_165_000, 2_170_000, 2_175_000, 2_180_000, 2_185_000]),
        (0, 5, [0, 1, 2, 3, 4, 5]),
        (0, 0, [0, 1]),
        (-190, 610, [-200, 0, 200, 400, 600]),
        (-90, 0, [-100, -80, -60, -40, -20, 0]),
        (0, 200_000_000, [0, 50_000_000, 100_000_000, 150_000_000, 200_000_000]),
    ],
)
def test_people_ticks(low: int, high: int, ticks: list[int]) -> None:
    assert people_ticks(low, high) == ticks


@given(st.integers(-(10**20), 10**20), st.integers(0, 10**20))
def test_people_ticks_are_few_and_go_below_what_is_shown(low: int, span: int) -> None:
    ticks = people_ticks(low, low + span)

    assert 2 <= len(ticks) <= 7
    assert ticks[0] <= low or ticks[0] == 0
    assert len({after - before for before, after in pairwise(ticks)}) == 1


def test_people_labels_are_exact() -> None:
    assert [label.split() for label in people_labels([0, 200_000, 400_000], ID)] == [
        ["0"],
        ["200", "rb"],
        ["400", "rb"],
    ]
    assert people_labels([2_165_000, 2_170_000], ID) == ["2.165.000", "2.170.000"]
    assert people_labels([0, 500], EN) == ["0", "500"]


@pytest.mark.parametrize("span", [0, 1, 6, 13, 14, 27, 59, 60, 90, 182, 366, 800, 1461, 4000, 9000])
@pytest.mark.parametrize("first", [date(2023, 12, 31), date(2024, 2, 29), date(2024, 5, 1)])
@pytest.mark.parametrize("most", [2, 4, 6, 12])
def test_day_ticks_are_few_and_told_apart(first: date, span: int, most: int) -> None:
    last = first + timedelta(days=span)
    ticks = day_ticks(first, last, ID, most)

    assert 1 <= len(ticks) <= most
    assert all(first <= day <= last for day, _ in ticks)
    assert ticks[0][1].endswith(str(ticks[0][0].year))
    # July may come again after a January that names its year.
    assert all(earlier != later for (_, earlier), (_, later) in pairwise(ticks))


def test_day_ticks_of_a_year() -> None:
    year = (date(2023, 12, 31), date(2024, 12, 31))

    assert [label for _, label in day_ticks(*year, ID)] == ["Jan\n2024", "Mar", "Mei", "Jul", "Sep", "Nov"]
    assert [label for _, label in day_ticks(*year, EN, 4)] == ["Jan\n2024", "Apr", "Jul", "Oct"]


def test_day_ticks_of_some_weeks_name_another_year() -> None:
    ticks = day_ticks(date(2023, 12, 18), date(2024, 1, 14), ID, 5)

    assert [label for _, label in ticks] == ["18 Des\n2023", "25 Des", "1 Jan\n2024", "8 Jan"]
