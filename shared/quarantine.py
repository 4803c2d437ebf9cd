"""What cannot be applied: kept in stream QUARANTINE with position and reason, never dropped and in nobody's way."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from pydantic_core import to_json

from shared.bus import QUARANTINE, quarantine_subject
from shared.errors import BusUnavailableError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One event and why it could not be applied: it lies at ``sequence`` of ``stream``, ``event`` is its text."""

    identity: str
    reason: str
    stream: str
    sequence: int
    event: str


async def keep(js: JetStreamContext, entries: Iterable[Quarantined]) -> int:
    """Store the entries; returns their number once JetStream has acknowledged each.

    One subject for each event makes quarantining it again a replacement.

    Raises:
        BusUnavailableError: it did not; the message they came in must not be acknowledged.
    """
    count = 0
    for entry in entries:
        digest = hashlib.blake2b(entry.identity.encode(), digest_size=12).hexdigest()
        body = asdict(entry) | {"quarantined_at": datetime.now(UTC).isoformat(timespec="seconds")}
        try:
            await js.publish(quarantine_subject(entry.stream, digest), to_json(body), stream=QUARANTINE)
        except NatsError as error:
            raise BusUnavailableError(f"quarantining an event failed: {type(error).__name__}") from error
        log.error("quarantined %s at sequence %d of %s: %s", entry.identity, entry.sequence, entry.stream, entry.reason)
        count += 1
    return count
