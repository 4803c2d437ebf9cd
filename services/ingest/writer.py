"""Writes events to EVENTS: in envelopes by partition, durable once :meth:`EnvelopeWriter.write` returns."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nats.errors import ConnectionClosedError, ConnectionDrainingError, NoRespondersError
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.errors import APIError, NoStreamResponseError

from services.ingest.metrics import Metrics
from shared.bus import EVENTS, events_subject
from shared.envelope import CONTENT_TYPE, MAX_EVENTS, Wire, joined, message_id, partition_of, seal
from shared.errors import BusFullError, BusUnavailableError, RecoverableError
from shared.group_commit import GroupCommit
from shared.tracing.span import OFF, Attributes, Tracing
from shared.tracing.traceparent import Trail

# JetStream's codes for a stream or server that may not store more.
_FULL_CODES = frozenset({10023, 10047, 10077, 10122})


class Part(NamedTuple):
    """Events of one partition, sealed, to go into an envelope whole; ``trail`` is that of their request."""

    body: bytes
    events: int
    trail: Trail = ()


class EnvelopeWriter:
    """One lane for each partition. Events that arrive while an envelope is in flight form the next one."""

    def __init__(
        self,
        js: JetStreamContext,
        partitions: int,
        metrics: Metrics,
        *,
        timeout_seconds: float,
        tracing: Tracing = OFF,
    ) -> None:
        self._js = js
        self._tracing = tracing
        self._partitions = partitions
        self._metrics = metrics
        self._timeout_seconds = timeout_seconds
        self._lanes = [self._lane(partition) for partition in range(partitions)]

    async def write(self, events: Sequence[Wire], trail: Trail = ()) -> None:
        """Return once JetStream has acknowledged every event. ``trail`` is that of the request they came with.

        Raises:
            BusUnavailableError: it did not; some may be stored all the same, so sending all again is the way on.
            BusFullError: it refuses to store more.
        """
        by_partition: defaultdict[int, list[Wire]] = defaultdict(list)
        for event in events:
            by_partition[partition_of(event, self._partitions)].append(event)
        parts = [
            self._lanes[partition].add(Part(seal(chunk), len(chunk), trail))
            for partition, found in by_partition.items()
            for chunk in (found[start : start + MAX_EVENTS] for start in range(0, len(found), MAX_EVENTS))
        ]
        if len(parts) == 1:  # a single event, most often: gathering costs as much as the rest
            await parts[0]
            return
        for outcome in await asyncio.gather(*parts, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def idle(self) -> None:
        """Return once no envelope is in flight."""
        for lane in self._lanes:
            await lane.idle()

    def _lane(self, partition: int) -> GroupCommit[Part]:
        async def publish(parts: list[Part]) -> None:
            events, subject = sum(part.events for part in parts), events_subject(partition)
            attributes: Attributes = {
                "messaging.system": "nats",
                "messaging.destination.name": subject,
                "laju.events": events,
            }
            follows = (context for part in parts for context in part.trail)
            with self._tracing.span("publish events", "producer", follows=follows, attributes=attributes) as span:
                await self._publish(subject, joined([part.body for part in parts]), events, span.headers)

        return GroupCommit(publish, weight=lambda part: part.events, max_weight=MAX_EVENTS)

    async def _publish(self, subject: str, body: bytes, events: int, more: Mapping[str, str]) -> None:
        try:
            await self._acknowledged(subject, body, events, more)
        except RecoverableError as error:
            reason = "full" if isinstance(error, BusFullError) else "unavailable"
            self._metrics.publish_failures.labels(reason).inc()
            raise
        self._metrics.envelope_events.observe(events)

    async def _acknowledged(self, subject: str, body: bytes, events: int, more: Mapping[str, str]) -> None:
        headers = {"Content-Type": CONTENT_TYPE, "Nats-Msg-Id": message_id(body), "Laju-Events": str(events), **more}
        try:
            with self._metrics.publish_seconds.time():
                await self._js.publish(subject, body, self._timeout_seconds, EVENTS, headers)
        except APIError as error:
            if error.err_code in _FULL_CODES:
                raise BusFullError("storing failed: JetStream's storage is full; nothing more is accepted") from error
            raise BusUnavailableError(f"storing failed: JetStream answered {error.err_code}") from error
        except (NatsTimeoutError, NoStreamResponseError, NoRespondersError) as error:
            raise BusUnavailableError("storing failed: JetStream did not acknowledge in time") from error
        except (ConnectionClosedError, ConnectionDrainingError, NatsError) as error:
            raise BusUnavailableError(f"storing failed: NATS cannot be reached ({type(error).__name__})") from error
