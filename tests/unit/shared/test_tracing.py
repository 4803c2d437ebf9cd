"""Spans as they are recorded, and that nothing is where they are not."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from shared.tracing.recorded import Recorded
from shared.tracing.span import OFF

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
FIRST, SECOND = f"00-{TRACE}-00f067aa0ba902b7-01", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = f"00-{TRACE}-00f067aa0ba902b7-00"
NIK = "5171012304990001"

_BUILT = """
import sys
sys.modules |= dict.fromkeys(sys.argv[1:])  # as if these were not installed
from services.aggregator import app as aggregator
from services.ingest import app as ingest
from services.notifier import app as notifier
from shared.service import Lifeline
aggregator.build(aggregator.AggregatorSettings(), Lifeline())
ingest.build(ingest.IngestSettings(), Lifeline())
notifier.build(notifier.NotifierSettings(), Lifeline())
print("\\n".join(name for name, module in sys.modules.items() if module is not None))
"""
# The API of OpenTelemetry is not among them: FastAPI needs it and loads it, whatever we do.
EXTRA = ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.proto", "google.protobuf", "requests")


def built(folder: Path, *blocked: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """All three services made in a process of their own, which tells what it has loaded."""
    (folder / "recipients.toml").write_text("")
    environment = {**os.environ, "LAJU_DATA": str(folder), **settings}
    return subprocess.run(
        [sys.executable, "-c", _BUILT, *blocked], env=environment, capture_output=True, text=True, check=False
    )


def extra(loaded: str) -> list[str]:
    return [name for name in loaded.splitlines() if name.startswith((*EXTRA, "shared.tracing.recorded"))]


def test_nothing_of_it_is_loaded_unless_it_is_switched_on(tmp_path: Path) -> None:
    off, on = built(tmp_path), built(tmp_path, LAJU_TRACING="true")
    assert (off.returncode, on.returncode) == (0, 0), off.stderr + on.stderr
    assert "services.notifier.app" in off.stdout.splitlines()
    assert extra(off.stdout) == []
    assert {"shared.tracing.recorded", "opentelemetry.sdk.trace"} <= set(extra(on.stdout))


def test_it_need_not_be_installed_unless_it_is_switched_on(tmp_path: Path) -> None:
    off, on = built(tmp_path, *EXTRA), built(tmp_path, *EXTRA, LAJU_TRACING="true")
    assert off.returncode == 0, off.stderr
    assert on.returncode == 1
    assert "LAJU_TRACING is set and opentelemetry.exporter" in on.stderr
    assert "pip install 'laju[tracing]'" in on.stderr


@pytest.fixture
def kept() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracing(kept: InMemorySpanExporter) -> Recorded:
    return Recorded("ingest", "here:8080", kept)


async def recorded(tracing: Recorded, kept: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    """What was sent, by name."""
    await tracing.close()
    return {span.name: span for span in kept.get_finished_spans()}


def context_of(span: ReadableSpan) -> tuple[str, str]:
    assert span.context is not None
    return f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}"


def parent_of(span: ReadableSpan) -> tuple[str, str]:
    assert span.parent is not None
    return f"{span.parent.trace_id:032x}", f"{span.parent.span_id:016x}"


async def test_what_follows_from_one_is_its_child(tracing: Recorded, kept: InMemorySpanExporter) -> None:
    with (
        tracing.span("request", "server", follows=[FIRST], attributes={"size": 5}) as request,
        tracing.span("publish", "producer", follows=request.trail) as publish,
    ):
        publish.set("done", "yes")

    spans = await recorded(tracing, kept)
    outer, inner = spans["request"], spans["publish"]
    assert parent_of(outer) == (TRACE, "00f067aa0ba902b7")
    assert parent_of(inner) == context_of(outer)
    assert (outer.links, inner.links) == ((), ())
    assert (outer.kind, inner.kind) == (SpanKind.SERVER, SpanKind.PRODUCER)
    assert (dict(outer.attributes or {}), dict(inner.attributes or {})) == ({"size": 5}, {"done": "yes"})
    assert request.headers == {"traceparent": request.stamp}
    assert request.trail == (request.stamp,)


async def test_what_follows_from_several_is_linked_to_each(tracing: Recorded, kept: InMemorySpanExporter) -> None:
    with tracing.span("batch", follows=[UNSAMPLED, FIRST, SECOND, FIRST]):
        pass

    (span,) = (await recorded(tracing, kept)).values()
    assert context_of(span)[0] == TRACE
    assert [f"{link.context.span_id:016x}" for link in span.links] == ["00f067aa0ba902b7", "b7ad6b7169203331"]


async def test_what_nothing_led_to_begins_a_trace(tracing: Recorded, kept: InMemorySpanExporter) -> None:
    with tracing.span("outer"), tracing.span("inner"):
        pass

    outer, inner = (await recorded(tracing, kept)).values()
    assert outer.parent is inner.parent is None
    assert context_of(outer)[0] != context_of(inner)[0]


async def test_what_is_not_sampled_stamps_nothing_and_passes_on_that_it_is_not(
    tracing: Recorded, kept: InMemorySpanExporter
) -> None:
    with tracing.span("request", follows=[UNSAMPLED]) as span:
        assert span.stamp is None
        assert span.trail[0].startswith(f"00-{TRACE}-")
        assert span.trail[0].endswith("-00")
        with tracing.span("publish", follows=span.trail):
            pass

    assert await recorded(tracing, kept) == {}


async def test_a_failure_is_told_by_its_class_alone(tracing: Recorded, kept: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match=NIK), tracing.span("parse"):
        raise ValueError(f"{NIK} is none")

    span = (await recorded(tracing, kept))["parse"]
    assert not span.status.is_ok
    assert dict(span.attributes or {}) == {"error.type": "ValueError"}
    assert NIK not in span.to_json()


async def test_a_service_is_named_and_its_name_can_be_set(
    kept: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    for variables in (
        {},
        {"OTEL_SERVICE_NAME": "intake", "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=uji"},
    ):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        tracing = Recorded("ingest", "here:8080", kept)
        with tracing.span("request"):
            pass
        resource = (await recorded(tracing, kept))["request"].resource.attributes
        names.append((resource["service.name"], resource.get("deployment.environment.name")))
        assert resource["service.instance.id"] == "here:8080"
        kept = InMemorySpanExporter()
    assert names == [("laju-ingest", None), ("intake", "uji")]


async def test_a_variable_of_its_own_switches_it_off(
    kept: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    tracing = Recorded("ingest", "here:8080", kept)
    with tracing.span("request") as span:
        assert (span.trail, span.stamp, span.headers) == ((), None, {})
    assert await recorded(tracing, kept) == {}


class Hanging(SpanExporter):
    """One whose collector does not answer."""

    def __init__(self) -> None:
        self.reached, self.release = threading.Event(), threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.reached.set()
        self.release.wait()
        return SpanExportResult.FAILURE


async def test_a_collector_that_hangs_does_not_hold_the_end_up(caplog: pytest.LogCaptureFixture) -> None:
    hanging = Hanging()
    tracing = Recorded("ingest", "here:8080", hanging)
    with tracing.span("request"):
        pass
    await tracing.close()
    assert hanging.reached.is_set()
    assert "the last spans" in caplog.text
    hanging.release.set()


def test_off_says_and_passes_on_nothing() -> None:
    assert OFF.told({"traceparent": FIRST}) == ()
    with OFF.span("request", follows=[FIRST]) as span:
        span.set("name", "value")
        span.link([SECOND])
        assert (span.trail, span.stamp, span.headers) == ((), None, {})
