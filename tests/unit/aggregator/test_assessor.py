"""Whose turn it is to be assessed when more wait than can be assessed at once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aggregator.assessor import first_of
from shared.wilayah import NATION, kabkota_in

WAITING = ("36.04", "51.71", "35.73", "17.71", "11.01")
regions = st.sampled_from(kabkota_in(NATION)[:12])


@pytest.mark.parametrize(
    ("watched", "most", "turn"),
    [
        ((), 3, ["36.04", "51.71", "35.73"]),
        (("17.71",), 3, ["17.71", "36.04", "51.71"]),
        (("11.01", "35.73"), 3, ["35.73", "11.01", "36.04"]),
        (("11.01", "35.73", "17.71"), 2, ["35.73", "17.71"]),
        (("92.71",), 2, ["36.04", "51.71"]),
        (WAITING, 9, [*WAITING]),
    ],
)
def test_those_that_are_watched_come_first_and_then_those_that_wait_longest(
    watched: Sequence[str], most: int, turn: Sequence[str]
) -> None:
    assert first_of(WAITING, watched, most) == turn


def test_of_nobody_it_is_nobodys_turn() -> None:
    assert first_of((), {"51.71"}, 50) == []


@given(waiting=st.lists(regions, unique=True), watched=st.sets(regions), most=st.integers(1, 8))
def test_everybodys_turn_comes_in_order(waiting: list[str], watched: set[str], most: int) -> None:
    left, turns = list(waiting), list[str]()
    while left:
        found = first_of(left, watched, most)
        assert 0 < len(found) <= most
        turns += found
        left = [region for region in left if region not in found]
    assert turns == [region for region in waiting if region in watched] + [
        region for region in waiting if region not in watched
    ]
