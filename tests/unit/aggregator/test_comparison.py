"""A comparison names each value that differs."""

from __future__ import annotations

from services.aggregator.comparison import Difference, counter_figures, differences


def test_every_value_that_differs_is_named_and_a_zero_is_as_good_as_none() -> None:
    stored = {
        "counters/a": counter_figures({"_id": "a", "region": "x", "year": 1, "days": {"ikd": {"01": 2, "02": 0}}})
    }
    wanted = {"counters/a": {"days.ikd.01": 3, "simulated": 1}, "facts/b": {"data.count": 7}}
    found = list(differences("x", stored, wanted))
    assert found == [
        Difference("x", "counters/a", "days.ikd.01", 2, 3),
        Difference("x", "counters/a", "simulated", None, 1),
        Difference("x", "facts/b", "data.count", None, 7),
    ]
    assert found[0].told("database", "recomputed") == "x: counters/a days.ikd.01: database 2, recomputed 3"
