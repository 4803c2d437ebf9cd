"""What the aggregator asks for when it is scraped: the standings of the country, how far the projection is, and what
lies in quarantine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from nats.errors import Error as NatsError

from services.aggregator.generation import Generation
from services.aggregator.metrics import Metrics
from services.aggregator.pace_metrics import shown_of, shown_of_nation
from shared.errors import BusUnavailableError
from shared.telemetry import Asked
from shared.wilayah import NATION


def asked(generation: Callable[[], Generation], metrics: Metrics) -> tuple[Asked, ...]:
    """Each apart from the others: while the database is away, the lag is still shown."""

    async def figures() -> None:
        current = generation()
        view = await current.overview.refresh()
        nation = shown_of_nation(await current.overview.seen(NATION, view))
        assessed = view.assessments.items()
        metrics.pace.show([nation, *(shown_of(code, found, current.today(code)) for code, found in assessed)])

    async def progress() -> None:
        current = generation()
        metrics.assessments_pending.set(current.assessor.pending())
        try:
            partitions = await current.consumers.progress()
            since = await asyncio.gather(*map(current.consumers.waiting_since, partitions))
        except NatsError as error:
            raise BusUnavailableError(f"asking JetStream for progress failed: {type(error).__name__}") from error
        waiting = {found.partition: _age(moment) for found, moment in zip(partitions, since, strict=True)}
        metrics.show_progress(partitions, waiting)

    async def quarantine() -> None:
        current = generation()
        try:
            events, since = await asyncio.gather(current.quarantined(), current.quarantined_since())
        except NatsError as error:
            raise BusUnavailableError(f"asking about QUARANTINE failed: {type(error).__name__}") from error
        metrics.show_quarantine(events, _age(since))

    return (
        Asked("the standings", figures),
        Asked("the progress", progress, metrics.forget_progress),
        Asked("the quarantine", quarantine, metrics.forget_quarantine),
    )


def _age(moment: datetime | None) -> float:
    """Seconds since a moment (aware), 0 if there is none or our clock is behind the server's."""
    return max((datetime.now(UTC) - moment).total_seconds(), 0.0) if moment else 0.0
