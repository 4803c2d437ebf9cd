"""Every metric of the notifier. No label holds an address, a name or a region: all are bounded."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable
from math import nan

from prometheus_client import CollectorRegistry, Counter, Gauge

from services.notifier.alert import GRAVITY, AlertState
from services.notifier.contents import Reason
from services.notifier.delivery.metrics import Metrics as DeliveryMetrics
from shared.telemetry import Vitals

_ABOUT = {Reason.FIRST: "behind", Reason.NO_DATA: "no_data"}


class Metrics:
    """The metrics of one notifier, on a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.vitals = Vitals(self.registry)
        self.delivery = DeliveryMetrics(self.registry)
        self.on_duty = Gauge(
            "laju_notifier_on_duty",
            "1 if this notifier tells, 0 while it stands by for another",
            registry=self.registry,
        )
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
        self.open_alerts = Gauge(
            "laju_notifier_open_alerts",
            "Alerts that heads were told of and that are not over, by what they are about (behind, no_data) and the "
            "gravest severity told (none for no_data)",
            ["about", "severity"],
            registry=self.registry,
        )
        self.standings_waiting = Gauge(
            "laju_notifier_standings_waiting", "Standings in PACE that are not yet kept", registry=self.registry
        )
        # Shown as 0 from the start: an increase from nothing to 1 would not be seen.
        for outcome in ("news", "known", "retried", "quarantined"):
            self.standings.labels(outcome)
        for kind in ("digest", "heartbeat"):
            self.digests.labels(kind)

    def show_alerts(self, states: Iterable[AlertState]) -> None:
        """Show how many of these alerts are open."""
        found = Tally((state.about, state.gravest) for state in states if state.open)
        for reason, about in _ABOUT.items():
            for severity in GRAVITY:
                self.open_alerts.labels(about, severity or "none").set(found[reason, severity])

    def forget_waiting(self) -> None:
        """Nobody knows how many standings wait."""
        self.standings_waiting.set(nan)
