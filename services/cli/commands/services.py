"""``laju ingest``, ``laju aggregator``, ``laju notifier``: one service each, in this process."""

# ruff: noqa: PLC0415 - each command loads only the service that it runs

from __future__ import annotations


def ingest() -> None:
    """Run ingest: takes events over HTTP and NATS. Settings come from LAJU_* variables."""
    from services.ingest.app import run

    run()


def aggregator() -> None:
    """Run the aggregator: projections, pace, read API and pages. Settings come from LAJU_* variables."""
    from services.aggregator.app import run

    run()


def notifier() -> None:
    """Run the notifier: mails the heads. Settings come from LAJU_* variables."""
    from services.notifier.app import run

    run()
