"""A step in the life of an alert as an event for ALERTS. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter

from services.notifier.alert import AlertState
from services.notifier.contents import Reason
from services.notifier.lines import Line
from shared.events.outcome import (
    Alert,
    AlertAchieved,
    AlertCorrected,
    AlertEscalated,
    AlertMissed,
    AlertRaised,
    AlertReason,
    AlertRepeated,
    AlertResolved,
    AlertUnheard,
    AlertWithdrawn,
    AlertWorsened,
    Told,
)

SOURCE = "laju/notifier"
_REASON: TypeAdapter[AlertReason] = TypeAdapter(AlertReason)
_TYPES: dict[AlertReason, type[Told]] = {
    "first": AlertRaised,
    "worsened": AlertWorsened,
    "repeat": AlertRepeated,
    "escalated": AlertEscalated,
    "no_data": AlertUnheard,
    "resolved": AlertResolved,
    "corrected": AlertCorrected,
    "achieved": AlertAchieved,
    "missed": AlertMissed,
    "withdrawn": AlertWithdrawn,
}


def step_id(line: Line, reason: str) -> str:
    """The event's id: the same for the same step, however often it is decided."""
    return f"{line.name}/{line.state.steps + 1}/{reason}"


def number_of(identity: str) -> int:
    """Which step of its line one with this id is, from 1."""
    return int(identity.rsplit("/", 2)[1])


def step(line: Line, reason: Reason | Literal["withdrawn"], *, rule: str, mails: Sequence[str], now: datetime) -> Told:
    """The event of a step that is being decided at ``now`` (aware), told with ``mails``."""
    kind = _REASON.validate_python(str(reason))
    return _TYPES[kind](
        id=step_id(line, reason),
        source=SOURCE,
        time=now,
        data=Alert(
            line=line.name,
            episode=_episode(line.state, kind),
            reason=kind,
            decided_at=now,
            standing=line.standing,
            rule=rule,
            mails=tuple(mails),
        ),
    )


def _episode(state: AlertState, reason: AlertReason) -> int:
    begins = reason in ("first", "no_data") and not (state.open and state.about == reason)
    return state.episode + 1 if begins else state.episode
