"""A pipeline as data: a tuple of stages, each of which passes a value on or ends it with a reason.

Two pipelines use it. ``telling`` takes a standing to the outbox inside one transaction; ``delivery`` takes an outbox
entry to the relay and its outcome to the ALERTS stream.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from services.notifier.decide import AlertState, Reason
from services.notifier.mailer import Outcome
from services.notifier.outbox import Entry
from services.notifier.recipients import Recipient
from shared.database import Session
from shared.events.standing import Standing

Value = TypeVar("Value")
EndReason = Literal["not_kabkota", "nothing_to_tell", "no_recipient", "not_pending"]


@dataclass(frozen=True, slots=True)
class Ended:
    """A value went no further than ``stage``. Counted in ``laju_notifier_ended_total``."""

    stage: str
    reason: EndReason


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
class Notification:
    """A standing on its way to the outbox. ``session`` is the transaction all of it happens in; ``now`` is aware."""

    standing: Standing
    session: Session
    now: datetime
    alert: AlertState | None = None
    reason: Reason = Reason.NONE
    recipients: tuple[Recipient, ...] = ()
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """An outbox entry on its way to the relay; ``outcome`` is what became of it there."""

    entry: Entry
    outcome: Outcome | None = None
