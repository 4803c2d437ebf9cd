"""Record in the ALERTS stream what became of a mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from services.notifier.decide import Reason
from services.notifier.outbox import FINAL, Entry, Outbox
from services.notifier.pipeline import Delivery
from shared.bus import ALERTS, alerts_subject
from shared.errors import BusUnavailableError
from shared.events import AlertRaised, AlertResolved
from shared.events.outcome import Alert

SOURCE = "laju/notifier"


@dataclass(frozen=True, slots=True)
class Record:
    """Publishes one event per outcome, then marks the entry; doing it again is harmless."""

    outbox: Outbox
    js: Callable[[], JetStreamContext]
    clock: Callable[[], datetime]

    async def __call__(self, delivery: Delivery) -> Delivery:
        """Record the entry's outcome if it has one.

        Raises:
            BusUnavailableError: ALERTS did not acknowledge; the entry stays unrecorded.
            DatabaseUnavailableError: the entry could not be marked; it will be published again.
        """
        entry = await self.outbox.entry(delivery.entry.message_id)
        if entry.state in FINAL:
            event = event_of(entry, self.clock())
            try:
                await self.js().publish(
                    alerts_subject(entry.region),
                    event.model_dump_json().encode(),
                    stream=ALERTS,
                    headers={"Nats-Msg-Id": event.id},
                )
            except (NatsError, TimeoutError) as error:
                raise BusUnavailableError(f"publishing to ALERTS failed: {type(error).__name__}") from error
            await self.outbox.recorded(entry.message_id)
        return delivery


def event_of(entry: Entry, now: datetime) -> AlertRaised | AlertResolved:
    """The event for an entry in a final state. Its id follows from the mail and its outcome.

    Raises:
        ValueError: the entry has no outcome yet.
    """
    if entry.state not in ("sent", "failed", "uncertain"):
        raise ValueError(f"{entry.message_id} is {entry.state}: it has no outcome")
    name = entry.message_id.strip("<").partition("@")[0]
    alert = Alert(
        line=entry.line,
        episode=entry.episode,
        reason="first" if entry.reason is Reason.FIRST else "resolved",
        mail=entry.message_id,
        outcome=entry.state,
        decided_at=entry.created_at,
        standing=entry.standing,
    )
    kind = AlertRaised if entry.reason is Reason.FIRST else AlertResolved
    return kind(id=f"{name}-{entry.state}", source=SOURCE, time=now, data=alert)
