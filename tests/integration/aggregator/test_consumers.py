"""The consumers on EVENTS, on a real nats-server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import nats
from nats.js.api import ConsumerConfig

from services.aggregator.consumers import Consumers
from shared.bus import EVENTS, ensure_streams, events_subject
from tests.servers import nats_server

LISTED_AT_ONCE = 256


async def test_consumers_behind_those_that_the_server_lists_at_once_count_too(tmp_path: Path) -> None:
    """As in a rebuild with 256 partitions: the consumers of the projection that serves fill the first page."""
    with nats_server(tmp_path) as url:
        client = await nats.connect(url)
        try:
            js = client.jetstream()
            await ensure_streams(js, partitions=4)
            others = (ConsumerConfig(name=f"a-{number}", mem_storage=True) for number in range(LISTED_AT_ONCE))
            await asyncio.gather(*(js.add_consumer(EVENTS, other) for other in others))
            ours = Consumers(js, 2, 4, ack_wait_seconds=30, in_flight=2, in_flight_bytes=1_000)
            await ours.mend()
            for partition in (0, 3):
                await js.publish(events_subject(partition), b"[]")
            assert await ours.lag() == 2
            await js.delete_consumer(EVENTS, ours.durable_name(0))
            assert await ours.lag() == 1
        finally:
            await client.close()
