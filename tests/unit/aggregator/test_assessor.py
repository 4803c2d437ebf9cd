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
    ("watched", "most", "patient", "turn"),
    [
        ((), 3, 1, ["36.04", "51.71", "35.73"]),
        (("17.71",), 3, 1, ["17.71", "36.04", "51.71"]),
        (("11.01", "35.73"), 3, 1, ["35.73", "11.01", "36.04"]),
        (("11.01", "35.73", "17.71"), 2, 0, ["35.73", "17.71"]),
        (("11.01", "35.73", "17.71"), 2, 1, ["35.73", "36.04"]),
        (("11.01", "35.73", "17.71"), 3, 2, ["35.73", "36.04", "51.71"]),
        (("92.71",), 2, 1, ["36.04", "51.71"]),
        (WAITING, 9, 3, [*WAITING]),
        (WAITING, 3, 2, [*WAITING[:3]]),
    ],
)
def test_those_that_are_watched_come_first_and_then_those_that_wait_longest(
    watched: Sequence[str], most: int, patient: int, turn: Sequence[str]
) -> None:
    assert first_of(WAITING, watched, most, patient) == turn


def test_of_nobody_it_is_nobodys_turn() -> None:
    assert first_of((), {"51.71"}, 50, 15) == []


@given(
    waiting=st.lists(regions, unique=True),
    watched=st.sets(regions),
    most=st.integers(1, 8),
    patient=st.integers(0, 8),
)
def test_each_turn_is_filled_in_order_of_waiting(
    waiting: list[str], watched: set[str], most: int, patient: int
) -> None:
    patient = min(patient, most)
    left = list(waiting)
    while left:
        found = first_of(left, watched, most, patient)
        assert len(found) == min(most, len(left)) == len(set(found))
        for kind in (True, False):
            of_kind = [region for region in left if (region in watched) is kind]
            chosen = [region for region in found if (region in watched) is kind]
            assert chosen == of_kind[: len(chosen)]
            if not kind:
                assert len(chosen) >= min(patient, len(of_kind))
        left = [region for region in left if region not in found]


def test_also_with_a_page_of_every_other_region_open_each_has_its_turn() -> None:
    every = list(kabkota_in(NATION))
    watched, waiting, had = set(every[::2]), list(every), set[str]()
    for _ in range(40):
        found = first_of(waiting, watched, 50, 15)
        had.update(found)
        # All of them are touched again at once.
        waiting = [region for region in waiting if region not in found] + found
    assert had == set(every)
