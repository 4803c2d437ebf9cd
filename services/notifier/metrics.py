"""Every metric of the notifier. No label holds an address, a name or a region: all are bounded."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from services.notifier.delivery.metrics import Metrics as DeliveryMetrics


class Metrics:
    """The metrics of one notifier, on a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.delivery = DeliveryMetrics(self.registry)
        self.standings = Counter(
            "laju_notifier_standings_total",
            "Standings taken from PACE, by outcome: news, known, retried, quarantined",
            ["outcome"],
            registry=self.registry,
        )
        self.ended = Counter(
            "laju_notifier_ended_total",
            "Looks at an audience that ended without a mail, by the stage that ended them and its reason",
            ["stage", "reason"],
            registry=self.registry,
        )
        self.told = Counter(
            "laju_notifier_told_total", "Steps of alerts told, by reason", ["reason"], registry=self.registry
        )
        self.digests = Counter(
            "laju_notifier_digests_total", "Digests and heartbeats written, by kind", ["kind"], registry=self.registry
        )
        self.looks = Counter(
            "laju_notifier_digest_looks_total", "Looks at whose digest or heartbeat is due", registry=self.registry
        )
        self.words = Counter(
            "laju_notifier_words_total", "Acknowledgements and silences heard on ALERTS", registry=self.registry
        )
        self.untold = Gauge(
            "laju_notifier_regions_without_recipient",
            "Kab/kota that have a target and no head in the recipients file",
            registry=self.registry,
        )
        self.recipients = Gauge(
            "laju_notifier_recipients", "Recipients in the file as it is in use", registry=self.registry
        )
        self.recipients_valid = Gauge(
            "laju_notifier_recipients_valid",
            "1 if the recipients file can be read as it is now; 0 while an older copy is in use",
            registry=self.registry,
        )
