"""Events that Laju itself publishes: what the aggregator assessed and what became of alerts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shared.events.base import Event, Frozen
from shared.events.standing import Standing


class Alert(Frozen):
    """One step in the life of an alert; ``mail`` is the Message-ID of the mail that told the head."""

    line: str
    episode: int
    reason: Literal["first", "resolved"]
    mail: str
    outcome: Literal["sent", "failed", "uncertain"]
    decided_at: datetime
    standing: Standing


class PaceAssessed(Event):
    """A region was assessed against one of its targets and the numbers differ from the last assessment."""

    type: Literal["pace.assessed.v1"] = "pace.assessed.v1"
    data: Standing


class AlertRaised(Event):
    """The head was told that the region fell behind."""

    type: Literal["alert.raised.v1"] = "alert.raised.v1"
    data: Alert


class AlertResolved(Event):
    """The head was told that the region is back on the line."""

    type: Literal["alert.resolved.v1"] = "alert.resolved.v1"
    data: Alert


OutcomeEvent = PaceAssessed | AlertRaised | AlertResolved
