"""An OpenTelemetry collector in this process: takes spans by OTLP over HTTP, as the services send them, and keeps them
in memory."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtoSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status


@dataclass(frozen=True)
class Span:
    """A span that was sent; ids are hexadecimal, ``links`` and ``parent`` are span ids."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent: str
    links: tuple[str, ...]
    attributes: dict[str, str | int]
    failed: bool


@dataclass
class Collector:
    """Where it is, and what it got."""

    url: str = ""
    requests: list[str] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)
    _spans: list[Span] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def environment(self) -> dict[str, str]:
        """The variables with which a service sends its spans here, soon."""
        return {
            "LAJU_TRACING": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.url,
            "OTEL_BSP_SCHEDULE_DELAY": "50",
        }

    def take(self, body: bytes) -> None:
        """What one request brought."""
        request = ExportTraceServiceRequest.FromString(body)
        with self._lock:
            self.requests.append(str(request))
            for resource in request.resource_spans:
                named = {item.key: item.value.string_value for item in resource.resource.attributes}
                for scope in resource.scope_spans:
                    self._spans += [_read(named["service.name"], span) for span in scope.spans]

    def spans(self, name: str = "") -> list[Span]:
        """Those of a name, or all."""
        with self._lock:
            return [span for span in self._spans if name in ("", span.name)]

    def followed(self, last: Span) -> list[Span]:
        """What a span followed from, by parents and links, nearest first, itself in front."""
        by_id = {span.span_id: span for span in self.spans()}
        found, waiting = {last.span_id: last}, [last]
        while waiting:
            span = waiting.pop(0)
            for before in (span.parent, *span.links):
                if before in by_id and before not in found:
                    found[before] = by_id[before]
                    waiting.append(by_id[before])
        return list(found.values())


def _read(service: str, span: ProtoSpan) -> Span:
    return Span(
        service=service,
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        links=tuple(link.span_id.hex() for link in span.links),
        attributes={
            item.key: item.value.int_value if item.value.HasField("int_value") else item.value.string_value
            for item in span.attributes
        },
        failed=span.status.code == Status.STATUS_CODE_ERROR,
    )


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.paths.add(self.path)
            collector.take(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Nothing: it would be noise between the tests."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
