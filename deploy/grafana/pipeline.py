"""The dashboard of the pipeline: from the district's request to the figures."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.panels import board, layers, lines, number

_JOBS = 'job=~"ingest|aggregator|notifier"'


def quantiles(histogram: str) -> dict[str, str]:
    """The median, and what 99 of 100 do not exceed."""
    rate = f"sum by (le) (rate({histogram}_bucket[$__rate_interval]))"
    return {"median": f"histogram_quantile(0.5, {rate})", "99 of 100": f"histogram_quantile(0.99, {rate})"}


def per_second(counter: str, by: str | None = None) -> str:
    """How much a counter grows each second, by a label if there is one."""
    return f"sum{f' by ({by})' if by else ''} (rate({counter}[$__rate_interval]))"


def pipeline() -> Dashboard:
    """Services, intake, projection, quarantine and live pages."""
    return board(
        "laju-pipeline",
        "Laju: pipeline",
        "From the district's request over the event store to the figures: what comes in, what waits, what fails.",
        {
            "At a glance": [
                number("Services that answer", "Of all replicas.", "short", f"sum(up{{{_JOBS}}})"),
                number("Accepted", "Events a second, over 5 minutes.", "short", "laju:events_accepted:rate5m"),
                number(
                    "Refused", "The share of events, over an hour.", "percentunit", "laju:events_rejected:ratio_rate1h"
                ),
                number("Events waiting", "Stored and not projected.", "short", "laju:lag_events:sum"),
                number("Longest wait", "Of an envelope that is not projected.", "s", "laju:lag_seconds:max"),
                number("In quarantine", "Events to retry or drop.", "short", "max(laju_aggregator_quarantine_events)"),
            ],
            "Services": [
                lines(
                    "Ready",
                    "1 if a service reached what it needs when it was scraped.",
                    "short",
                    {"{{job}} {{instance}}: {{check}}": "laju_ready"},
                ),
                lines(
                    "Age of the processes",
                    "A fall to zero is a restart.",
                    "s",
                    {"{{job}} {{instance}}": f"time() - process_start_time_seconds{{{_JOBS}}}"},
                ),
                lines(
                    "Processor",
                    "Cores in use.",
                    "short",
                    {"{{job}} {{instance}}": f"rate(process_cpu_seconds_total{{{_JOBS}}}[$__rate_interval])"},
                ),
                lines(
                    "Memory",
                    "Resident.",
                    "bytes",
                    {"{{job}} {{instance}}": f"process_resident_memory_bytes{{{_JOBS}}}"},
                ),
                lines(
                    "Clocks",
                    "How far the clock of a service is ahead of Prometheus'.",
                    "s",
                    {
                        "{{job}} {{instance}}": "laju_clock_timestamp_seconds"
                        " - timestamp(laju_clock_timestamp_seconds)",
                    },
                ),
            ],
            "Intake": [
                layers(
                    "Accepted",
                    "Events a second that JetStream has acknowledged, by type.",
                    "short",
                    {"{{type}}": per_second("laju_ingest_events_accepted_total", "type")},
                ),
                layers(
                    "Refused",
                    "Requests or events a second, by reason. unavailable and full are ours, the others the sender's.",
                    "short",
                    {"{{reason}}": per_second("laju_ingest_refused_total", "reason")},
                ),
                lines(
                    "Storing an envelope",
                    "Until JetStream acknowledged it.",
                    "s",
                    quantiles("laju_ingest_publish_seconds"),
                ),
                lines(
                    "Envelopes that were not acknowledged",
                    "A second. The district is told to send its events again.",
                    "short",
                    {"{{reason}}": per_second("laju_ingest_publish_failures_total", "reason")},
                ),
                lines(
                    "Events in an envelope",
                    "More under load: events that come together are stored together.",
                    "short",
                    quantiles("laju_ingest_envelope_events"),
                ),
                lines(
                    "Waiting on INTAKE",
                    "Messages of districts with a server of their own, those in hand with them.",
                    "short",
                    {"messages": "max(laju_ingest_intake_waiting_messages)"},
                ),
                lines(
                    "Position on INTAKE",
                    "The sequence up to which every message is stored or refused.",
                    "short",
                    {"sequence": "max(laju_ingest_intake_taken_sequence)"},
                ),
                lines(
                    "Storage of JetStream",
                    "Bytes of all our streams, and the limit of the account if it has one.",
                    "bytes",
                    {"used": "max(laju_ingest_store_used_bytes)", "limit": "max(laju_ingest_store_limit_bytes)"},
                ),
            ],
            "Projection": [
                layers(
                    "Events waiting, by partition",
                    "Stored and not projected.",
                    "short",
                    {"{{partition}}": "max by (partition) (laju_aggregator_lag_events)"},
                ),
                lines(
                    "Longest wait, by partition",
                    "One that grows with the clock stands still.",
                    "s",
                    {"{{partition}}": "max by (partition) (laju_aggregator_lag_seconds)"},
                ),
                lines(
                    "Position, by partition",
                    "The EVENTS sequence up to which a partition is projected.",
                    "short",
                    {"{{partition}}": "max by (partition) (laju_aggregator_projected_sequence)"},
                ),
                lines(
                    "Merged",
                    "Events and envelopes a second, and envelopes that were given back to come again.",
                    "short",
                    {
                        "events": "laju:events_merged:rate5m",
                        "envelopes": per_second("laju_aggregator_envelopes_total"),
                        "given back": per_second("laju_aggregator_envelopes_retried_total"),
                    },
                ),
                lines(
                    "A transaction",
                    "With its conflicts.",
                    "s",
                    quantiles("laju_aggregator_transaction_seconds"),
                ),
                lines(
                    "Transactions begun again",
                    "A second, after a conflict or a lost line.",
                    "short",
                    {"{{instance}}": per_second("laju_aggregator_transaction_retries_total", "instance")},
                ),
                lines(
                    "Events in a transaction",
                    "More under load: few large transactions are what makes it fast.",
                    "short",
                    quantiles("laju_aggregator_batch_events"),
                ),
                layers(
                    "Partitions of each replica",
                    "Together as many as EVENTS has.",
                    "short",
                    {"{{instance}}": "laju_aggregator_partitions"},
                ),
            ],
            "Assessments": [
                lines(
                    "Standings published",
                    "A second.",
                    "short",
                    {"{{instance}}": per_second("laju_aggregator_standings_published_total", "instance")},
                ),
                lines(
                    "Kab/kota to assess",
                    "Touched by events or by the clock.",
                    "short",
                    {"{{instance}}": "laju_aggregator_assessments_pending"},
                ),
                lines(
                    "Since the last assessment",
                    "Every region is assessed anew each LAJU_ASSESS_ALL_MINUTES.",
                    "s",
                    {"{{instance}}": "time() - (laju_aggregator_last_assessment_timestamp_seconds > 0)"},
                ),
            ],
            "Quarantine": [
                lines(
                    "Events in quarantine",
                    "laju quarantine list shows each with its reason.",
                    "short",
                    {
                        "in quarantine": "max(laju_aggregator_quarantine_events)",
                        "put there within the hour": "sum(increase(laju_aggregator_quarantined_total[1h]))",
                    },
                ),
                lines(
                    "Age of the first of them",
                    "How long nobody has looked after it.",
                    "s",
                    {"age": "max(laju_aggregator_quarantine_age_seconds)"},
                ),
            ],
            "Live pages": [
                lines(
                    "Open streams",
                    "Pages and programs that are told what changes.",
                    "short",
                    {"{{instance}}": "laju_aggregator_live_subscribers"},
                ),
                lines(
                    "Messages",
                    "A second, on all streams.",
                    "short",
                    {"messages": per_second("laju_aggregator_live_messages_total")},
                ),
                lines(
                    "From an assessment to its figures on a page",
                    "By two clocks if another replica assessed.",
                    "s",
                    quantiles("laju_aggregator_live_age_seconds"),
                ),
            ],
        },
    )
