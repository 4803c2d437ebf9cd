"""Every metric of the notifier. No label holds an address, a name or a region: all are bounded."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """The metrics of one notifier, on a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.standings = Counter(
            "laju_notifier_standings_total",
            "Standings taken from PACE, by outcome: mailed, ended, retried, quarantined",
            ["outcome"],
            registry=self.registry,
        )
        self.ended = Counter(
            "laju_notifier_ended_total",
            "Notifications that ended without a mail, by the stage that ended them and its reason",
            ["stage", "reason"],
            registry=self.registry,
        )
        self.mails = Counter(
            "laju_notifier_mails_total",
            "Deliveries attempted, by outcome: sent, retry, failed, uncertain",
            ["outcome"],
            registry=self.registry,
        )
        self.delivery = Histogram(
            "laju_notifier_delivery_seconds",
            "From the connection to the relay until its answer",
            buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60),
            registry=self.registry,
        )
        self.open_mails = Gauge(
            "laju_notifier_open_mails",
            "Outbox entries by state that wait for delivery or for their outcome to be recorded",
            ["state"],
            registry=self.registry,
        )
        self.recipients = Gauge(
            "laju_notifier_recipients", "Entries of the recipients file in use", registry=self.registry
        )
        self.recipients_valid = Gauge(
            "laju_notifier_recipients_valid",
            "1 if the recipients file can be read as it is now; 0 while an older copy is in use",
            registry=self.registry,
        )
