"""From PACE to the outbox: one standing at a time through the telling pipeline, acknowledged after the commit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

from nats.js import JetStreamContext
from pydantic import ValidationError

from services.notifier.metrics import Metrics
from services.notifier.pipeline import Ended, Notification, Stage, run
from shared.bus import PACE
from shared.database import Session, Transactions
from shared.errors import InvalidError, RecoverableError
from shared.events import OUTCOME_EVENT, PaceAssessed
from shared.events.standing import Standing
from shared.quarantine import Quarantined, keep

log = logging.getLogger(__name__)
Verdict = Literal["done", "retry"]


class Intake:
    """``told`` is called after a commit that put mail into the outbox."""

    def __init__(
        self,
        transactions: Transactions,
        *,
        telling: Sequence[Stage[Notification]],
        js: Callable[[], JetStreamContext],
        metrics: Metrics,
        told: Callable[[], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._transactions = transactions
        self._telling = telling
        self._js = js
        self._metrics = metrics
        self._told = told
        self._clock = clock
        # The state of an alert is read and then written; standings of one line must not meet there.
        self._one_at_a_time = asyncio.Lock()

    async def take(self, sequence: int, body: bytes) -> Verdict:
        """Decide on the standing at ``sequence`` of PACE: ``done`` once its outcome is kept, ``retry`` if it is not."""
        async with self._one_at_a_time:
            try:
                await self._tell_or_quarantine(sequence, body)
            except RecoverableError as error:
                log.warning("deciding on the standing at sequence %d of PACE failed: %s; trying again", sequence, error)
                self._metrics.standings.labels("retried").inc()
                return "retry"
        return "done"

    async def _tell_or_quarantine(self, sequence: int, body: bytes) -> None:
        try:
            await self._tell(standing_in(body))
        except InvalidError as error:
            entry = Quarantined(f"{PACE}#{sequence}", error.reason, PACE, sequence, body.decode(errors="replace"))
            await keep(self._js(), [entry])
            self._metrics.standings.labels("quarantined").inc()

    async def _tell(self, standing: Standing) -> None:
        async def work(session: Session) -> Notification | Ended:
            return await run(self._telling, Notification(standing, session, self._clock()))

        passed = await self._transactions.run(work)
        if isinstance(passed, Ended):
            self._metrics.standings.labels("ended").inc()
            self._metrics.ended.labels(passed.stage, passed.reason).inc()
            if passed.reason == "no_recipient":
                log.warning(
                    "region %s is to be told and has no recipient: add one to the recipients file", standing.region
                )
            return
        self._metrics.standings.labels("mailed").inc()
        log.info("%s: %s is to be told: %d mails", standing.line, passed.reason, len(passed.entries))
        self._told()


def standing_in(body: bytes) -> Standing:
    """The standing a PACE message carries.

    Raises:
        InvalidError: it is no ``pace.assessed.v1`` event; the reason does not repeat the value at fault.
    """
    try:
        event = OUTCOME_EVENT.validate_json(body, context={"stored": True})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "event"
        raise InvalidError(f"reading a standing failed: {where}: {first['msg']}") from error
    if not isinstance(event, PaceAssessed):
        raise InvalidError(f"reading a standing failed: {event.type} does not belong into PACE")
    return event.data
