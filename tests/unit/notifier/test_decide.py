"""Given what is known of an alert, when a standing arrives, then this is the reason to mail."""

from __future__ import annotations

import pytest

from services.notifier.decide import AlertState, Reason, decide, episode_after, supersedes
from shared.events.standing import Status
from tests.unit.notifier.standings import standing

NEVER = None
CLOSED = AlertState(open=False, episode=1, revision=90)
OPEN = AlertState(open=True, episode=1, revision=90)


@pytest.mark.parametrize(
    ("status", "alert", "reason"),
    [
        ("behind", NEVER, Reason.FIRST),
        ("behind", CLOSED, Reason.FIRST),
        ("behind", OPEN, Reason.NONE),
        ("on_pace", NEVER, Reason.NONE),
        ("on_pace", CLOSED, Reason.NONE),
        ("on_pace", OPEN, Reason.RESOLVED),
        ("at_risk", NEVER, Reason.NONE),
        ("at_risk", OPEN, Reason.RESOLVED),
        ("achieved", CLOSED, Reason.NONE),
        ("achieved", OPEN, Reason.RESOLVED),
        ("no_data", NEVER, Reason.NONE),
        ("no_data", OPEN, Reason.NONE),
        ("not_started", OPEN, Reason.NONE),
        ("no_target", OPEN, Reason.NONE),
        ("missed", NEVER, Reason.NONE),
        ("missed", OPEN, Reason.NONE),
    ],
)
def test_status_and_alert_decide(status: Status, alert: AlertState | None, reason: Reason) -> None:
    assert decide(standing(status=status), alert) is reason


@pytest.mark.parametrize(("revision", "later"), [(101, True), (100, False), (99, False)])
def test_only_a_later_standing_is_decided_on(revision: int, later: bool) -> None:
    known = AlertState(open=False, episode=3, revision=100)
    arrived = standing(revision=revision)

    assert supersedes(arrived, known) is later
    assert decide(arrived, known) is (Reason.FIRST if later else Reason.NONE)


def test_a_late_old_standing_does_not_resolve() -> None:
    known = AlertState(open=True, episode=1, revision=100)

    assert decide(standing(status="on_pace", revision=99), known) is Reason.NONE


def test_episodes_count_tellings() -> None:
    assert episode_after(Reason.FIRST, None) == 1
    assert episode_after(Reason.RESOLVED, OPEN) == 1
    assert episode_after(Reason.FIRST, CLOSED) == 2
