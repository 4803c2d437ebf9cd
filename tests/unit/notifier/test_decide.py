"""Given what is known of an alert, when a standing is looked at, then this is what is to be told, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.alert import AlertState, after, folded
from services.notifier.contents import Reason
from services.notifier.decide import NOTHING, Policy, confirmed, decide, escalation, next_look, withdrawn
from services.notifier.lines import Line
from services.notifier.steps import step
from services.notifier.words import word
from shared.events.outcome import OutcomeEvent
from shared.events.standing import Standing, Status
from tests.unit.notifier.standings import TARGET, back, standing

NOW = datetime(2024, 6, 28, 2, 0, tzinfo=UTC)
POLICY = Policy()
NEVER = AlertState()


def told(*reasons: Reason, at: datetime = NOW, **changes: Any) -> AlertState:
    """The state after these tellings of one standing, a day apart, the last at ``at``."""
    state = NEVER
    for number, reason in enumerate(reasons):
        moment = at - timedelta(days=len(reasons) - 1 - number)
        state = after(state, step(Line(standing(**changes), state), reason, rule="", mails=(), now=moment))
    return state


BEHIND = told(Reason.FIRST)
OVER = told(Reason.FIRST, Reason.RESOLVED)
SILENT = told(Reason.NO_DATA, status="no_data")


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        ("behind", NEVER, Reason.FIRST),
        ("behind", OVER, Reason.FIRST),
        ("behind", SILENT, Reason.FIRST),
        ("behind", BEHIND, Reason.NONE),
        ("on_pace", NEVER, Reason.NONE),
        ("on_pace", OVER, Reason.NONE),
        ("on_pace", BEHIND, Reason.RESOLVED),
        ("on_pace", SILENT, Reason.RESOLVED),
        ("at_risk", NEVER, Reason.NONE),
        ("at_risk", BEHIND, Reason.RESOLVED),
        ("achieved", NEVER, Reason.ACHIEVED),
        ("achieved", BEHIND, Reason.ACHIEVED),
        ("achieved", told(Reason.ACHIEVED), Reason.NONE),
        ("achieved", told(Reason.ACHIEVED, Reason.FIRST), Reason.RESOLVED),
        ("no_data", NEVER, Reason.NO_DATA),
        ("no_data", OVER, Reason.NO_DATA),
        ("no_data", SILENT, Reason.NONE),
        ("no_data", BEHIND, Reason.NONE),
        ("missed", NEVER, Reason.MISSED),
        ("missed", BEHIND, Reason.MISSED),
        ("missed", told(Reason.MISSED), Reason.NONE),
        ("not_started", NEVER, Reason.NONE),
        ("not_started", BEHIND, Reason.NONE),
        ("no_target", BEHIND, Reason.NONE),
    ],
)
def test_status_and_what_was_told_decide(status: Status, state: AlertState, reason: Reason) -> None:
    assert decide(standing(status=status), state, NOW, POLICY).reason is reason


@pytest.mark.parametrize(
    ("rate7", "rate28", "needed", "days", "is_so"),
    [
        (80, 80, 100, 14, True),
        (80, 80, 100, 13, False),
        (80, 59, 100, 3, True),
        (80, 60, 100, 3, False),
        (0, 75, 100, 8, False),  # a week without any work
        (90, 59, 100, 40, False),  # it has picked up again
        (89, 90, 100, 40, False),
        (0, 0, None, 3, True),
        (0, 0, 0, 40, False),
    ],
)
def test_both_windows_must_be_slow_for_long_or_work_have_nearly_stopped(
    rate7: int, rate28: int, needed: int | None, days: int, is_so: bool
) -> None:
    slow = standing(rate7=Decimal(rate7), rate28=Decimal(rate28), required_rate=needed, days_behind=days)
    assert confirmed(slow, POLICY) is is_so
    assert (decide(slow, NEVER, NOW, POLICY).reason is Reason.FIRST) is is_so
    # Once told, faster days do not take it back: only the line does.
    assert decide(slow, BEHIND, NOW, POLICY) == NOTHING


@pytest.mark.parametrize(("severity", "days"), [("warning", 14), ("serious", 7), ("critical", 3)])
def test_it_is_repeated_after_the_time_of_its_severity(severity: str, days: int) -> None:
    state, now = told(Reason.FIRST, severity=severity), standing(severity=severity)
    due = NOW + timedelta(days=days)
    assert decide(now, state, due - timedelta(seconds=1), POLICY) == NOTHING
    assert decide(now, state, due, POLICY).reason is Reason.REPEAT
    again = after(state, step(Line(now, state), Reason.REPEAT, rule="", mails=(), now=due))
    assert decide(now, again, due + timedelta(days=2 * days - 1), POLICY) == NOTHING
    assert decide(now, again, due + timedelta(days=2 * days), POLICY).reason is Reason.REPEAT
    assert next_look(now, state, POLICY) == min(due, NOW + POLICY.escalate)


def test_repeats_become_rarer_up_to_four_weeks_and_begin_anew_when_it_gets_worse() -> None:
    state, now, moments = told(Reason.FIRST, severity="serious"), NOW, list[int]()
    serious = standing(severity="serious")
    while len(moments) < 5:
        now += timedelta(days=1)
        if decide(serious, state, now, POLICY).reason is Reason.REPEAT:
            moments.append((now - (state.told_at or NOW)).days)
            state = after(state, step(Line(serious, state), Reason.REPEAT, rule="", mails=(), now=now))
    assert moments == [7, 14, 28, 28, 28]
    critical = standing(severity="critical")
    state = after(state, step(Line(critical, state), Reason.WORSENED, rule="", mails=(), now=now))
    assert policy_wait(state) == timedelta(days=3)


def policy_wait(state: AlertState) -> timedelta:
    again = POLICY.again_at(standing(severity=state.gravest), state)
    assert again is not None
    assert state.told_at is not None
    return again - state.told_at


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        ("warning", "serious", Reason.WORSENED),
        ("warning", "critical", Reason.WORSENED),
        ("serious", "warning", Reason.NONE),
        ("critical", "critical", Reason.NONE),
    ],
)
def test_a_graver_shortfall_is_told_at_once_and_a_lighter_one_is_not(before: str, now: str, reason: Reason) -> None:
    state = told(Reason.FIRST, severity=before)
    assert decide(standing(severity=now), state, NOW, POLICY).reason is reason


def test_back_and_forth_between_two_severities_is_told_once() -> None:
    state = told(Reason.FIRST, severity="warning")
    grave = standing(severity="serious")
    state = after(state, step(Line(grave, state), Reason.WORSENED, rule="", mails=(), now=NOW))
    for severity in ("warning", "serious", "warning", "serious"):
        assert decide(standing(severity=severity), state, NOW, POLICY) == NOTHING


def acknowledged(state: AlertState, days: int = 14, at: datetime = NOW, episode: int | None = None) -> AlertState:
    until = at + timedelta(days=days)
    said = word("acknowledge", BEHIND_LINE, until=until, by="link", reason=None, now=at, episode=episode)
    return after(state, said)


BEHIND_LINE = standing().line


def test_acknowledged_is_not_repeated_until_then_but_told_when_graver() -> None:
    state = acknowledged(told(Reason.FIRST, severity="serious"), days=14)
    for days in (7, 13):
        assert decide(standing(severity="serious"), state, NOW + timedelta(days=days), POLICY) == NOTHING
    assert decide(standing(severity="serious"), state, NOW + timedelta(days=14), POLICY).reason is Reason.REPEAT
    grave = standing(severity="critical")
    assert decide(grave, state, NOW, POLICY).reason is Reason.WORSENED
    graver = after(state, step(Line(grave, state), Reason.WORSENED, rule="", mails=(), now=NOW))
    assert decide(grave, graver, NOW + timedelta(days=3), POLICY).reason is Reason.REPEAT


def test_a_new_episode_is_not_acknowledged_by_a_word_about_the_one_before() -> None:
    state = acknowledged(BEHIND, days=100)
    state = after(state, step(Line(back(), state), Reason.RESOLVED, rule="", mails=(), now=NOW))
    again = after(state, step(Line(standing(), state), Reason.FIRST, rule="", mails=(), now=NOW + timedelta(days=9)))
    assert (again.episode, again.acknowledged(NOW + timedelta(days=10))) == (2, False)
    assert acknowledged(again, episode=1) == again  # by the link in a mail of the episode before
    assert acknowledged(again, episode=2).acknowledged(NOW)


def test_a_clock_that_was_ahead_when_it_was_told_takes_nothing_from_an_acknowledgement() -> None:
    ahead = told(Reason.FIRST, at=NOW + timedelta(days=1))
    for episode in (None, 1):
        assert acknowledged(ahead, episode=episode).acknowledged(NOW + timedelta(days=2))


@pytest.mark.parametrize("then", ["on_pace", "at_risk", "achieved"])
def test_what_was_not_so_by_what_is_known_now_is_corrected(then: Status) -> None:
    known = standing(status=then, actual=353_600)
    decision = decide(back(), BEHIND, NOW, POLICY, then=known)
    assert decision.reason is Reason.CORRECTED
    assert "told=91112, known=353600" in decision.rule
    assert decide(back(), BEHIND, NOW, POLICY, then=standing()).reason is Reason.RESOLVED
    assert decide(back(), BEHIND, NOW, POLICY).reason is Reason.RESOLVED
    assert decide(back(), SILENT, NOW, POLICY, then=known).reason is Reason.RESOLVED


def test_silence_is_told_once_and_then_seldom() -> None:
    silent = standing(status="no_data")
    assert decide(silent, SILENT, NOW + timedelta(days=13), POLICY) == NOTHING
    assert decide(silent, SILENT, NOW + timedelta(days=14), POLICY).reason is Reason.NO_DATA
    assert told(Reason.NO_DATA, Reason.NO_DATA).episode == 1


@pytest.mark.parametrize("status", ["missed", "achieved"])
def test_targets_of_long_ago_are_no_news(status: Status) -> None:
    old = standing(status=status, on=TARGET.due_on + timedelta(days=32))
    assert decide(old, NEVER, NOW, POLICY) == NOTHING
    assert decide(standing(status=status, on=TARGET.due_on + timedelta(days=31)), NEVER, NOW, POLICY) != NOTHING


def test_who_is_above_is_told_level_by_level_unless_somebody_acknowledges() -> None:
    state, week = BEHIND, POLICY.escalate
    assert escalation(standing(), state, NOW + week - timedelta(seconds=1), POLICY) == NOTHING
    assert escalation(standing(), state, NOW + week, POLICY).reason is Reason.ESCALATED
    once = after(state, step(Line(standing(), state), Reason.ESCALATED, rule="", mails=(), now=NOW + week))
    assert escalation(standing(), once, NOW + 2 * week - timedelta(seconds=1), POLICY) == NOTHING
    assert escalation(standing(), once, NOW + 2 * week, POLICY).reason is Reason.ESCALATED
    twice = after(once, step(Line(standing(), once), Reason.ESCALATED, rule="", mails=(), now=NOW + 2 * week))
    assert escalation(standing(), twice, NOW + 9 * week, POLICY) == NOTHING
    # Telling others does not put off telling the head.
    assert twice.told_at == NOW
    for heard in (acknowledged(state), acknowledged(once)):
        assert escalation(standing(), heard, NOW + 9 * week, POLICY) == NOTHING
    for nothing_wrong in (standing(status="on_pace"), standing(status="no_data")):
        assert escalation(nothing_wrong, state, NOW + 9 * week, POLICY) == NOTHING
    assert escalation(standing(status="no_data"), SILENT, NOW + 9 * week, POLICY) == NOTHING


def test_a_withdrawn_target_ends_an_open_alert() -> None:
    gone = standing(status="no_target")
    assert withdrawn(gone, BEHIND)
    assert not withdrawn(gone, OVER)
    assert not withdrawn(standing(), BEHIND)
    state = after(BEHIND, step(Line(gone, BEHIND), "withdrawn", rule="", mails=(), now=NOW))
    assert not state.open


def test_a_silence_is_about_a_line_or_all_in_a_region_and_outlasts_an_episode() -> None:
    until = NOW + timedelta(days=30)
    silenced = after(BEHIND, word("silence", "36", until=until, by="operator", reason="banjir", now=NOW))
    assert silenced.silenced(NOW)
    assert not silenced.silenced(until)
    over = after(silenced, step(Line(back(), silenced), Reason.RESOLVED, rule="", mails=(), now=NOW))
    again = after(over, step(Line(standing(), over), Reason.FIRST, rule="", mails=(), now=NOW))
    assert again.silenced_until == until
    assert not after(again, word("silence", "36", until=NOW, by="operator", reason=None, now=NOW)).silenced(NOW)


STATUSES = st.sampled_from(get_args(Status))


@given(days=st.lists(st.tuples(STATUSES, st.sampled_from(["warning", "serious", "critical"])), max_size=60))
def test_nobody_hears_the_same_twice_and_the_state_is_the_fold_over_what_was_told(
    days: list[tuple[Status, str]],
) -> None:
    """Whatever a line goes through: a beginning is followed by an end before the next beginning, and so on."""
    state, events, news = NEVER, list[OutcomeEvent](), list[Reason]()
    for number, (status, severity) in enumerate(days):
        moment, on = NOW + timedelta(days=number), date(2024, 6, 28) + timedelta(days=number)
        now: Standing = standing(status=status, severity=severity if status == "behind" else None, on=on)
        reason = decide(now, state, moment, POLICY).reason
        if reason is not Reason.NONE:
            news.append(reason)
            events.append(step(Line(now, state), reason, rule="", mails=(), now=moment))
            state = after(state, events[-1])
            # Looking again changes nothing: neither at once nor a day later, if all else is as it was.
            assert decide(now, state, moment, POLICY) == NOTHING
            assert decide(now, state, moment + timedelta(days=1), POLICY) == NOTHING
        elif withdrawn(now, state):
            events.append(step(Line(now, state), "withdrawn", rule="", mails=(), now=moment))
            state = after(state, events[-1])
    assert folded(events) == state
    assert len({event.id for event in events}) == len(events)
    assert news.count(Reason.ACHIEVED) <= 1
    assert news.count(Reason.MISSED) <= 1
    open_ = False
    for event in events:
        reason_told = event.data.reason  # type: ignore[union-attr]  # only steps are in the list
        if reason_told in ("resolved", "corrected", "worsened", "repeat", "withdrawn"):
            assert open_
        open_ = reason_told in ("first", "no_data", "worsened", "repeat")
    assert open_ == state.open
    assert replace(state) == state
