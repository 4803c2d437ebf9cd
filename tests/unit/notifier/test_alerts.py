"""The alerts of all lines: whatever comes twice, and however words and steps are mixed, each line is the fold over its
own events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast, get_args

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.alert import AlertState, concerns, folded
from services.notifier.alerts import Alerts
from services.notifier.contents import Reason
from services.notifier.lines import Line
from services.notifier.links import Act
from services.notifier.metrics import Metrics
from services.notifier.record import mailed
from services.notifier.steps import step
from services.notifier.words import word
from shared.events.outcome import AlertAcknowledged, AlertSilenced, OutcomeEvent
from tests.unit.notifier.delivery.mails import entry
from tests.unit.notifier.standings import standing

NOW = datetime(2024, 6, 28, 2, 0, tzinfo=UTC)
REGIONS = ("36.04", "36.03", "51.71")
REASONS = (Reason.FIRST, Reason.WORSENED, Reason.REPEAT, Reason.RESOLVED, Reason.ESCALATED)


@given(
    told=st.lists(
        st.one_of(
            st.tuples(st.sampled_from(REGIONS), st.sampled_from(REASONS)),
            st.tuples(st.sampled_from((*REGIONS, "36", "ID")), st.sampled_from(("acknowledge", "silence"))),
        ),
        max_size=12,
    ),
    again=st.lists(st.integers(0, 11), max_size=12),
)
def test_each_line_is_the_fold_over_its_own_events_whatever_comes_twice(
    told: list[tuple[str, str]], again: list[int]
) -> None:
    alerts, events = Alerts(lambda scope: None), []
    for number, (region, what) in enumerate(told):
        event = _event(alerts, region, what, NOW + timedelta(hours=number))
        events.append(event)
        alerts.apply(event)
        for place in again:
            if place < len(events):
                alerts.apply(events[place])

    for region in REGIONS:
        line = standing(region=region).line
        assert alerts.of(line) == folded(event for event in events if _is_about(event, line))


def _event(alerts: Alerts, region: str, what: str, now: datetime) -> OutcomeEvent:
    if what in get_args(Act):
        return word(cast("Act", what), region, until=now + timedelta(days=9), by="operator", reason=None, now=now)
    row = standing(region=region)
    return step(Line(row, alerts.of(row.line)), Reason(what), rule="", mails=(), now=now)


def _is_about(event: OutcomeEvent, line: str) -> bool:
    if isinstance(event, AlertAcknowledged | AlertSilenced):
        return concerns(event.data, line)
    return event.id.startswith(line)


def test_outcomes_of_mails_change_nothing() -> None:
    alerts = Alerts(lambda scope: None)
    alerts.apply(mailed(entry(state="sent"), NOW))
    assert list(alerts.lines()) == []
    assert alerts.of(standing().line) == AlertState()


def test_open_alerts_are_shown_by_what_they_are_about_and_how_grave_they_were() -> None:
    alerts, metrics = Alerts(lambda scope: None), Metrics()
    for region, what in (("36.04", Reason.FIRST), ("36.03", Reason.FIRST), ("51.71", Reason.NO_DATA)):
        alerts.apply(_event(alerts, region, what, NOW))
    alerts.apply(_event(alerts, "36.03", Reason.RESOLVED, NOW + timedelta(days=1)))

    metrics.show_alerts(state for _, state in alerts.lines())

    shown = {
        (sample.labels["about"], sample.labels["severity"]): sample.value
        for family in metrics.open_alerts.collect()
        for sample in family.samples
    }
    assert {labels: value for labels, value in shown.items() if value} == {
        ("behind", "critical"): 1,
        ("no_data", "critical"): 1,  # the standing of these tests is critical whatever it is about
    }
    assert shown["no_data", "none"] == 0
