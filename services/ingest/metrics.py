"""Every metric of ingest. Labels are bounded: the event types of the catalogue, and the few reasons of a refusal."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram

from services.ingest.admission import Rejected
from shared.envelope import Wire


class Metrics:
    """Ingest's metrics on a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.accepted = Counter(
            "laju_ingest_events_accepted", "Events acknowledged by JetStream", ("type",), registry=registry
        )
        # Of requests: unauthorized, rate, slow, content_type, malformed, too_large, unavailable, full; of events:
        # invalid, forbidden.
        self.refused = Counter("laju_ingest_refused", "Requests or events refused", ("reason",), registry=registry)
        self.publish_seconds = Histogram(
            "laju_ingest_publish_seconds", "Time until JetStream acknowledged an envelope", registry=registry
        )
        self.envelope_events = Histogram(
            "laju_ingest_envelope_events",
            "Events in one envelope",
            buckets=(1, 2, 5, 10, 50, 100, 250, 500),
            registry=registry,
        )

    def stored(self, events: Iterable[Wire]) -> None:
        """JetStream has acknowledged these."""
        for kind, count in Tally(event["type"] for event in events).items():
            self.accepted.labels(kind).inc(count)

    def rejected(self, events: Sequence[Rejected]) -> None:
        """These may not come in."""
        forbidden = sum(event.forbidden for event in events)
        for reason, count in (("forbidden", forbidden), ("invalid", len(events) - forbidden)):
            if count:
                self.refused.labels(reason).inc(count)
