"""Events that Laju itself publishes: what the aggregator assessed and the life of each alert.

What an alert is, is the fold over the events of its line on stream ALERTS; nothing else has to be kept.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from shared.events.base import Event, Frozen, Text
from shared.events.standing import Standing

AlertReason = Literal[
    "first", "worsened", "repeat", "resolved", "corrected", "no_data", "achieved", "missed", "escalated", "withdrawn",
]  # fmt: skip
Outcome = Literal["sent", "failed", "uncertain"]


class Alert(Frozen):
    """One step in the life of an alert, decided at ``decided_at`` on ``standing`` by ``rule``. ``mails`` are the
    Message-IDs of those told. Steps recorded before there were several mails to a step have ``mail`` and ``outcome``.
    """

    line: str
    episode: int
    reason: AlertReason
    decided_at: datetime
    standing: Standing
    rule: str = ""
    mails: tuple[str, ...] = ()
    mail: str | None = None
    outcome: Outcome | None = None


class Word(Frozen):
    """What somebody said about the alerts of a line, or of all lines of a region and what lies in it, until a moment.

    ``by`` is how it came: the link of a mail, or an operator's command. ``reason`` is in their words. ``episode`` is
    the one that the mail was about; without it, whichever there is at that place in the stream.
    """

    scope: Annotated[str, Field(min_length=1, max_length=120)]
    until: AwareDatetime
    by: Literal["link", "operator"]
    reason: Text | None = None
    episode: Annotated[int, Field(ge=1)] | None = None


class Mailed(Frozen):
    """What became of one mail to one recipient: ``lines`` are those it told about; none in a digest."""

    mail: str
    region: str
    kind: Literal["notice", "digest", "heartbeat"]
    lines: tuple[str, ...]
    outcome: Outcome


class PaceAssessed(Event):
    """A region was assessed against one of its targets and the numbers differ from the last assessment."""

    type: Literal["pace.assessed.v1"] = "pace.assessed.v1"
    data: Standing


class AlertRaised(Event):
    """The head is told that the region fell behind."""

    type: Literal["alert.raised.v1"] = "alert.raised.v1"
    data: Alert


class AlertWorsened(Event):
    """The head is told that the shortfall is graver now."""

    type: Literal["alert.worsened.v1"] = "alert.worsened.v1"
    data: Alert


class AlertRepeated(Event):
    """The head is told once more, because nothing was heard."""

    type: Literal["alert.repeated.v1"] = "alert.repeated.v1"
    data: Alert


class AlertEscalated(Event):
    """The province, then the directorate, is told because nobody acknowledged."""

    type: Literal["alert.escalated.v1"] = "alert.escalated.v1"
    data: Alert


class AlertUnheard(Event):
    """The head is told that the region's systems have been silent."""

    type: Literal["alert.unheard.v1"] = "alert.unheard.v1"
    data: Alert


class AlertResolved(Event):
    """The head is told that the region is back on the line, or heard again."""

    type: Literal["alert.resolved.v1"] = "alert.resolved.v1"
    data: Alert


class AlertCorrected(Event):
    """The head is told that the region was not behind after all: late or corrected events said so."""

    type: Literal["alert.corrected.v1"] = "alert.corrected.v1"
    data: Alert


class AlertAchieved(Event):
    """The head is told that the target is reached."""

    type: Literal["alert.achieved.v1"] = "alert.achieved.v1"
    data: Alert


class AlertMissed(Event):
    """The head is told that the due date has passed without the target."""

    type: Literal["alert.missed.v1"] = "alert.missed.v1"
    data: Alert


class AlertWithdrawn(Event):
    """The target is gone, and the alert with it. Nobody is told."""

    type: Literal["alert.withdrawn.v1"] = "alert.withdrawn.v1"
    data: Alert


class AlertAcknowledged(Event):
    """Somebody is dealing with it: no repeats and no escalation until then, unless it gets graver."""

    type: Literal["alert.acknowledged.v1"] = "alert.acknowledged.v1"
    data: Word


class AlertSilenced(Event):
    """Nothing is to be said about it until then; a moment that has passed ends a silence."""

    type: Literal["alert.silenced.v1"] = "alert.silenced.v1"
    data: Word


class AlertMailed(Event):
    """A mail has its outcome."""

    type: Literal["alert.mailed.v1"] = "alert.mailed.v1"
    data: Mailed


Told = (
    AlertRaised
    | AlertWorsened
    | AlertRepeated
    | AlertEscalated
    | AlertUnheard
    | AlertResolved
    | AlertCorrected
    | AlertAchieved
    | AlertMissed
    | AlertWithdrawn
)
OutcomeEvent = PaceAssessed | Told | AlertAcknowledged | AlertSilenced | AlertMailed
