"""From envelopes to committed projections: opens them, merges many in one transaction, quarantines what cannot be
applied. An envelope is done once :meth:`Projector.project` returns; only then may it be acknowledged."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.js import JetStreamContext
from pydantic_core import to_json

from services.aggregator.merging import Merging
from services.aggregator.metrics import Metrics
from services.aggregator.projection import Changes, Rejected, batch_of
from services.aggregator.stored import STORED, StoredEvent, identity_of
from shared.bus import EVENTS
from shared.envelope import Opened, Unreadable, open_envelope
from shared.errors import InvalidError, RecoverableError
from shared.group_commit import GroupCommit
from shared.quarantine import Quarantined, keep
from shared.tracing.span import OFF, Span, Tracing
from shared.tracing.traceparent import Trail

log = logging.getLogger(__name__)
_RETRY_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope as it lies in EVENTS; ``trail`` is that of its publication."""

    partition: int
    sequence: int
    opened: Opened[StoredEvent]
    trail: Trail = ()


class Projector:
    """Merges envelopes into a projection. ``merged`` is told what each commit changed, and the commit's trail."""

    def __init__(
        self,
        merging: Merging,
        js: JetStreamContext,
        metrics: Metrics,
        *,
        merged: Callable[[Changes, Trail], None],
        batch_events: int,
        tracing: Tracing = OFF,
    ) -> None:
        self._merging = merging
        self._js = js
        self._metrics = metrics
        self._merged = merged
        self._tracing = tracing
        # Envelopes of a partition are about the same few kab/kota, so a batch of them has few counter documents.
        self._batches = GroupCommit(
            self._commit,
            weight=lambda envelope: len(envelope.opened.events),
            max_weight=batch_events,
            kin=lambda envelope: envelope.partition,
        )

    async def project(self, partition: int, sequence: int, body: bytes, trail: Trail = ()) -> None:
        """Return once everything in the envelope is committed or in quarantine. ``trail`` is that of its publication.

        Raises:
            RecoverableError: it is not, and may be tried again.
        """
        try:
            opened = open_envelope(body, STORED)
        except InvalidError as error:
            opened = Opened([], [Unreadable(f"envelope {sequence}", error.reason, body.decode(errors="replace"))])
        if opened.unreadable:
            await self._keep(
                Quarantined(f"{item.identity} in envelope {sequence}", item.reason, EVENTS, sequence, item.raw)
                for item in opened.unreadable
            )
        await self._batches.add(Envelope(partition, sequence, opened, trail))

    async def take(self, partition: int, message: Msg) -> None:
        """Project the envelope a message carries and acknowledge it after the commit, or give it back to come again."""
        sequence = message.metadata.sequence.stream
        try:
            await self.project(partition, sequence, message.data, self._tracing.told(message.headers))
        except RecoverableError as error:
            log.warning("projecting envelope %d failed: %s; it will be redelivered", sequence, error)
            self._metrics.retried.inc()
            await message.nak(delay=_RETRY_SECONDS)
        else:
            await message.ack()
            self._metrics.envelopes.inc()

    async def idle(self) -> None:
        """Return once no transaction is in flight."""
        await self._batches.idle()

    async def _commit(self, envelopes: list[Envelope]) -> None:
        follows = (context for envelope in envelopes for context in envelope.trail)
        with self._tracing.span("project events", "consumer", follows=follows) as span:
            changes = await self._committed(envelopes, span)
            self._merged(changes, span.trail)

    async def _committed(self, envelopes: list[Envelope], span: Span) -> Changes:
        checkpoints: dict[int, int] = {}
        for envelope in envelopes:
            checkpoints[envelope.partition] = max(checkpoints.get(envelope.partition, 0), envelope.sequence)
        events = [event for envelope in envelopes for event in envelope.opened.events]

        async def keep_first(rejected: Sequence[Rejected]) -> None:
            sequences = {
                identity_of(event): envelope.sequence for envelope in envelopes for event in envelope.opened.events
            }
            # A fact that was stored before lies elsewhere; it is told with the batch that pushed it out.
            await self._keep(_entry(item, sequences.get(item.fact.key, envelopes[0].sequence)) for item in rejected)

        with self._metrics.transaction_seconds.time():
            changes = await self._merging.apply(batch_of(events), checkpoints, keep_first)
        self._metrics.merged(len(envelopes), len(events))
        span.set("laju.envelopes", len(envelopes))
        span.set("laju.events", len(events))
        span.set("laju.partition", envelopes[0].partition)
        return changes

    async def _keep(self, entries: Iterable[Quarantined]) -> None:
        self._metrics.quarantined.inc(await keep(self._js, entries))


def _entry(rejected: Rejected, sequence: int) -> Quarantined:
    fact = rejected.fact
    content = to_json({"citizen": rejected.citizen, **fact._asdict()}).decode()
    return Quarantined(f"{fact.source}#{fact.id}", rejected.reason, EVENTS, sequence, content)
