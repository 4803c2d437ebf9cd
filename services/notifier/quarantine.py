"""Standings that can never be told: kept in stream QUARANTINE with position and reason."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from pydantic_core import to_json

from shared.bus import PACE, QUARANTINE, quarantine_subject
from shared.errors import BusUnavailableError

log = logging.getLogger(__name__)
# PACE is not partitioned; its quarantined standings share one subject prefix with those of the first partition.
_PARTITION = 0


async def keep(js: JetStreamContext, *, sequence: int, body: bytes, reason: str, clock: Callable[[], datetime]) -> None:
    """Store what lay at ``sequence`` of PACE; returns once JetStream has acknowledged it.

    Raises:
        BusUnavailableError: it did not; the standing must not be acknowledged.
    """
    identity = f"{PACE}#{sequence}"
    digest = hashlib.blake2b(identity.encode(), digest_size=12).hexdigest()
    entry = {
        "identity": identity,
        "reason": reason,
        "stream": PACE,
        "partition": _PARTITION,
        "sequence": sequence,
        "event": body.decode(errors="replace"),
        "quarantined_at": clock().isoformat(timespec="seconds"),
    }
    try:
        await js.publish(quarantine_subject(_PARTITION, digest), to_json(entry), stream=QUARANTINE)
    except (NatsError, TimeoutError) as error:
        raise BusUnavailableError(f"quarantining a standing failed: {type(error).__name__}") from error
    log.error("standing at sequence %d of PACE was quarantined: %s", sequence, reason)
