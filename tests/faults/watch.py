"""Watches JetStream, past the proxies, during a run: how often envelopes were delivered again, and for how long a
partition stood still, that is, an envelope stored in it stayed unacknowledged by the projection."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass

from nats.errors import Error as NatsError
from nats.js.api import ConsumerInfo

from tests.faults.world import World

_SAMPLE_SECONDS = 0.25
_LEEWAY = 1.0  # what a fault stops was stored just before it


@dataclass(frozen=True, slots=True)
class Still:
    """A partition's consumer did not move from ``began`` to ``ended`` (monotonic seconds) with work waiting."""

    consumer: str
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long."""
        return self.ended - self.began


class Watch:
    """Samples the consumers of EVENTS in a thread of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="watch", daemon=True)
        self._deliveries: dict[tuple[str, str], int] = {}
        self._stuck: dict[str, tuple[int, float]] = {}
        self.stills: list[Still] = []

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def finish(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join(15)

    def deliveries(self) -> int:
        """How many times an envelope was handed to an aggregator, as far as the samples show."""
        return sum(self._deliveries.values())

    def longest(self, began: float, ended: float) -> float:
        """The longest time that a partition stood still beginning within this span (monotonic seconds)."""
        return max((still.seconds for still in self.stills if began <= still.began + _LEEWAY < ended), default=0.0)

    async def _run(self) -> None:
        while not self._stop.is_set():
            try:
                client = await self._world.connect()
            except (NatsError, OSError):
                await asyncio.sleep(_SAMPLE_SECONDS)
                continue
            try:
                js = client.jetstream(timeout=2)
                while not self._stop.is_set():
                    for info in await js.consumers_info("EVENTS"):
                        self._see(info, time.monotonic())
                    await asyncio.sleep(_SAMPLE_SECONDS)
            except (NatsError, OSError):
                continue  # the server was taken away: connect again
            finally:
                await client.close()

    def _see(self, info: ConsumerInfo, now: float) -> None:
        if info.delivered is None or info.ack_floor is None or not info.name.startswith("aggregator-"):
            return
        life = (info.name, str(info.created))
        self._deliveries[life] = max(self._deliveries.get(life, 0), info.delivered.consumer_seq)
        floor = info.ack_floor.stream_seq
        waiting = bool(info.num_pending or info.num_ack_pending)
        was, since = self._stuck.get(info.name, (floor, now))
        if waiting and was == floor:
            self._stuck[info.name] = (floor, since)
            return
        if info.name in self._stuck:
            self.stills.append(Still(info.name, since, now))
        if waiting:
            self._stuck[info.name] = (floor, now)
        else:
            self._stuck.pop(info.name, None)
