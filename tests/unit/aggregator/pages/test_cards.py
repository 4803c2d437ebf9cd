"""What a card says of a standing: which side of the line it is on, what becomes of it, and how far it has come."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.aggregator.web.pages import language
from services.aggregator.web.pages.cards import bar, card, figures, outlook, verdict
from services.aggregator.web.pages.shell import Shell
from tests.unit.notifier.standings import BEHIND, TARGET, back, standing

SAY = language.words("id")
SHELL = Shell("id", SAY, "/regions/36.04", {})


@pytest.mark.parametrize(
    ("actual", "gap", "said"),
    [
        (353_554, -1, "Tertinggal 1 orang dari garis target: 353.554 orang, seharusnya hari ini 353.555."),
        (353_555, 0, "Tepat pada garis target: 353.555 orang."),
        (353_556, 1, "Di atas garis target sebanyak 1 orang: 353.556 orang, garis hari ini 353.555."),
    ],
)
def test_a_verdict_says_on_which_side_of_the_line_it_is(actual: int, gap: int, said: str) -> None:
    assert verdict(standing(actual=actual, gap=gap), SAY) == said


def test_a_term_that_is_over_is_judged_by_what_was_required() -> None:
    over = standing(actual=655_000, gap=-5_000, status="missed", severity=None)
    assert verdict(over, SAY) == "Target tidak tercapai: 655.000 dari 660.000 orang, kurang 5.000."
    assert outlook(over, SAY) == ""
    assert "forecast" not in {figure.name for figure in figures(over, SAY)}


@pytest.mark.parametrize(("count", "reached"), [(664_499, False), (664_500, True), (664_501, True)])
def test_what_comes_to_what_is_required_on_the_due_date_is_reached(count: int, reached: bool) -> None:
    assert BEHIND.forecast is not None
    said = outlook(standing(forecast=BEHIND.forecast.model_copy(update={"count": count})), SAY)
    assert ("target 664.500 tercapai" in said, "Perlu 3.043 orang sehari" in said) == (reached, not reached)


def test_a_bar_ends_at_its_whole_and_begins_at_nothing() -> None:
    for actual, done in ((-5, "0.0"), (91_112, "13.8"), (660_000, "100.0"), (700_000, "100.0")):
        shown = bar(standing(actual=actual), SAY)
        assert shown is not None
        assert (shown.done, shown.expected) == (Decimal(done), Decimal("53.6"))
    assert bar(standing(required=None), SAY) is None


def test_a_term_ends_after_its_last_day() -> None:
    due_on = TARGET.due_on
    assert not card(back(on=due_on), SHELL).over
    assert card(back(on=due_on + timedelta(days=1)), SHELL).over
    assert not card(standing(target=None, status="no_target", on=date(2025, 1, 1)), SHELL).over
