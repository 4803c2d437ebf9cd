"""Where several things become one, on real servers: requests that share an envelope, envelopes that share a
transaction."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import nats
import pytest
from nats.js import JetStreamContext
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.aggregator.metrics import Metrics as AggregatorMetrics
from services.aggregator.projection import Changes
from services.aggregator.projector import Projector
from services.aggregator.store import Store
from services.ingest.metrics import Metrics as IngestMetrics
from services.ingest.writer import EnvelopeWriter
from shared.bus import EVENTS, ensure_streams
from shared.database import Database
from shared.envelope import Wire
from shared.tracing.recorded import Recorded
from shared.tracing.traceparent import Trail
from tests.events import citizen, event
from tests.servers import mongo_server, nats_server

PARTITIONS = 16


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    folder: Path = tmp_path_factory.mktemp("servers")
    with nats_server(folder / "nats") as nats_url, mongo_server(folder / "mongo") as mongo_url:
        yield nats_url, mongo_url


@pytest.fixture
async def js(servers: tuple[str, str]) -> AsyncIterator[JetStreamContext]:
    client = await nats.connect(servers[0])
    await ensure_streams(client.jetstream(), partitions=PARTITIONS)
    yield client.jetstream()
    await client.close()


def moved(number: int) -> Wire:
    return {**event("resident.moved", citizen=citizen(number), home="51.71")}


def ids(trails: Sequence[Trail]) -> list[str]:
    """The span ids of contexts."""
    return [context.split("-")[2] for trail in trails for context in trail]


def linked(span: ReadableSpan) -> list[str]:
    return [f"{link.context.span_id:016x}" for link in span.links]


async def spans(tracing: Recorded, kept: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    await tracing.close()
    return [span for span in kept.get_finished_spans() if span.name == name]


async def test_an_envelope_follows_from_every_request_in_it(js: JetStreamContext) -> None:
    kept = InMemorySpanExporter()
    tracing = Recorded("ingest", "here", kept)
    writer = EnvelopeWriter(js, PARTITIONS, IngestMetrics(), timeout_seconds=20, tracing=tracing)
    trails = []
    for _ in range(3):
        with tracing.span("request") as span:
            trails.append(span.trail)

    # They are there before the first of them is taken up: one envelope.
    await asyncio.gather(*(writer.write([moved(number)], trail) for number, trail in enumerate(trails)))

    (published,) = await spans(tracing, kept, "publish events")
    assert published.parent is not None
    assert f"{published.parent.span_id:016x}" == ids(trails)[0]
    assert linked(published) == ids(trails)
    assert (published.attributes or {})["laju.events"] == 3
    info = await js.stream_info(EVENTS)
    headers = (await js.get_msg(EVENTS, info.state.last_seq)).headers or {}
    assert published.context is not None
    assert headers["traceparent"].split("-")[2] == f"{published.context.span_id:016x}"


async def test_a_transaction_follows_from_every_envelope_in_it(js: JetStreamContext, servers: tuple[str, str]) -> None:
    kept = InMemorySpanExporter()
    tracing = Recorded("aggregator", "here", kept)
    database = Database.at(servers[1], "laju_p1")
    store = Store(database, 1, "here")
    await store.ensure()
    merged: list[Trail] = []

    def note(changes: Changes, trail: Trail) -> None:
        merged.append(trail)

    projector = Projector(store.merging, js, AggregatorMetrics(), merged=note, batch_events=100, tracing=tracing)
    trails = []
    for _ in range(5):
        with tracing.span("publish events") as span:
            trails.append(span.trail)
    bodies = [b"[" + json.dumps(moved(100 + number)).encode() + b"]" for number in range(5)]

    await asyncio.gather(
        *(
            projector.project(0, number + 1, body, trail)
            for number, (body, trail) in enumerate(zip(bodies, trails, strict=True))
        )
    )

    (projected,) = await spans(tracing, kept, "project events")
    database.close()
    assert linked(projected) == ids(trails)
    assert dict(projected.attributes or {}) == {"laju.envelopes": 5, "laju.events": 5, "laju.partition": 0}
    assert projected.context is not None
    assert ids(merged) == [f"{projected.context.span_id:016x}"]
