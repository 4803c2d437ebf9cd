"""Events that cannot be applied: kept in stream QUARANTINE with position and reason, never dropped or in the way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from pydantic_core import to_json

from services.aggregator.metrics import Metrics
from shared.bus import QUARANTINE, quarantine_subject
from shared.errors import BusUnavailableError


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One event and why it could not be applied; ``event`` is its JSON text. Positions are EVENTS sequences."""

    identity: str
    reason: str
    partition: int
    sequence: int
    event: str


class Quarantine:
    """The writing side. One subject for each event makes quarantining it again a replacement."""

    def __init__(self, js: JetStreamContext, metrics: Metrics) -> None:
        self._js = js
        self._metrics = metrics

    async def keep(self, entries: Iterable[Quarantined]) -> None:
        """Store the entries; returns once JetStream has acknowledged each.

        Raises:
            BusUnavailableError: it did not; the envelope must not be acknowledged.
        """
        for entry in entries:
            digest = hashlib.blake2b(entry.identity.encode(), digest_size=12).hexdigest()
            body = {
                "identity": entry.identity,
                "reason": entry.reason,
                "partition": entry.partition,
                "sequence": entry.sequence,
                "event": entry.event,
                "quarantined_at": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            try:
                await self._js.publish(quarantine_subject(entry.partition, digest), to_json(body), stream=QUARANTINE)
            except NatsError as error:
                raise BusUnavailableError(f"quarantining an event failed: {type(error).__name__}") from error
            self._metrics.quarantined.inc()
