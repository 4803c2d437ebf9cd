"""Steps on their way to ALERTS: written with the decision, published after it, in order, for as long as it takes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from services.notifier.delivery.outbox import Entry
from services.notifier.steps import SOURCE, number_of
from shared.bus import ALERTS, alerts_subject
from shared.database import Database, Session, update
from shared.errors import BusUnavailableError, RecoverableError
from shared.events import OUTCOME_EVENT
from shared.events.outcome import AlertMailed, Mailed, OutcomeEvent, Told, Word

log = logging.getLogger(__name__)
STEPS = "steps"
_RETRY_SECONDS = 2.0


class Record:
    """Publishes what is kept and takes it off once ALERTS has acknowledged it."""

    def __init__(self, database: Database, js: Callable[[], JetStreamContext]) -> None:
        self._database = database
        self._js = js
        self._woken = asyncio.Event()

    async def put(self, session: Session, steps: Sequence[Told]) -> None:
        """Keep steps in the transaction that decides them; one that is kept already stays as it is."""
        await session.write(
            STEPS,
            [
                update(event.id, {"$setOnInsert": {"at": event.time, "event": event.model_dump_json()}})
                for event in steps
            ],
        )

    def wake(self) -> None:
        """Something was kept."""
        self._woken.set()

    async def flush(self) -> None:
        """Publish everything that is kept.

        Raises:
            BusUnavailableError: ALERTS did not acknowledge.
            DatabaseUnavailableError: the database cannot be read or written.
        """
        for event in await self.kept():
            await publish(self._js(), event)
            await self._database.delete(STEPS, event.id)

    async def kept(self) -> list[OutcomeEvent]:
        """What is not yet known to be on ALERTS, the steps of each line in their order.

        Raises:
            DatabaseUnavailableError: the database cannot be read.
        """
        # By number and not by time: the clock may have been set back between two of them.
        found = sorted(await self._database.find(STEPS, {}), key=lambda document: number_of(document["_id"]))
        return [OUTCOME_EVENT.validate_json(document["event"], context={"stored": True}) for document in found]

    async def run(self) -> None:
        """Publish what is kept, as it comes, until cancelled."""
        while True:
            self._woken.clear()
            try:
                await self.flush()
            except RecoverableError as error:
                log.warning("%s; trying again", error)
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                await self._woken.wait()


async def publish(js: JetStreamContext, event: OutcomeEvent) -> None:
    """Put an event on ALERTS, under the region it is about; again within two minutes, the server drops it.

    Raises:
        BusUnavailableError: ALERTS did not acknowledge.
    """
    try:
        await js.publish(
            alerts_subject(_region(event)),
            event.model_dump_json(exclude_none=True).encode(),
            stream=ALERTS,
            headers={"Nats-Msg-Id": event.id},
        )
    except (NatsError, TimeoutError) as error:
        raise BusUnavailableError(f"publishing to ALERTS failed: {type(error).__name__}") from error


def mailed(entry: Entry, now: datetime) -> AlertMailed:
    """The event of an outcome that is final, noted at ``now`` (aware).

    Raises:
        ValueError: the entry has no outcome yet.
    """
    if entry.state not in ("sent", "failed", "uncertain"):
        raise ValueError(f"{entry.message_id} is {entry.state}: it has no outcome")
    return AlertMailed(
        id=f"{entry.id}/{entry.state}",
        source=SOURCE,
        time=now,
        data=Mailed(
            mail=entry.message_id, region=entry.region, kind=entry.kind, lines=entry.lines, outcome=entry.state
        ),
    )


def _region(event: OutcomeEvent) -> str:
    match event.data:
        case Word(scope=scope):
            return scope.partition("/")[0]
        case Mailed(region=region):
            return region
    return event.data.standing.region if isinstance(event, Told) else event.data.region
