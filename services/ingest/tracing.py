"""What the span of a request or message says of what came in with it."""

from __future__ import annotations

from services.ingest.judging import Judged
from shared.tracing.span import Span
from shared.tracing.traceparent import NAME


def describe(span: Span, judged: Judged) -> None:
    """How many events came in and how many did not, and what the events said that they followed from."""
    if span.stamp is not None:  # every event has a context then: its own, or this one
        span.set("laju.events.accepted", len(judged.accepted))
        span.set("laju.events.rejected", len(judged.refused))
        span.link({event[NAME] for event in judged.accepted} - {span.stamp})
