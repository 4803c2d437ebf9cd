"""One event followed from the request that brought it to the mail that came of it, with everything running."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from nats.js import JetStreamContext

from shared.bus import EVENTS, PACE
from shared.envelope import WHOLE, open_envelope
from shared.wilayah import NATION, kabkota_in
from tests.collector import Collector, Span, collecting
from tests.e2e.pipeline import KEY, Pipeline, pipeline
from tests.events import citizen, event, target
from tests.waiting import until

SERANG = "36.04"
NIK = "5171010101900001"
PLACE = "Balai Banjar Kaja"
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CONTEXT = f"00-{TRACE}-{CALLER}-01"
WAY = [
    "POST /v1/events",
    "publish events",
    "project events",
    "assess regions",
    "publish pace",
    "tell about alerts",
    "send mail",
]
"""From the request to the mail."""


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.fixture(scope="module")
def laju(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Pipeline]:
    """Serang falls behind by one request, which somebody who records traces has sent."""
    folder = tmp_path_factory.mktemp("laju")
    environment = collector.environment() | {"FASTAPI_OTEL_AUTO_CONFIGURE": "true"}
    with pipeline(folder, as_of="2024-06-27", heads=[SERANG], **environment) as running:
        # At its start the aggregator assesses everybody: what it finds out then follows from nothing.
        until(lambda: assessed(collector) >= len(kabkota_in(NATION)))
        running.settle()
        running.http.headers["traceparent"] = CONTEXT
        running.send(
            event("wajib_ktp.reported", region=SERANG, as_of="2024-06-01", count=1_200_000, source="siak"),
            event("baseline.reported", region=SERANG, as_of="2023-12-31", activated=60_000),
            event("baseline.reported", region=SERANG, as_of="2024-06-25", activated=91_000),
            target(SERANG, 30),
            event("ikd.activated", nik=NIK, home=SERANG, service=SERANG, channel="office", place=PLACE),
        )
        del running.http.headers["traceparent"]
        running.settle()
        until(lambda: collector.spans("send mail"))
        yield running


def assessed(collector: Collector) -> int:
    """How many regions were."""
    return sum(int(span.attributes["laju.regions"]) for span in collector.spans("assess regions"))


def on(collector: Collector, name: str, region: str = SERANG) -> Span:
    """The one span of a name about a region."""
    (found,) = [span for span in collector.spans(name) if span.attributes.get("laju.region") == region]
    return found


def test_a_mail_leads_back_to_the_request_that_brought_it_about(laju: Pipeline, collector: Collector) -> None:
    mail = on(collector, "send mail")

    followed = collector.followed(mail)

    assert [span.name for span in reversed(followed)] == WAY
    assert {span.trace_id for span in followed} == {TRACE}
    request = followed[-1]
    assert request.parent == CALLER
    assert (request.service, request.attributes["http.response.status_code"]) == ("laju-ingest", 202)
    assert (request.attributes["laju.events.accepted"], request.attributes["laju.events.rejected"]) == (5, 0)
    assert [span.service for span in reversed(followed)] == [
        *["laju-ingest"] * 2,
        *["laju-aggregator"] * 3,
        *["laju-notifier"] * 2,
    ]
    assert (mail.attributes["laju.mail"], mail.attributes["laju.outcome"]) == ("notice", "sent")
    assert not any(span.failed for span in followed)
    assert len(laju.mails_about("Serang")) == 1


def test_what_was_decided_on_the_standing_is_told(laju: Pipeline, collector: Collector) -> None:
    decided = [span for span in collector.spans("decide on alerts") if span.trace_id == TRACE]

    outcomes = {(span.attributes["laju.audience"], span.attributes["laju.outcome"]) for span in decided}

    # The head's letter waits for what is on its way, or for more to gather, and is told by a look without news.
    waiting = {"gathering", "standings_waiting", "projection_lags", "quarantining", "changed"}
    heads = {outcome for audience, outcome in outcomes if audience == "head"}
    assert heads
    assert heads <= waiting
    assert ("directorate", "nothing_to_tell") in outcomes


def test_events_say_in_which_request_they_came(laju: Pipeline, collector: Collector) -> None:
    request, published = collector.spans("POST /v1/events")[0], collector.spans("publish events")[0]

    async def stored(js: JetStreamContext) -> tuple[set[str | None], str, str]:
        envelope, standing = await js.get_msg(EVENTS, 1), await js.get_last_msg(PACE, f"pace.{SERANG}")
        events = open_envelope(envelope.data or b"", WHOLE).events
        attribute = json.loads(standing.data or b"")["traceparent"]
        return {item.traceparent for item in events}, (envelope.headers or {})["traceparent"], attribute

    stamps, header, of_standing = laju.on_bus(stored)

    assert {context and context[:-3] for context in stamps} == {f"00-{TRACE}-{request.span_id}"}
    assert header[:-3] == f"00-{TRACE}-{published.span_id}"
    assert of_standing.startswith(f"00-{TRACE}-")


def test_what_an_event_says_of_itself_is_kept_and_linked(laju: Pipeline, collector: Collector) -> None:
    own = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    wrong = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"}
    recorded = [
        {**event("ikd.activated", citizen=citizen(number), home="35.73", service="35.73", channel="office"), **more}
        for number, more in enumerate((own, wrong))
    ]

    laju.send(*recorded)

    def request() -> Span | None:
        return next((span for span in collector.spans("POST /v1/events") if span.links == ("b7ad6b7169203331",)), None)

    found = until(request)
    assert found is not None

    async def last(js: JetStreamContext) -> list[str | None]:
        info = await js.stream_info(EVENTS)
        envelope = await js.get_msg(EVENTS, info.state.last_seq)
        return [item.traceparent for item in open_envelope(envelope.data or b"", WHOLE).events]

    kept, stamped = laju.on_bus(last)
    assert kept == own["traceparent"]
    assert stamped is not None
    assert stamped[:-3] == f"00-{found.trace_id}-{found.span_id}"


def test_a_request_that_is_refused_is_told_by_its_status(laju: Pipeline, collector: Collector) -> None:
    known = len(collector.spans("POST /v1/events"))
    laju.http.post(f"{laju.ingest}/v1/events", content=b"{", headers={"Authorization": f"Bearer {KEY}"})

    (span,) = until(lambda: collector.spans("POST /v1/events")[known:])

    assert (span.attributes["http.response.status_code"], span.failed) == (415, False)


def test_the_web_framework_sends_nothing_of_its_own(laju: Pipeline, collector: Collector) -> None:
    # It would, by the variable that is set here: of every request its path and query, with the tokens of links.
    assert {span.name for span in collector.spans()} == {*WAY, "decide on alerts"}
    assert collector.paths == {"/v1/traces"}


def test_nothing_about_a_person_is_recorded(laju: Pipeline, collector: Collector) -> None:
    recorded = "\n".join(collector.requests)

    assert SERANG in recorded
    for personal in (NIK, PLACE, "k1:", "kepala", "127.0.0.1", laju.mails()[0]["Message-ID"]):
        assert personal not in recorded
