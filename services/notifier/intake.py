"""From PACE to the lines: one standing at a time, acknowledged once it is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal

from nats.js import JetStreamContext
from pydantic import ValidationError

from services.notifier.lines import Lines
from services.notifier.metrics import Metrics
from shared.bus import PACE
from shared.errors import InvalidError, RecoverableError
from shared.events import OUTCOME_EVENT, PaceAssessed
from shared.events.standing import Standing
from shared.quarantine import Quarantined, keep
from shared.tracing.traceparent import Trail

log = logging.getLogger(__name__)
Verdict = Literal["done", "retry"]
_MEASURED = frozenset({"behind", "on_pace", "at_risk", "achieved", "missed"})


class Intake:
    """``changed`` is told the region of each standing that was news, and the trail of its publication."""

    def __init__(
        self,
        lines: Lines,
        *,
        js: Callable[[], JetStreamContext],
        metrics: Metrics,
        changed: Callable[[str, Trail], None],
    ) -> None:
        self._lines = lines
        self._js = js
        self._metrics = metrics
        self._changed = changed

    async def take(self, sequence: int, body: bytes, trail: Trail = ()) -> Verdict:
        """Keep the standing at ``sequence`` of PACE: ``done`` once it is kept or in quarantine, ``retry`` if not.
        ``trail`` is that of its publication."""
        try:
            outcome = await self._kept(sequence, body, trail)
        except RecoverableError as error:
            log.warning("keeping the standing at sequence %d of PACE failed: %s; trying again", sequence, error)
            self._metrics.standings.labels("retried").inc()
            return "retry"
        self._metrics.standings.labels(outcome).inc()
        return "done"

    async def _kept(self, sequence: int, body: bytes, trail: Trail) -> Literal["news", "known", "quarantined"]:
        try:
            standing = standing_in(body)
        except InvalidError as error:
            entry = Quarantined(f"{PACE}#{sequence}", error.reason, PACE, sequence, body.decode(errors="replace"))
            await keep(self._js(), [entry])
            return "quarantined"
        if not await self._lines.take(standing, trail):
            return "known"
        self._changed(standing.region, trail)
        return "news"


def standing_in(body: bytes) -> Standing:
    """The standing a PACE message carries.

    Raises:
        InvalidError: it is no ``pace.assessed.v1`` event, or there is nothing that a letter could say about it; the
            reason does not repeat the value at fault.
    """
    try:
        event = OUTCOME_EVENT.validate_json(body, context={"stored": True})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "event"
        raise InvalidError(f"reading a standing failed: {where}: {first['msg']}") from error
    if not isinstance(event, PaceAssessed):
        raise InvalidError(f"reading a standing failed: {event.type} does not belong into PACE")
    standing = event.data
    if standing.status in _MEASURED and None in (standing.target, standing.expected, standing.gap):
        raise InvalidError(f"reading a standing failed: it is {standing.status} and has no target line")
    return standing
