"""Laju from the bus on: envelopes of up to 500 events lie in EVENTS, the aggregator brings them into the database.

The aggregator stands still (SIGSTOP) while the bus is filled, so that its start is not part of the measure.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from bench.contender import Meter, Ran, arguments, events_in, report
from bench.contenders.laju_common import envelopes_of, laju, projected, publish


@dataclass(frozen=True, slots=True)
class Projected:
    """A run, and how often a transaction had to begin again."""

    ran: Ran
    retries: int


def project(
    path: Path, folder: Path, aggregators: int = 1, before: Callable[[str], None] = lambda mongo_url: None
) -> Projected:
    """Project all events with so many aggregators; ``before`` may fill the database."""
    events = events_in(path)
    envelopes = envelopes_of(events)
    with laju(folder, aggregators=aggregators) as running:
        before(running.mongo_url)
        meter = Meter(running.servers, running.services)
        with ExitStack() as stopped:
            for service in running.services.values():
                stopped.enter_context(service.stopped())
            asyncio.run(publish(running.nats_url, envelopes))
            meter.start()
        asyncio.run(projected(running.nats_url))
        ran = meter.stop(
            len(events), None, f"{aggregators} aggregator{'s' * (aggregators > 1)}, {len(envelopes)} envelopes"
        )
        return Projected(replace(ran, figures=running.figures()), running.retries())


def main() -> None:
    """Run with what the command line says."""
    report(project(*arguments()).ran)


if __name__ == "__main__":
    main()
