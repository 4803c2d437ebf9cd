"""What the doctor makes of clocks, disks and variables, without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.cli.doctor import clocks, room
from services.cli.doctor.examination import gravest
from services.cli.doctor.finding import Finding, State
from services.cli.doctor.installation import misspelt

_NOON = datetime(2024, 6, 27, 5, tzinfo=UTC)
_LATER = _NOON + timedelta(milliseconds=300)


@pytest.mark.parametrize(
    ("theirs", "state", "said"),
    [
        (timedelta(milliseconds=100), None, ""),
        (timedelta(seconds=2), None, ""),
        (timedelta(seconds=-2), None, ""),
        (timedelta(seconds=3), "warning", "3 s ahead of"),
        (timedelta(seconds=-3), "warning", "3 s behind"),
        (timedelta(minutes=-6), "fault", "360 s behind"),
        (timedelta(days=1), "fault", "86400 s ahead of"),
    ],
)
def test_a_clock_is_compared_with_the_time_it_was_asked_within(
    theirs: timedelta, state: State | None, said: str
) -> None:
    found = list(clocks.compared("MongoDB", _NOON, _NOON + theirs, _LATER))
    assert [finding.state for finding in found] == ([state] if state else [])
    assert all(f"the clock of MongoDB is {said} the one here" == finding.what for finding in found)


@pytest.mark.parametrize(("free", "state"), [(50, "good"), (10, "good"), (9, "warning"), (3, "warning"), (2, "fault")])
def test_a_disk_is_judged_by_what_is_free(free: int, state: State) -> None:
    found = room.judged("the disk of .laju", 100 << 30, (100 - free) << 30, free << 30)
    assert (found.state, found.what) == (state, f"the disk of .laju has {free}.0 of 100.0 GiB free")


def test_folders_on_one_disk_are_told_once_also_those_that_are_not_there_yet(tmp_path: Path) -> None:
    assert len(room.examine([tmp_path, tmp_path / "not" / "yet"])) == 1


def test_a_variable_that_nobody_reads_is_named_and_what_was_meant() -> None:
    environment = {"LAJU_NATS_ULR": "x", "LAJU_NATS_URL": "x", "LAJU_TEST_SLOW": "1", "LAJU_QQ": "1", "PATH": "x"}
    found = list(misspelt(environment, {"LAJU_QQ"}))
    assert [(finding.what, finding.mend) for finding in found] == [
        ("LAJU_NATS_ULR is set, but nothing reads it", "rename it to LAJU_NATS_URL")
    ]
    assert [finding.what for finding in misspelt(environment, set())][1:] == ["LAJU_QQ is set, but nothing reads it"]


def test_the_gravest_decides() -> None:
    def of(*states: State) -> State:
        return gravest([Finding("bus", state, "x") for state in states])

    assert of() == of("good") == "good"
    assert of("good", "unknown") == "unknown"
    assert of("unknown", "warning", "good") == "warning"
    assert of("warning", "fault", "good") == "fault"
