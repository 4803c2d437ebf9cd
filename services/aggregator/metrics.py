"""Every metric of the aggregator. Labels are bounded: 514 kab/kota, 2 programmes, 2 authorities, 8 states."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from shared.events.standing import Standing
from shared.wilayah import Level, level_of

_LINE = ("region", "programme", "authority")
_STATES = ("not_started", "no_data", "on_pace", "at_risk", "behind", "achieved", "missed")


class Metrics:
    """The aggregator's metrics on a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._opened = self._merged = 0
        # Plumbing.
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
        # The figures themselves, of each kab/kota's targets that are not yet over.
        self.actual = Gauge("laju_pace_actual_people", "People done so far", _LINE, registry=registry)
        self.expected = Gauge("laju_pace_expected_people", "Where the plan line stands", _LINE, registry=registry)
        self.required = Gauge("laju_pace_required_people", "What the target requires", _LINE, registry=registry)
        self.gap = Gauge("laju_pace_gap_people", "Actual minus expected", _LINE, registry=registry)
        self.status = Gauge(
            "laju_pace_status", "1 for the status a line has, 0 for the others", (*_LINE, "status"), registry=registry
        )

    def events_per_envelope(self) -> float:
        """The mean size of the envelopes merged so far by this process, at least 1."""
        return max(self._merged / max(self._opened, 1), 1.0)

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

    def show(self, standings: Iterable[Standing]) -> None:
        """Set the figures from the last assessments; lines that are gone disappear."""
        for gauge in (self.actual, self.expected, self.required, self.gap, self.status):
            gauge.clear()
        for labels, row in _current(standings).items():
            self.actual.labels(*labels).set(row.actual)
            for gauge, value in ((self.expected, row.expected), (self.required, row.required), (self.gap, row.gap)):
                if value is not None:
                    gauge.labels(*labels).set(value)
            for state in _STATES:
                self.status.labels(*labels, state).set(int(state == row.status))


def _current(standings: Iterable[Standing]) -> dict[tuple[str, str, str], Standing]:
    """By label values, of each kab/kota's lines that are not over the one that is due first."""
    found: dict[tuple[str, str, str], Standing] = {}
    for row in standings:
        if row.target is None or row.on > row.target.due_on or level_of(row.region) is not Level.KABKOTA:
            continue
        labels = (row.region, row.programme, row.target.authority)
        rival = found.get(labels)
        if rival is None or rival.target is None or row.target.due_on < rival.target.due_on:
            found[labels] = row
    return found
