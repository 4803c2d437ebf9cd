"""The durable pull consumers on EVENTS: one for each partition and projection version, shared by replicas."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy
from nats.js.errors import NotFoundError

from services.aggregator.store import Store
from shared.bus import EVENTS, events_subject, first_after
from shared.errors import BusUnavailableError, StreamLostError
from shared.pull import Pull

log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class PartitionProgress:
    """How far a partition is projected; both are EVENTS sequences, 0 if there is nothing yet. ``pending`` is the
    number of envelopes stored but not committed."""

    partition: int
    stored_sequence: int
    projected_sequence: int
    pending: int


class Consumers:
    """Creates, mends and reads the consumers. A new one starts at sequence 1: merging again changes nothing."""

    def __init__(
        self,
        js: JetStreamContext,
        projection: int,
        partitions: int,
        *,
        ack_wait_seconds: int,
        in_flight: int,
        in_flight_bytes: int,
    ) -> None:
        self._js = js
        self._projection = projection
        self.partitions = range(partitions)
        self._ack_wait_seconds = ack_wait_seconds
        self._in_flight = in_flight
        self._in_flight_bytes = in_flight_bytes

    def durable_name(self, partition: int) -> str:
        """The consumer of a partition, such as ``aggregator-p1-07``."""
        return f"aggregator-p{self._projection}-{partition:02}"

    def config(self, partition: int) -> ConsumerConfig:
        """What the consumer of a partition must look like."""
        return ConsumerConfig(
            name=self.durable_name(partition),
            durable_name=self.durable_name(partition),
            filter_subject=events_subject(partition),
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=self._ack_wait_seconds,
            max_deliver=-1,
            max_ack_pending=self._in_flight * 4,
        )

    def pull(self, client: Client, partition: int, take: Callable[[int, Msg], Awaitable[None]]) -> Pull:
        """Envelopes of a partition, each given to ``take``, which acknowledges it."""

        async def handle(message: Msg) -> None:
            await take(partition, message)

        return Pull(
            client,
            EVENTS,
            self.durable_name(partition),
            handle,
            in_flight=self._in_flight,
            in_flight_bytes=self._in_flight_bytes,
        )

    async def mend(self) -> None:
        """Create the consumers that are missing."""
        for partition in self.partitions:
            if await self._info(partition) is None:
                log.warning("consumer %s is missing: creating it from sequence 1", self.durable_name(partition))
                await self._create(partition)

    async def prepare(self, store: Store) -> None:
        """Create the consumers or give them the present settings, and start those over whose acknowledged work the
        database does not have.

        Raises:
            StreamLostError: EVENTS is not the stream that the database was built from, or has lost its end.
            FormatError: another version wrote the database, in a format that this one does not read.
        """
        stream = await self._js.stream_info(EVENTS)
        origin = await store.origin(str(stream.created))
        seen = await store.sequence()
        if origin != str(stream.created) or seen > stream.state.last_seq:
            raise StreamLostError(
                f"the projection was built from EVENTS as created at {origin}, up to sequence {seen}; the stream now "
                f"there was created at {stream.created} and ends at {stream.state.last_seq}: it was replaced or "
                "restored. If what is there is the truth, drop the projection database, and it is built anew from it; "
                "otherwise restore EVENTS"
            )
        infos = {partition: await self._info(partition) for partition in self.partitions}
        # Read after the consumers: another replica may be committing, and its checkpoint comes before its ack.
        checkpoints = await store.checkpoints()
        for partition, info in infos.items():
            if info is None or self._differs(info.config, self.config(partition)):
                await self._create(partition)
            if info is not None and await self._missing(partition, info, checkpoints.get(partition, 0)):
                log.warning("partition %d: the database lacks acknowledged work; projecting it anew", partition)
                await self._js.delete_consumer(EVENTS, self.durable_name(partition))
                await self._create(partition)

    async def check(self) -> None:
        """Return if JetStream answers for our consumers.

        Raises:
            BusUnavailableError: it does not.
        """
        try:
            await self._js.consumer_info(EVENTS, self.durable_name(0))
        except NatsError as error:
            raise BusUnavailableError(f"asking JetStream for a consumer failed: {type(error).__name__}") from error

    async def lag(self) -> int:
        """How many envelopes are stored but not committed and acknowledged, in one question to the server unless the
        stream has more than 256 consumers.

        Raises:
            BusUnavailableError: JetStream does not answer.
        """
        try:
            infos = await self._listed()
        except NatsError as error:
            raise BusUnavailableError(f"asking JetStream for the lag failed: {type(error).__name__}") from error
        return sum((info.num_pending or 0) + (info.num_ack_pending or 0) for info in infos)

    async def catch_up(self) -> None:
        """Return once everything that is stored now is committed and acknowledged; what comes meanwhile does not
        matter, so that there is an end to it under steady load too.

        Raises:
            BusUnavailableError: JetStream does not answer.
        """
        try:
            stored = (await self._js.stream_info(EVENTS)).state.last_seq
            # The server tells no one when a consumer has got so far.
            while not all(_holds(info, stored) for info in await self._listed()):  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_SECONDS)
        except NatsError as error:
            raise BusUnavailableError(f"asking JetStream for the lag failed: {type(error).__name__}") from error

    async def waiting(self) -> int:
        """How many requests for envelopes wait at the server: 0 once nobody pulls any more."""
        infos = [await self._info(partition) for partition in self.partitions]
        return sum(info.num_waiting or 0 for info in infos if info is not None)

    async def delete(self) -> None:
        """End the consumers; their projection is served no more."""
        for partition in self.partitions:
            if await self._info(partition) is not None:
                await self._js.delete_consumer(EVENTS, self.durable_name(partition))

    async def progress(self) -> list[PartitionProgress]:
        """How far each partition is, asked of the server.

        Raises:
            NotFoundError: a consumer is missing (and about to be mended).
        """
        return list(await asyncio.gather(*(self._progress(partition) for partition in self.partitions)))

    async def waiting_since(self, progress: PartitionProgress) -> datetime | None:
        """When the first envelope of a partition was stored that is not projected, ``None`` if none waits.

        Raises:
            NatsError: JetStream does not answer.
        """
        if not progress.pending:
            return None
        subject = events_subject(progress.partition)
        following = await first_after(self._js, EVENTS, subject, progress.projected_sequence)
        return following.time if following else None

    async def _listed(self) -> list[ConsumerInfo]:
        """Those of ours that there are. The server lists the consumers of a stream by name, a page at a time."""
        ours = {self.durable_name(partition) for partition in self.partitions}
        found: dict[str, ConsumerInfo] = {}
        seen = 0
        while ours - found.keys() and (page := await self._js.consumers_info(EVENTS, offset=seen)):
            seen += len(page)
            found |= {info.name: info for info in page if info.name in ours}
        return list(found.values())

    async def _progress(self, partition: int) -> PartitionProgress:
        # The stored sequence first: whatever is stored after it can only make the projection seem further behind.
        stored = await self._stored(partition)
        info = await self._js.consumer_info(EVENTS, self.durable_name(partition))
        floor = info.ack_floor.stream_seq if info.ack_floor else 0
        pending = (info.num_pending or 0) + (info.num_ack_pending or 0)
        behind = floor < stored
        return PartitionProgress(partition, max(stored, floor), floor, max(pending, 1) if behind else pending)

    @staticmethod
    def _differs(found: ConsumerConfig | None, wanted: ConsumerConfig) -> bool:
        return found is None or (found.ack_wait, found.max_ack_pending) != (wanted.ack_wait, wanted.max_ack_pending)

    async def _missing(self, partition: int, info: ConsumerInfo, checkpoint: int) -> bool:
        """Whether an envelope behind the checkpoint was acknowledged.

        The floor alone does not tell: with something pending it is the sequence before that, of any partition.
        """
        floor = info.ack_floor.stream_seq if info.ack_floor else 0
        if floor <= checkpoint:
            return False
        following = await first_after(self._js, EVENTS, events_subject(partition), checkpoint)
        return following is not None and (following.seq or 0) <= floor

    async def _stored(self, partition: int) -> int:
        try:
            message = await self._js.get_last_msg(EVENTS, events_subject(partition), direct=True)
        except NotFoundError:
            return 0
        return message.seq or 0

    async def _info(self, partition: int) -> ConsumerInfo | None:
        try:
            info: ConsumerInfo = await self._js.consumer_info(EVENTS, self.durable_name(partition))
        except NotFoundError:
            return None
        return info

    async def _create(self, partition: int) -> None:
        await self._js.add_consumer(EVENTS, self.config(partition))


def _holds(info: ConsumerInfo, stored: int) -> bool:
    """Whether a consumer has nothing left to acknowledge up to a sequence of the stream."""
    nothing_left = not info.num_pending and not info.num_ack_pending
    return nothing_left or (info.ack_floor is not None and info.ack_floor.stream_seq >= stored)
