"""A target line through time: each decree with what it asked for, and which of them is in force."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.aggregator.facts import Decree
from services.aggregator.web.pages import language, targets
from shared.events.region import Target

SAY = language.words("id")
FIRST, SECOND, END = date(2024, 1, 1), date(2024, 5, 23), date(2024, 9, 1)
DAY = timedelta(days=1)


def decreed(effective_on: date, percent: int | None) -> Decree:
    target = None
    if percent is not None:
        target = Target(
            region="36.04", programme="ikd", authority="national", basis="percent_of_wajib_ktp", value=Decimal(percent),
            start_on=FIRST, due_on=date(2024, 12, 31), effective_on=effective_on, document=f"Surat {percent}",
        )  # fmt: skip
    return Decree(f"test#{effective_on}", ("ikd", "national", date(2024, 12, 31)), effective_on, target)


DECREES = [(decreed(FIRST, 25), 300_000), (decreed(SECOND, 30), 360_000), (decreed(END, None), None)]


@pytest.mark.parametrize(
    ("on", "present"),
    [
        (FIRST - DAY, None),
        (FIRST, FIRST),
        (SECOND - DAY, FIRST),
        (SECOND, SECOND),
        (END - DAY, SECOND),
        (END, END),
    ],
)
def test_the_last_that_took_effect_is_the_present_one(on: date, present: date | None) -> None:
    versions = targets.history(DECREES, on, SAY)
    assert [version.effective_on for version in versions] == [END, SECOND, FIRST]
    assert [version.effective_on for version in versions if version.present] == ([present] if present else [])


def test_each_says_what_it_asked_for_and_a_withdrawal_is_one_of_them() -> None:
    withdrawn, second, first = targets.history(DECREES, END, SAY)
    assert (first.asked, first.people, first.document) == ("25,00% dari wajib KTP", 300_000, "Surat 25")
    assert (second.asked, second.people, second.start_on) == ("30,00% dari wajib KTP", 360_000, FIRST)
    assert (withdrawn.asked, withdrawn.people) == (SAY("target.withdrawn"), None)
