"""Spans recorded with OpenTelemetry and sent by OTLP over HTTP. Where to, and how many of them, is said by its own
variables (``OTEL_EXPORTER_OTLP_ENDPOINT``, ``OTEL_TRACES_SAMPLER``, …), which the SDK reads."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from threading import Thread

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags

from shared.tracing.span import Attributes, Kind, Value
from shared.tracing.traceparent import NAME, Trail, is_sampled, joined, traceparent_in

log = logging.getLogger(__name__)
_CLOSING_SECONDS = 1.0
_KINDS: dict[Kind, SpanKind] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}


class RecordedSpan:
    """A :class:`shared.tracing.span.Span` of OpenTelemetry."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        self._context = _text_of(span.get_span_context())

    @property
    def trail(self) -> Trail:
        """What follows from the step follows this."""
        return () if self._context is None else (self._context,)

    @property
    def stamp(self) -> str | None:
        """The same, if the step is sampled."""
        return self._context if self._context is not None and is_sampled(self._context) else None

    @property
    def headers(self) -> dict[str, str]:
        """The same, for a message."""
        return {} if self._context is None else {NAME: self._context}

    def set(self, name: str, value: Value) -> None:
        """Say something of the step."""
        self._span.set_attribute(name, value)

    def fail(self, reason: str) -> None:
        """The step failed."""
        self._span.set_attribute("error.type", reason)
        self._span.set_status(StatusCode.ERROR)

    def link(self, trail: Iterable[str]) -> None:
        """The step followed from these as well."""
        for context in joined(trail):
            self._span.add_link(_context_of(context))


class Recorded:
    """The :class:`shared.tracing.span.Tracing` of a service. ``instance`` names its replica; ``exporter`` takes what is
    recorded, by default what the variables name. No provider is made global: libraries that look for one find none,
    and record nothing of their own, such as the addresses of pages with the tokens in them."""

    def __init__(self, service: str, instance: str, exporter: SpanExporter | None = None) -> None:
        release = version("laju")
        ours = {"service.name": f"laju-{service}", "service.version": release, "service.instance.id": instance}
        self._provider = TracerProvider(
            resource=Resource.create(ours).merge(OTELResourceDetector().detect()), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("laju", release)

    def told(self, headers: Mapping[str, str] | None) -> Trail:
        """What a request or message says it followed from."""
        found = traceparent_in((headers or {}).get(NAME))
        return () if found is None else (found,)

    @contextmanager
    def span(
        self, name: str, kind: Kind = "internal", *, follows: Iterable[str] = (), attributes: Attributes | None = None
    ) -> Iterator[RecordedSpan]:
        """A step that ends with the block."""
        trail = joined(follows)
        span = self._tracer.start_span(
            name,
            trace.set_span_in_context(NonRecordingSpan(_context_of(trail[0])), Context()) if trail else Context(),
            _KINDS[kind],
            attributes,
            [Link(_context_of(context)) for context in trail] if len(trail) > 1 else None,
        )
        recorded = RecordedSpan(span)
        try:
            yield recorded
        except Exception as error:
            # Its class alone: a message may repeat what was sent.
            recorded.fail(type(error).__qualname__)
            raise
        finally:
            span.end()

    async def close(self) -> None:
        """Send what is not sent yet, for a second at most."""
        # In a thread of its own, which nobody waits for: the exporter tries for ten seconds.
        closing = Thread(target=self._provider.shutdown, name="closing-tracing", daemon=True)
        closing.start()
        await asyncio.to_thread(closing.join, _CLOSING_SECONDS)
        if closing.is_alive():
            log.warning("sending the last spans took longer than %g s: they are lost", _CLOSING_SECONDS)


def _context_of(traceparent: str) -> SpanContext:
    _, trace_id, span_id, flags = traceparent.split("-")
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))


def _text_of(context: SpanContext) -> str | None:
    if not context.is_valid:
        return None  # OTEL_SDK_DISABLED
    trace_id, span_id = trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)
    return f"00-{trace_id}-{span_id}-{context.trace_flags:02x}"
