"""What is known of the alert of a target line: the fold over its events on ALERTS. Pure.

Nothing else makes this state. It is kept in the database to be at hand, and can be made again from the stream at any
time; making it again tells nobody anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from services.notifier.contents import Reason
from shared.events.outcome import Alert, AlertAcknowledged, AlertSilenced, OutcomeEvent, Told, Word
from shared.events.standing import Severity, Standing
from shared.wilayah import within

GRAVITY: dict[Severity | None, int] = {None: 0, "warning": 1, "serious": 2, "critical": 3}
_BEGINS = frozenset({Reason.FIRST, Reason.NO_DATA})
_AGAIN = frozenset({Reason.REPEAT, Reason.NO_DATA})
_ENDS = frozenset({Reason.RESOLVED, Reason.CORRECTED, Reason.ACHIEVED, Reason.MISSED})


@dataclass(frozen=True, slots=True)
class AlertState:
    """What the head was told and what was said to it.

    ``open``: the head was told that something is wrong and not yet that it is over; ``about`` is what, ``FIRST``
    (behind) or ``NO_DATA``. ``episode`` counts such tellings from 1, 0 if there was none. ``first`` and ``told`` are
    the standings that the episode began with and that was told last, ``first_at`` and ``told_at`` when; ``gravest`` is
    the gravest severity told in it, ``repeats`` how often it was told again without anything new. ``escalated`` is how
    many levels above the head were told, the last at ``escalated_at``. ``achieved`` and ``missed`` are told once for a
    line. ``steps`` counts everything told. Times are aware.
    """

    steps: int = 0
    open: bool = False
    about: Reason = Reason.NONE
    episode: int = 0
    first: Standing | None = None
    first_at: datetime | None = None
    told: Standing | None = None
    told_at: datetime | None = None
    gravest: Severity | None = None
    repeats: int = 0
    escalated: int = 0
    escalated_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_until: datetime | None = None
    silenced_until: datetime | None = None
    achieved: bool = False
    missed: bool = False

    def acknowledged(self, now: datetime) -> bool:
        """Whether somebody is dealing with it."""
        return self.acknowledged_until is not None and now < self.acknowledged_until

    def silenced(self, now: datetime) -> bool:
        """Whether nothing is to be said about it."""
        return self.silenced_until is not None and now < self.silenced_until


def after(state: AlertState, event: OutcomeEvent) -> AlertState:
    """The state after one more event of the line, or a word about it; others change nothing. The order of the stream
    is what counts, not the times: a clock may have been ahead when something was told."""
    if isinstance(event, AlertAcknowledged):
        if event.data.episode not in (None, state.episode):
            return state
        return replace(state, acknowledged_at=event.time, acknowledged_until=event.data.until)
    if isinstance(event, AlertSilenced):
        return replace(state, silenced_until=event.data.until)
    return _told(state, event.data) if isinstance(event, Told) else state


def folded(events: Iterable[OutcomeEvent]) -> AlertState:
    """The state after these events of one line, in the order of the stream."""
    state = AlertState()
    for event in events:
        state = after(state, event)
    return state


def concerns(word: Word, line: str) -> bool:
    """Whether a word is about a line: about this one, or about a region that the line's lies in."""
    return word.scope == line if "/" in word.scope else within(line.partition("/")[0], word.scope)


def _told(state: AlertState, alert: Alert) -> AlertState:
    reason, standing = Reason(alert.reason) if alert.reason != "withdrawn" else Reason.NONE, alert.standing
    if reason is Reason.ESCALATED:
        return replace(state, steps=state.steps + 1, escalated=state.escalated + 1, escalated_at=alert.decided_at)
    if reason in _BEGINS and not (state.open and state.about is reason):
        # A new episode: what was said about the one before no longer counts. A silence lasts until its own end.
        return AlertState(
            steps=state.steps + 1,
            open=True,
            about=reason,
            episode=alert.episode,
            first=standing,
            first_at=alert.decided_at,
            told=standing,
            told_at=alert.decided_at,
            gravest=standing.severity,
            silenced_until=state.silenced_until,
            achieved=state.achieved,
            missed=state.missed,
        )
    return replace(
        state,
        steps=state.steps + 1,
        open=state.open and reason is not Reason.NONE and reason not in _ENDS,
        told=standing,
        told_at=alert.decided_at,
        repeats=0 if reason is Reason.WORSENED else state.repeats + (reason in _AGAIN),
        gravest=max(state.gravest, standing.severity, key=GRAVITY.__getitem__),
        achieved=state.achieved or reason is Reason.ACHIEVED,
        missed=state.missed or reason is Reason.MISSED,
        # A worse shortfall is another matter than the one that was acknowledged.
        acknowledged_until=None if reason is Reason.WORSENED else state.acknowledged_until,
    )
