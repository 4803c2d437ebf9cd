"""Pulling without pause, on a real nats-server: what a fetch loop gets wrong, and what else can go wrong."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig

from shared import pull as module
from shared.pull import Pull
from tests.servers import free_port, listens, nats_process, running
from tests.waiting import eventually

IN_FLIGHT, IN_FLIGHT_BYTES = 8, 10_000


class Bench:
    """A stream with one consumer, and a handler that keeps what it got."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.js = client.jetstream()
        self.got: Counter[int] = Counter()
        self.busy = 0
        self.busiest = 0
        self.fail: set[int] = set()
        self.gate = asyncio.Event()
        self.gate.set()

    async def prepare(self) -> None:
        await self.js.add_stream(name="NUMBERS", subjects=["numbers"])
        await self.consumer()

    async def consumer(self) -> None:
        config = ConsumerConfig(durable_name="worker", ack_policy=AckPolicy.EXPLICIT, ack_wait=1)
        await self.js.add_consumer("NUMBERS", config)

    async def publish(self, *numbers: int, size: int = 0) -> None:
        for number in numbers:
            await self.js.publish("numbers", str(number).encode().ljust(size))

    async def handle(self, message: Msg) -> None:
        number = int(message.data)
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            await self.gate.wait()
            self.got[number] += 1
            if number in self.fail:
                self.fail.discard(number)
                raise RuntimeError("as if by a defect")
            await message.ack()
        finally:
            self.busy -= 1

    def pull(self) -> Pull:
        return Pull(self.client, "NUMBERS", "worker", self.handle, in_flight=IN_FLIGHT, in_flight_bytes=IN_FLIGHT_BYTES)

    async def has(self, count: int) -> bool:
        return len(self.got) >= count

    async def waiting(self) -> int:
        info = await self.js.consumer_info("NUMBERS", "worker")
        return (info.num_pending or 0) + (info.num_ack_pending or 0)

    async def settled(self) -> bool:
        return await self.waiting() == 0


@asynccontextmanager
async def bench(url: str) -> AsyncIterator[Bench]:
    client = await nats.connect(url, max_reconnect_attempts=-1, reconnect_time_wait=0.1, error_cb=_ignored)
    try:
        made = Bench(client)
        await made.prepare()
        yield made
    finally:
        await client.close()


async def _ignored(error: Exception) -> None:
    """The client would print it; what matters is seen in what arrives."""


async def test_no_more_than_asked_for_is_in_hand_and_everything_comes_once(tmp_path: Path) -> None:
    port = free_port()
    with running(nats_process(tmp_path, port), lambda: listens(port)):
        async with bench(f"nats://127.0.0.1:{port}") as here:
            here.gate.clear()
            pull = here.pull()
            await pull.start()
            await here.publish(*range(50))

            async def full() -> bool:
                return here.busy == IN_FLIGHT

            await eventually(full)
            here.gate.set()
            await eventually(lambda: here.has(50))
            await eventually(here.settled)
            await pull.stop()
            assert here.got == Counter(range(50))
            assert here.busiest == IN_FLIGHT


async def test_large_messages_come_few_at_a_time_and_too_large_ones_alone(tmp_path: Path) -> None:
    sizes = [100, 3_000, 3_000, 3_000, 3_000, 9_000, 30_000, 30_000, 100, 6_000, 6_000, 30_000, *[100] * 20]
    port = free_port()
    with running(nats_process(tmp_path, port), lambda: listens(port)):
        async with bench(f"nats://127.0.0.1:{port}") as here:
            for number, size in enumerate(sizes):
                await here.publish(number, size=size)
            held: set[int] = set()
            seen: list[tuple[int, int]] = []
            handle = here.handle

            async def noting(message: Msg) -> None:
                held.add(int(message.data))
                seen.append((sum(sizes[number] for number in held), len(held)))
                await asyncio.sleep(0)
                await handle(message)
                held.discard(int(message.data))

            here.handle = noting  # type: ignore[method-assign]  # seen from outside, it is the same handler
            pull = here.pull()
            await pull.start()
            await eventually(lambda: here.has(len(sizes)), seconds=10)
            await eventually(here.settled)
            await pull.stop()
            assert here.got == Counter(range(len(sizes)))
            assert all(together <= IN_FLIGHT_BYTES or count == 1 for together, count in seen)
            assert max(count for _, count in seen) > 1


async def test_requests_that_expire_at_any_moment_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each number is published once the one before was handled, at moments scattered around the requests' end."""
    monkeypatch.setattr(module, "_EXPIRES_SECONDS", 0.1)
    rng, port = random.Random(5), free_port()
    with running(nats_process(tmp_path, port), lambda: listens(port)):
        async with bench(f"nats://127.0.0.1:{port}") as here:
            pull = here.pull()
            await pull.start()
            for number in range(150):
                # Not a wait for a condition: the moment itself is what is tried.
                await asyncio.sleep(rng.uniform(0, 0.12))
                await here.publish(number)
                await eventually(lambda known=number + 1: here.has(known), seconds=5)  # type: ignore[misc]  # mypy infers no lambda with a default
            await pull.stop()
            assert here.got == Counter(range(150))


async def test_it_goes_on_after_the_server_was_killed_and_after_the_consumer_was_deleted(tmp_path: Path) -> None:
    port = free_port()
    with running(nats_process(tmp_path, port), lambda: listens(port)) as server:
        async with bench(f"nats://127.0.0.1:{port}") as here:
            pull = here.pull()
            await pull.start()
            await here.publish(1, 2, 3)
            await eventually(lambda: here.has(3))

            server.end(9)
            server.start()
            await eventually(lambda: _reconnected(here))
            await here.publish(4, 5)
            await eventually(lambda: here.has(5))

            await here.js.delete_consumer("NUMBERS", "worker")
            await here.publish(6)
            await here.consumer()  # from the beginning, as ours are
            await eventually(lambda: here.has(6))
            await eventually(here.settled)
            await pull.stop()


async def _reconnected(here: Bench) -> bool:
    return here.client.stats["reconnects"] > 0 and here.client.is_connected


async def test_what_a_handler_could_not_do_comes_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    with running(nats_process(tmp_path, port), lambda: listens(port)):
        async with bench(f"nats://127.0.0.1:{port}") as here:
            here.fail = {2}
            pull = here.pull()
            await pull.start()
            await here.publish(1, 2, 3)
            await eventually(here.settled)
            await pull.stop()
            assert here.got == Counter({1: 1, 2: 2, 3: 1})
            assert "handling a message of worker failed" in caplog.text


async def test_a_stop_finishes_what_is_in_hand_and_takes_no_more(tmp_path: Path) -> None:
    port = free_port()
    with running(nats_process(tmp_path, port), lambda: listens(port)):
        async with bench(f"nats://127.0.0.1:{port}") as here:
            here.gate.clear()
            pull = here.pull()
            await pull.start()
            await here.publish(*range(3))

            async def in_hand() -> bool:
                return here.busy == 3

            await eventually(in_hand)
            stopping = asyncio.create_task(pull.stop())

            async def nobody_asks() -> bool:
                return not (await here.js.consumer_info("NUMBERS", "worker")).num_waiting

            await eventually(nobody_asks)
            await here.publish(99)
            assert not stopping.done()
            here.gate.set()
            await stopping
            assert here.got == Counter(range(3))

            async def is_left() -> bool:
                return await here.waiting() == 1

            await eventually(is_left)  # the server takes acknowledgements and questions on different ways
