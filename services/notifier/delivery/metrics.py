"""Every metric of the delivery of mail. No label holds an address, a name or a region: all are bounded."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """The metrics of one delivery, on the registry of the service."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.mails = Counter(
            "laju_notifier_mails_total",
            "Deliveries attempted, by outcome: sent, retry, failed, uncertain",
            ["outcome"],
            registry=registry,
        )
        self.delivery = Histogram(
            "laju_notifier_delivery_seconds",
            "From the connection to the relay until its answer",
            buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600),
            registry=registry,
        )
        self.open_mails = Gauge(
            "laju_notifier_open_mails",
            "Outbox entries by state that wait for delivery or for their outcome to be recorded",
            ["state"],
            registry=registry,
        )
        self.oldest_mail_age = Gauge(
            "laju_notifier_oldest_mail_age_seconds",
            "How long ago the first mail was written that still waits for delivery, 0 if none does",
            registry=registry,
        )
        self.last_sent = Gauge(
            "laju_notifier_last_sent_timestamp_seconds",
            "When the relay last accepted a mail, 0 if it never did; known again after a restart",
            registry=registry,
        )
        self.bounces = Counter(
            "laju_notifier_bounces_total",
            "What came to the sender's address: final (a mail marked as not delivered), delayed (noted on a mail), "
            "other (accepted and forgotten)",
            ["kind"],
            registry=registry,
        )
        # Shown as 0 from the start: an increase from nothing to 1 would not be seen.
        for outcome in ("sent", "retry", "failed", "uncertain"):
            self.mails.labels(outcome)
        for kind in ("final", "delayed", "other"):
            self.bounces.labels(kind)
