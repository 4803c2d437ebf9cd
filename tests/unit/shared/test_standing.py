"""A standing: of which day its figures are, and whether its target's term is over."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from shared.events.standing import Standing
from tests.unit.notifier.standings import TARGET, standing

DUE = TARGET.due_on
ONE_DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("on", "judged_on", "over"),
    [
        (TARGET.start_on, TARGET.start_on, False),
        (DUE - ONE_DAY, DUE - ONE_DAY, False),
        (DUE, DUE, True),
        (DUE + ONE_DAY, DUE, True),
        (DUE + timedelta(days=400), DUE, True),
    ],
)
def test_after_its_due_date_a_target_is_judged_as_it_stood_on_it(on: date, judged_on: date, over: bool) -> None:
    row = standing(on=on)

    assert (row.judged_on, row.is_over) == (judged_on, over)


def test_without_a_target_every_day_is_judged_by_itself() -> None:
    row = standing(on=DUE + ONE_DAY, target=None)

    assert (row.judged_on, row.is_over) == (DUE + ONE_DAY, False)


def test_what_follows_from_a_standing_is_not_on_the_bus() -> None:
    assert {"judged_on", "is_over"}.isdisjoint(standing().model_dump())
    assert {"judged_on", "is_over"}.isdisjoint(Standing.model_json_schema(mode="serialization")["properties"])
