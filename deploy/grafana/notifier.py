"""The dashboard of the notifier: what heads are told, what holds it back, and what becomes of the mails."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.panels import board, layers, lines, number
from deploy.grafana.pipeline import quantiles

# Who stands by knows the same alerts as who is on duty.
_OPEN_ALERTS = "max by (about, severity) (laju_notifier_open_alerts)"


def within_the_hour(counter: str, by: str | None = None) -> str:
    """By how much a counter grew in an hour, by a label if there is one: mails are few."""
    return f"sum{f' by ({by})' if by else ''} (increase({counter}[1h]))"


def notifier() -> Dashboard:
    """Alerts, tellings, mails and recipients."""
    return board(
        "laju-notifier",
        "Laju: notifier",
        "What heads are told, what holds it back, and what becomes of the mails.",
        {
            "At a glance": [
                number("Open alerts", "Told and not over.", "short", f"sum({_OPEN_ALERTS})"),
                number(
                    "Mails that wait",
                    "For the relay.",
                    "short",
                    'sum(laju_notifier_open_mails{state=~"pending|sending"})',
                ),
                number("Longest wait", "Of such a mail.", "s", "max(laju_notifier_oldest_mail_age_seconds)"),
                number(
                    "Since the last mail",
                    "That the relay accepted. Each head gets at least a digest a week.",
                    "s",
                    "time() - max(laju_notifier_last_sent_timestamp_seconds > 0)",
                ),
                number("Recipients", "In the file as it is in use.", "short", "max(laju_notifier_recipients)"),
                number(
                    "Regions without a head",
                    "They have a target, and nobody would be told.",
                    "short",
                    "max(laju_notifier_regions_without_recipient)",
                ),
            ],
            "Telling": [
                layers(
                    "Open alerts",
                    "By what they are about and the gravest severity told.",
                    "short",
                    {"{{about}} {{severity}}": _OPEN_ALERTS},
                ),
                layers(
                    "Told",
                    "Steps of alerts within the hour, by reason.",
                    "short",
                    {"{{reason}}": within_the_hour("laju_notifier_told_total", "reason")},
                ),
                lines(
                    "Not told",
                    "Looks within the hour that ended without a mail, by the stage that ended them and why.",
                    "short",
                    {"{{stage}}: {{reason}}": within_the_hour("laju_notifier_ended_total", "stage, reason")},
                ),
                lines(
                    "Digests and heartbeats",
                    "Written within the hour, beside the looks at whose turn it is (two a minute).",
                    "short",
                    {
                        "{{kind}}": within_the_hour("laju_notifier_digests_total", "kind"),
                        "looks": within_the_hour("laju_notifier_digest_looks_total"),
                    },
                ),
                lines(
                    "Standings",
                    "Within the hour, by what became of them, and how many wait at this moment.",
                    "short",
                    {
                        "{{outcome}}": within_the_hour("laju_notifier_standings_total", "outcome"),
                        "waiting": "max(laju_notifier_standings_waiting)",
                    },
                ),
                lines(
                    "Words",
                    "Acknowledgements and silences within the hour.",
                    "short",
                    {"words": within_the_hour("laju_notifier_words_total")},
                ),
            ],
            "Mail": [
                layers(
                    "Deliveries",
                    "Within the hour. failed and uncertain: a head may not know.",
                    "short",
                    {"{{outcome}}": within_the_hour("laju_notifier_mails_total", "outcome")},
                ),
                layers(
                    "Outbox",
                    "Mails that wait for the relay, and outcomes that wait to be recorded.",
                    "short",
                    {"{{state}}": "sum by (state) (laju_notifier_open_mails)"},
                ),
                lines(
                    "Until the relay answers",
                    "From the connection on.",
                    "s",
                    quantiles("laju_notifier_delivery_seconds"),
                ),
                lines(
                    "What came back",
                    "Within the hour. final: not delivered, although the relay had taken it.",
                    "short",
                    {"{{kind}}": within_the_hour("laju_notifier_bounces_total", "kind")},
                ),
                lines(
                    "The recipients file",
                    "1 if it can be read as it is now.",
                    "short",
                    {"valid": "min(laju_notifier_recipients_valid)"},
                ),
            ],
        },
    )
