"""Every metric of the aggregator; those of the figures themselves are in pace_metrics.py. Labels are bounded: at most
256 partitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, nan

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.aggregator.consumers import PartitionProgress
from services.aggregator.pace_metrics import PaceMetrics
from shared.telemetry import Vitals


class Metrics:
    """The aggregator's metrics on a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._opened = self._merged = 0
        self.vitals = Vitals(registry)
        self.pace = PaceMetrics(registry)
        self.events = Counter("laju_aggregator_events", "Events merged, redelivered ones again", registry=registry)
        self.envelopes = Counter("laju_aggregator_envelopes", "Envelopes acknowledged", registry=registry)
        self.retried = Counter(
            "laju_aggregator_envelopes_retried", "Envelopes given back for redelivery", registry=registry
        )
        self.quarantined = Counter("laju_aggregator_quarantined", "Events put into quarantine", registry=registry)
        self.transaction_seconds = Histogram(
            "laju_aggregator_transaction_seconds", "Time of one transaction, conflicts included", registry=registry
        )
        self.transaction_retries = Counter(
            "laju_aggregator_transaction_retries",
            "Transactions begun again after a conflict or a lost line",
            registry=registry,
        )
        self.batch_events = Histogram(
            "laju_aggregator_batch_events",
            "Events in one transaction",
            buckets=(1, 10, 100, 500, 1000, 2000, 4000),
            registry=registry,
        )
        self.partitions = Gauge("laju_aggregator_partitions", "Partitions this replica projects", registry=registry)
        self.assessed = Counter("laju_aggregator_standings_published", "pace.assessed published", registry=registry)
        self.live_subscribers = Gauge("laju_aggregator_live_subscribers", "Open live streams", registry=registry)
        self.live_messages = Counter("laju_aggregator_live_messages", "Messages on live streams", registry=registry)
        self.live_age_seconds = Histogram(
            "laju_aggregator_live_age_seconds",
            "From an assessment to its figures on live streams; by two clocks if another replica assessed",
            buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=registry,
        )
        # Asked of the servers at each scrape: every replica shows the same.
        partition = ("partition",)
        self.lag_events = Gauge(
            "laju_aggregator_lag_events",
            "Events stored and not projected, by the mean size of the envelopes merged so far",
            partition,
            registry=registry,
        )
        self.lag_seconds = Gauge(
            "laju_aggregator_lag_seconds",
            "How long ago the first envelope that is not projected was stored, 0 if there is none",
            partition,
            registry=registry,
        )
        self.projected_sequence = Gauge(
            "laju_aggregator_projected_sequence",
            "The EVENTS sequence up to which a partition is projected",
            partition,
            registry=registry,
        )
        self.quarantine_events = Gauge(
            "laju_aggregator_quarantine_events", "Events that lie in quarantine", registry=registry
        )
        self.quarantine_age_seconds = Gauge(
            "laju_aggregator_quarantine_age_seconds",
            "How long ago the first of them was put there, 0 if there is none",
            registry=registry,
        )
        # Of this replica.
        self.assessments_pending = Gauge(
            "laju_aggregator_assessments_pending", "Kab/kota this replica still has to assess", registry=registry
        )
        self.last_assessment = Gauge(
            "laju_aggregator_last_assessment_timestamp_seconds",
            "When this replica last assessed what it had to, 0 if it has not yet",
            registry=registry,
        )

    def events_in(self, envelopes: int) -> int:
        """How many events so many envelopes hold, if they are as large as those merged so far by this process."""
        return ceil(envelopes * max(self._merged / max(self._opened, 1), 1.0))

    @property
    def merged_events(self) -> int:
        """Events merged so far by this process."""
        return self._merged

    @property
    def merged_envelopes(self) -> int:
        """Envelopes merged so far by this process."""
        return self._opened

    def merged(self, envelopes: int, events: int) -> None:
        """Count one committed transaction."""
        self._opened += envelopes
        self._merged += events
        self.events.inc(events)
        self.batch_events.observe(events)

    def show_progress(self, partitions: Sequence[PartitionProgress], waiting: Mapping[int, float]) -> None:
        """Show how far each partition is; ``waiting`` has the seconds for those in which an envelope waits."""
        for found in partitions:
            name = str(found.partition)
            self.lag_events.labels(name).set(self.events_in(found.pending))
            self.lag_seconds.labels(name).set(waiting.get(found.partition, 0.0))
            self.projected_sequence.labels(name).set(found.projected_sequence)

    def forget_progress(self) -> None:
        """Nobody knows how far the partitions are."""
        for gauge in (self.lag_events, self.lag_seconds, self.projected_sequence):
            gauge.clear()

    def show_quarantine(self, events: float, age_seconds: float) -> None:
        """Show what lies in quarantine."""
        self.quarantine_events.set(events)
        self.quarantine_age_seconds.set(age_seconds)

    def forget_quarantine(self) -> None:
        """Nobody knows what lies in quarantine."""
        self.show_quarantine(nan, nan)
