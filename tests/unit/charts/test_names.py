"""Names beside lines: pushed apart, off lines, and cut where there is no room."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.charts.lettering import clean, fitted, width, wrapped
from shared.charts.names import Box, apart, covered

BOX = Box(10, 10, 20, 20)


@given(st.lists(st.floats(0, 300), max_size=6))
def test_heights_are_apart_and_within_the_bounds(heights: list[float]) -> None:
    given_up = sorted(heights, reverse=True)
    moved = apart(given_up, [30] * 5, 0, 300)

    assert len(moved) == len(heights)
    assert all(below - above >= 30 - 1e-6 for below, above in pairwise(moved))
    assert all(-1e-6 <= height <= 300 + 1e-6 for height in moved)


def test_heights_too_close_move_both_ways() -> None:
    assert apart([110, 100], [30], 0, 300) == [120, 90]
    assert apart([110, 105, 100], [30, 20], 0, 300) == [122.5, 92.5, 72.5]


def test_heights_that_are_apart_stay() -> None:
    assert apart([250, 100, 20], [30, 40], 0, 300) == [250, 100, 20]
    assert apart([], [], 0, 300) == []


@pytest.mark.parametrize(
    ("start", "end", "length"),
    [
        ((0, 15), (30, 15), 10),
        ((15, 0), (15, 30), 10),
        ((12, 12), (18, 12), 6),
        ((0, 0), (30, 30), 200**0.5),
        ((0, 5), (30, 5), 0),
        ((0, 0), (5, 5), 0),
        ((15, 15), (15, 15), 0),
        ((0, 30), (30, 21), 0),
    ],
)
def test_how_much_of_a_line_a_box_covers(start: tuple[float, float], end: tuple[float, float], length: float) -> None:
    assert covered(BOX, start, end) == pytest.approx(length)
    assert covered(BOX, end, start) == pytest.approx(length)


def test_boxes_that_share_an_edge_do_not_overlap() -> None:
    assert not BOX.overlaps(Box(20, 10, 30, 20))
    assert BOX.overlaps(Box(19, 19, 30, 30))


@given(st.text(max_size=300), st.floats(20, 400))
def test_what_is_fitted_has_room(text: str, room: float) -> None:
    assert width(fitted(text, 12, room), 12) <= max(room, width("…", 12))
    for line in wrapped(clean(text), 12, room, lines=2, bold=True):
        assert width(line, 12, bold=True) <= max(room, width("…", 12, bold=True))


def test_text_breaks_between_words() -> None:
    assert wrapped("Aktivasi IKD, Kabupaten Serang", 12, 130, lines=2) == ("Aktivasi IKD,", "Kabupaten Serang")
    assert wrapped("Serang", 12, 130, lines=2) == ("Serang",)
    assert wrapped("satu dua tiga", 12, 30, lines=1) == (fitted("satu dua tiga", 12, 30),)


def test_what_cannot_be_printed_becomes_a_space() -> None:
    assert clean(" a\x00\n\tb\u202e\u2028c\ud800 ") == "a b c"
