"""The benchmark's own reckoning: what it calls right, what it calls a loss, and that its events are the same again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench import workload
from bench.__main__ import summary, totals
from bench.compare import changes, regressions
from bench.contender import Figures, figures_of

FIGURES: Figures = {"ikd": {"51.71": {"2024-05-20": 2, "2024-05-21": 1}}}


def run(figures: Figures, seconds: float) -> dict[str, Any]:
    return {
        "events": 100,
        "seconds": seconds,
        "client_cpu_seconds": 1.0,
        "server_cpu_seconds": 2.0,
        "peak_rss_mb": {"client": int(seconds * 10)},
        "figures": figures,
        "configuration": "as it comes",
    }


def test_figures_leave_zeros_out_and_add_up() -> None:
    counted = [("ikd", "51.71", "2024-05-20", 3), ("ikd", "51.71", "2024-05-20", -1), ("ikd", "51.71", "2024-05-21", 1)]
    assert figures_of([*counted, ("ikd", "35.73", "2024-05-20", 0)]) == FIGURES
    assert totals(FIGURES) == {"ikd": {"51.71": 3}}


def test_a_contender_is_right_only_if_every_round_was() -> None:
    other_day: Figures = {"ikd": {"51.71": {"2024-05-20": 3}}}
    found = summary([run(FIGURES, 1), run(FIGURES, 4), run(other_day, 2)], FIGURES)
    assert found["events_per_second"] == {"median": 50, "lowest": 25, "highest": 100}
    assert found["cpu_seconds_per_100k"] == {"client": 1000.0, "server": 2000.0}
    assert found["peak_rss_mb"] == {"client": 40}
    assert (found["totals_right"], found["days_right"]) == (True, False)
    assert summary([run({}, 1)], FIGURES)["days_right"] is None


def test_only_a_loss_against_the_limit_is_a_regression() -> None:
    def results(ratio: float, rate: int) -> dict[str, Any]:
        return {"quick": False, "contenders": {"laju_bus": {"ratio_to_limit": ratio, "events": rate, "title": "x"}}}

    slower_machine = changes(results(0.4, 40_000), results(0.39, 20_000))
    assert [change.ratio for change in slower_machine] == [0.39 / 0.4, 0.5]
    assert regressions(slower_machine) == []
    assert [change.name for change in regressions(changes(results(0.4, 1), results(0.3, 1)))] == [
        "contenders.laju_bus.ratio_to_limit"
    ]


def test_the_workload_is_the_same_again_with_late_and_doubled_events(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for path in (one, other):
        workload.write(path, 3000, 5)
    assert one.read_bytes() == other.read_bytes()
    events = [json.loads(line) for line in one.read_text().splitlines()]
    ids = [event["id"] for event in events]
    assert len(ids) > len(set(ids))
    times = [event["time"] for event in events]
    assert times != sorted(times)
    workload.head(one, 10, other)
    assert other.read_text() == "".join(one.read_text().splitlines(keepends=True)[:10])
    assert sum(totals(workload.expected(one))["ikd"].values()) > 0
