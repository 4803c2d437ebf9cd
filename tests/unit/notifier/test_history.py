"""The history of alerts: what was told and said of a region, in the order of the stream, and nothing of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.alert import concerns, folded
from services.notifier.alerts import Alerts
from services.notifier.contents import Reason
from services.notifier.history import KEPT, History
from services.notifier.http.history import Said, open_alerts, shown
from services.notifier.lines import Line
from services.notifier.links import Act
from services.notifier.steps import step
from services.notifier.words import word
from shared.events.outcome import AlertMailed, Mailed, Outcome, OutcomeEvent, Told
from shared.events.standing import Standing
from tests.unit.notifier.standings import TARGET, back, standing

NOW = datetime(2024, 6, 28, 2, 0, tzinfo=UTC)
MAIL, TO_PROVINCE = "<0123@laju.go.id>", "<4567@laju.go.id>"
SERANG, KECAMATAN, CILEGON = standing(), standing(region="36.04.05", name="Anyar"), standing(region="36.72")
PEREKAMAN = standing(programme="perekaman", target=TARGET.model_copy(update={"programme": "perekaman"}))
DENPASAR = standing(region="51.71", name="Kota Denpasar")
LINES = (SERANG, KECAMATAN, CILEGON, PEREKAMAN, DENPASAR)
REGIONS = ("ID", "36", "36.04", "36.04.05", "36.72", "51", "51.71", "73.71")


@dataclass
class Stream:
    """ALERTS, and who reads it."""

    alerts: Alerts = field(default_factory=lambda: Alerts(lambda scope: None))
    history: History = field(default_factory=History)
    events: list[OutcomeEvent] = field(default_factory=list)

    def publish(self, *events: OutcomeEvent) -> None:
        for event in events:
            self.events.append(event)
            self.alerts.apply(event)
            self.history.take(len(self.events), event, event.model_dump_json(exclude_none=True).encode())

    def tell(
        self, of: Standing, reason: Reason | Literal["withdrawn"], *mails: str, now: datetime = NOW
    ) -> OutcomeEvent:
        event = step(Line(of, self.alerts.of(of.line)), reason, rule=f"{reason}()", mails=mails, now=now)
        self.publish(event)
        return event

    def say(
        self, act: Act, scope: str, *, days: float = 14, now: datetime = NOW, episode: int | None = None
    ) -> OutcomeEvent:
        until = now + timedelta(days=days)
        event = word(act, scope, until=until, by="operator", reason="Jemput bola", now=now, episode=episode)
        self.publish(event)
        return event

    def mailed(self, mail: str, copy: str, outcome: Outcome, *lines: Standing, region: str = "36.04") -> OutcomeEvent:
        told = Mailed(mail=mail, region=region, kind="notice", lines=tuple(one.line for one in lines), outcome=outcome)
        event = AlertMailed(id=f"{mail}/{copy}/{outcome}", source="laju/notifier", time=NOW, data=told)
        self.publish(event)
        return event

    def of(self, region: str, limit: int = KEPT) -> list[OutcomeEvent]:
        return [recorded.event for recorded in self.history.newest(region, limit)]


def test_of_a_region_is_told_what_lies_in_it_and_what_was_said_about_all_of_a_wider_one() -> None:
    stream = Stream()
    serang, kecamatan = stream.tell(SERANG, Reason.FIRST), stream.tell(KECAMATAN, Reason.FIRST)
    cilegon = stream.tell(CILEGON, Reason.FIRST)
    line = stream.say("acknowledge", SERANG.line)
    province, nation = stream.say("silence", "36"), stream.say("silence", "ID")

    assert stream.of("36.04") == [nation, province, line, kecamatan, serang]
    assert stream.of("36.04.05") == [nation, province, kecamatan]
    assert stream.of("36.72") == [nation, province, cilegon]
    assert stream.of("36") == stream.of("ID") == [nation, province, line, cilegon, kecamatan, serang]
    assert stream.of("51.71") == [nation]
    assert stream.of("36", limit=2) == [nation, province]


def test_a_step_knows_what_became_of_its_mails_whichever_came_first() -> None:
    stream = Stream()
    stream.mailed(MAIL, "aa", "sent", SERANG, PEREKAMAN)
    stream.tell(SERANG, Reason.FIRST, MAIL)
    stream.tell(PEREKAMAN, Reason.FIRST, MAIL)
    stream.mailed(MAIL, "bb", "failed", SERANG, PEREKAMAN)
    stream.tell(SERANG, Reason.ESCALATED, TO_PROVINCE)
    stream.mailed("<digest@laju.go.id>", "aa", "sent")

    escalated, perekaman, serang = stream.history.newest("36.04", 10)
    assert serang.outcomes == perekaman.outcomes == {MAIL: ("sent", "failed")}
    assert escalated.outcomes == {TO_PROVINCE: ()}

    stream.mailed(TO_PROVINCE, "cc", "uncertain", SERANG, CILEGON, region="36")
    assert stream.history.newest("36.04", 1)[0].outcomes == {TO_PROVINCE: ("uncertain",)}


def test_what_was_published_twice_is_there_once_where_it_was_first() -> None:
    stream = Stream()
    first = stream.tell(SERANG, Reason.FIRST, MAIL)
    sent, said = stream.mailed(MAIL, "aa", "sent", SERANG), stream.say("acknowledge", "36.04")
    stream.publish(first, sent, said)

    assert [(recorded.sequence, recorded.event) for recorded in stream.history.newest("36.04", 10)] == [
        (3, said),
        (1, first),
    ]
    assert stream.history.newest("36.04", 10)[1].outcomes == {MAIL: ("sent",)}


def test_the_order_is_that_of_the_stream_whatever_the_clock_says() -> None:
    stream = Stream()
    first = stream.tell(SERANG, Reason.FIRST)
    resolved = stream.tell(back(), Reason.RESOLVED, now=NOW - timedelta(days=3))

    assert stream.of("36.04") == [resolved, first]


def test_of_each_region_the_newest_are_kept_and_many_words_push_no_step_out() -> None:
    stream = Stream()
    cilegon = stream.tell(CILEGON, Reason.FIRST)
    steps = [stream.tell(SERANG, Reason.REPEAT, f"<{number}@laju.go.id>") for number in range(KEPT + 5)]
    words = [stream.say("acknowledge", "36.04", days=number) for number in range(KEPT + 5)]

    assert stream.of("36.04", limit=5000) == [*reversed(words[5:]), *reversed(steps[5:])]
    assert stream.of("36.72") == [cilegon]


def test_a_retired_code_is_shown_under_the_one_it_has_now() -> None:
    stream = Stream()
    event = stream.say("silence", "91.01")
    assert stream.of("93.01") == [event]
    assert stream.of("93") == [event]


def test_a_step_is_shown_with_its_figures_and_nothing_of_who_was_told() -> None:
    stream = Stream()
    stream.tell(SERANG, Reason.FIRST, MAIL)
    stream.mailed(MAIL, "aa", "sent", SERANG)
    stream.mailed(MAIL, "bb", "sent", SERANG)

    (recorded,) = stream.history.newest("36.04", 10)
    assert shown(recorded).model_dump(mode="json") == {
        "kind": "step",
        "sequence": 1,
        "id": "36.04/ikd/national/2024-12-31/1/first",
        "type": "alert.raised.v1",
        "line": "36.04/ikd/national/2024-12-31",
        "region": "36.04",
        "name": "Kabupaten Serang",
        "programme": "ikd",
        "episode": 1,
        "reason": "first",
        "decided_at": "2024-06-28T02:00:00Z",
        "rule": "first()",
        "standing": {
            "on": "2024-06-27",
            "status": "behind",
            "severity": "critical",
            "actual": 91_112,
            "expected": 353_555,
            "gap": -262_443,
        },
        "mails": [{"message_id": MAIL, "outcomes": {"sent": 2}}],
    }


def test_a_word_is_shown_as_it_was_said() -> None:
    stream = Stream()
    stream.say("silence", SERANG.line, days=30, episode=1)

    (recorded,) = stream.history.newest("36.04", 10)
    said = shown(recorded)
    assert isinstance(said, Said)
    assert (said.kind, said.type, said.act, said.scope) == ("word", "alert.silenced.v1", "silence", SERANG.line)
    assert (said.said_at, said.until) == (NOW, NOW + timedelta(days=30))
    assert (said.by, said.reason, said.episode) == ("operator", "Jemput bola", 1)


def test_open_alerts_are_those_that_are_not_over_gravest_first() -> None:
    stream, later = Stream(), NOW + timedelta(days=7)
    silent = standing(region="36.72", name="Kota Cilegon", status="no_data", severity=None)
    stream.tell(silent, Reason.NO_DATA)
    stream.tell(PEREKAMAN, Reason.FIRST)
    stream.tell(PEREKAMAN, Reason.RESOLVED)
    stream.tell(standing(severity="serious"), Reason.FIRST)
    stream.tell(SERANG, Reason.WORSENED, now=later)
    stream.tell(SERANG, Reason.ESCALATED, now=later + timedelta(days=1))
    stream.say("acknowledge", SERANG.line, now=later)

    serang, cilegon = open_alerts(stream.alerts, "36")
    assert serang.model_dump(mode="json") == {
        "line": "36.04/ikd/national/2024-12-31",
        "region": "36.04",
        "name": "Kabupaten Serang",
        "programme": "ikd",
        "authority": "national",
        "due_on": "2024-12-31",
        "about": "behind",
        "episode": 1,
        "since": "2024-06-28T02:00:00Z",
        "told_at": "2024-07-05T02:00:00Z",
        "gravest": "critical",
        "escalated": 1,
        "acknowledged_until": "2024-07-19T02:00:00Z",
        "silenced_until": None,
    }
    assert (cilegon.line, cilegon.about, cilegon.gravest) == (silent.line, "no_data", None)
    assert open_alerts(stream.alerts, "36.72") == [cilegon]
    assert open_alerts(stream.alerts, "51") == []


@dataclass(frozen=True)
class Happening:
    """Something told or said in the course of a history."""

    reason: Reason
    line: Standing
    act: Act | None
    scope: str
    again: bool


HAPPENINGS = st.builds(
    Happening,
    reason=st.sampled_from([reason for reason in Reason if reason is not Reason.NONE]),
    line=st.sampled_from(LINES),
    act=st.sampled_from([None, None, "acknowledge", "silence"]),
    scope=st.sampled_from([*REGIONS, *(one.line for one in LINES)]),
    again=st.booleans(),
)


@given(st.lists(HAPPENINGS, max_size=40))
def test_the_history_of_a_line_folded_again_is_what_is_known_of_its_alert(course: Sequence[Happening]) -> None:
    stream = Stream()
    for number, one in enumerate(course):
        now = NOW + timedelta(days=number)
        event = stream.say(one.act, one.scope, now=now) if one.act else stream.tell(one.line, one.reason, now=now)
        if one.again:
            stream.publish(event)

    for of in LINES:
        past = list(reversed(stream.of(of.region)))
        about = [event for event in past if _concerns(event, of.line)]
        assert folded(about) == stream.alerts.of(of.line)
    once = list({event.id: event for event in stream.events}.values())
    assert stream.of("ID") == list(reversed(once))
    open_lines = {alert.line for alert in open_alerts(stream.alerts, "ID")}
    assert open_lines == {of.line for of in LINES if stream.alerts.of(of.line).open}


def _concerns(event: OutcomeEvent, line: str) -> bool:
    return event.data.line == line if isinstance(event, Told) else concerns(event.data, line)  # type: ignore[arg-type]
