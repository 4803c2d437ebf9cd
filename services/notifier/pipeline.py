"""A pipeline as data: a tuple of stages, each of which passes a value on or ends it with a reason.

``telling`` takes a case, the lines that one audience answers for, from what is known of them to the outbox.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from services.notifier.contents import Notice, Reason
from services.notifier.decide import Decision
from services.notifier.lines import Line
from services.notifier.recipient import Recipient
from shared.events.standing import Standing

Value = TypeVar("Value")
Audience = Literal["head", "province", "directorate"]
EndReason = Literal[
    "nothing_to_tell", "rides", "standings_waiting", "projection_lags", "projection_unknown", "projection_other",
    "quarantining", "silenced", "no_recipient", "gathering", "outside_hours",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ended:
    """A case went no further than ``stage``, until ``again`` (aware) at least; ``None``: until something changes.
    Counted in ``laju_notifier_ended_total``."""

    stage: str
    reason: EndReason
    again: datetime | None = None


Stage = Callable[[Value], Awaitable[Value | Ended]]


async def run(stages: Sequence[Stage[Value]], value: Value) -> Value | Ended:
    """Take the value through the stages in order; the first that ends it is the last that sees it."""
    for stage in stages:
        passed = await stage(value)
        if isinstance(passed, Ended):
            return passed
        value = passed
    return value


@dataclass(frozen=True, slots=True)
class Due:
    """A line that is to be told about, and why; ``then`` is how it stood on the day told last, by what is known now, if
    that was asked."""

    line: Line
    decision: Decision
    then: Standing | None = None

    @property
    def reason(self) -> Reason:
        """Why."""
        return self.decision.reason


@dataclass(frozen=True, slots=True)
class Case:
    """What one audience of a region may have to be told at ``now`` (aware)."""

    audience: Audience
    region: str
    now: datetime
    lines: tuple[Line, ...]
    due: tuple[Due, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    notices: tuple[Notice, ...] = ()
