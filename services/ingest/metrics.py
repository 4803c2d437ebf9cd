"""Every metric of ingest. Labels are bounded: the event types of the catalogue, and the few reasons of a refusal."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from math import nan

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.ingest.admission import Rejected
from shared.envelope import Wire
from shared.telemetry import Vitals

_OF_REQUESTS = (
    "unauthorized", "rate", "slow", "content_type", "malformed", "too_large", "unavailable", "full",
)  # fmt: skip
_OF_EVENTS = ("invalid", "forbidden")


class Metrics:
    """Ingest's metrics on a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.vitals = Vitals(registry)
        self.accepted = Counter(
            "laju_ingest_events_accepted", "Events acknowledged by JetStream", ("type",), registry=registry
        )
        self.refused = Counter(
            "laju_ingest_refused",
            f"Refused for a reason: requests ({', '.join(_OF_REQUESTS)}) or events ({', '.join(_OF_EVENTS)})",
            ("reason",),
            registry=registry,
        )
        self.publish_seconds = Histogram(
            "laju_ingest_publish_seconds", "Time until JetStream acknowledged an envelope", registry=registry
        )
        self.envelope_events = Histogram(
            "laju_ingest_envelope_events",
            "Events in one envelope",
            buckets=(1, 2, 5, 10, 50, 100, 250, 500),
            registry=registry,
        )
        self.publish_failures = Counter(
            "laju_ingest_publish_failures",
            "Envelopes that JetStream did not acknowledge: full (it stores no more) or unavailable",
            ("reason",),
            registry=registry,
        )
        # Asked of the server at each scrape.
        self.store_used = Gauge(
            "laju_ingest_store_used_bytes", "What all streams of our account take up on disk", registry=registry
        )
        self.store_limit = Gauge(
            "laju_ingest_store_limit_bytes",
            "What they may take up; NaN if the account has no limit (max_file)",
            registry=registry,
        )
        self.intake_waiting = Gauge(
            "laju_ingest_intake_waiting_messages",
            "Messages of districts on INTAKE that are not yet taken, or not yet stored or refused as a whole",
            registry=registry,
        )
        self.intake_sequence = Gauge(
            "laju_ingest_intake_taken_sequence",
            "The INTAKE sequence up to which every message is stored or refused",
            registry=registry,
        )
        # Shown as 0 from the start: an increase from nothing to 1 would not be seen.
        for reason in (*_OF_REQUESTS, *_OF_EVENTS):
            self.refused.labels(reason)
        for reason in ("full", "unavailable"):
            self.publish_failures.labels(reason)
        self.forget_store()
        self.forget_intake()

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

    def show_store(self, used: float, limit: float) -> None:
        """Show bytes on disk, NaN for what is not known."""
        self.store_used.set(used)
        self.store_limit.set(limit)

    def forget_store(self) -> None:
        """Nobody knows how much is stored."""
        self.show_store(nan, nan)

    def show_intake(self, waiting: float, sequence: float) -> None:
        """Show how far INTAKE is taken, NaN for what is not known."""
        self.intake_waiting.set(waiting)
        self.intake_sequence.set(sequence)

    def forget_intake(self) -> None:
        """Nobody knows how far INTAKE is taken."""
        self.show_intake(nan, nan)
