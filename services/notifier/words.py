"""What people say about alerts: acknowledged, silenced. Each word is an event on ALERTS, however it came. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal

from services.notifier.links import Act
from services.notifier.steps import SOURCE
from shared.events.outcome import AlertAcknowledged, AlertSilenced, Word


def word(
    act: Act,
    scope: str,
    *,
    until: datetime,
    by: Literal["link", "operator"],
    reason: str | None,
    now: datetime,
    episode: int | None = None,
) -> AlertAcknowledged | AlertSilenced:
    """The event of a word about a line, or about all lines of a region, said at ``now``. Times are aware."""
    kind = AlertAcknowledged if act == "acknowledge" else AlertSilenced
    content = "|".join((act, scope, now.isoformat(), until.isoformat(), reason or ""))
    identity = hashlib.blake2b(content.encode(), digest_size=8).hexdigest()
    return kind(
        id=f"{scope}/{act}/{identity}",
        source=SOURCE,
        time=now,
        data=Word(scope=scope, until=until, by=by, reason=reason or None, episode=episode),
    )
