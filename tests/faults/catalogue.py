"""The faults: each has a name and injects itself into a world with a random generator of its own."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from tests.events import citizen
from tests.faults.mailbox import TAKEN
from tests.faults.proxy import Towards, Tripwire
from tests.faults.world import AGGREGATORS, PROCESSES, World

Inject = Callable[[World, Random], None]
_CONSUMERS_BACK_SECONDS = 10.0
_TRIP_SECONDS = 12.0


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong. ``inject`` returns when the fault itself is over; recovery may take longer."""

    name: str
    inject: Inject


def _killed(name: str) -> Inject:
    def inject(world: World, rng: Random) -> None:
        world.last(rng.uniform(0, 1))
        world.kill(name)
        world.start(name)

    return inject


def _restarted(name: str) -> Inject:
    def inject(world: World, rng: Random) -> None:
        world.last(rng.uniform(0, 1))
        world.terminate(name)
        world.start(name)

    return inject


def _away(name: str, shortest: float, longest: float) -> Inject:
    def inject(world: World, rng: Random) -> None:
        world.kill(name)
        world.last(rng.uniform(shortest, longest))
        world.start(name)

    return inject


def _frozen(name: str, shortest: float, longest: float) -> Inject:
    def inject(world: World, rng: Random) -> None:
        world.signal(name, signal.SIGSTOP)
        try:
            world.last(rng.uniform(shortest, longest))
        finally:
            world.signal(name, signal.SIGCONT)

    return inject


def _cut(end: str) -> Inject:
    def inject(world: World, rng: Random) -> None:
        links = world.network.names(end)
        for _ in range(rng.randint(1, 4)):
            world.network.cut(rng.sample(links, rng.randint(1, len(links))))
            world.last(rng.uniform(0, 1))

    return inject


def _slow(end: str) -> Inject:
    def inject(world: World, rng: Random) -> None:
        links = world.network.names(end)
        world.network.delay(links, rng.uniform(0.05, 0.8))
        try:
            world.last(rng.uniform(3, 6))
        finally:
            world.network.delay(links, 0)

    return inject


def _half_open(end: str) -> Inject:
    def inject(world: World, rng: Random) -> None:
        world.network.darken([rng.choice(world.network.names(end))])

    return inject


@contextmanager
def _tripwire(world: World, link: str, wire: Tripwire) -> Iterator[None]:
    world.network.arm(link, wire)
    try:
        yield
    finally:
        world.network.arm(link, None)


def _killed_at(victims: tuple[str, ...], end: str, steps: tuple[tuple[Towards, bytes], ...]) -> Inject:
    """Kill a process at a point of its conversation with a server: the last step is on the wire and not delivered."""

    def inject(world: World, rng: Random) -> None:
        victim = rng.choice(victims)
        wire = Tripwire(steps, world.condemn(victim))
        with _tripwire(world, victim + end, wire):
            wire.hit.wait(_TRIP_SECONDS)
        if wire.hit.is_set():
            world.kill(victim)
            world.start(victim)
        else:
            world.notes.append(f"{victim} did not come to the point where it was to be killed")
            world.pardon(victim)

    return inject


def _cut_at(victims: tuple[str, ...], end: str, steps: tuple[tuple[Towards, bytes], ...]) -> Inject:
    """Reset a connection at a point of its conversation: the last step is on the wire and not delivered. To a driver
    this is what it sees of a primary that dies at that moment, but for the election."""

    def inject(world: World, rng: Random) -> None:
        victim = rng.choice(victims)
        wire = Tripwire(steps, lambda: None)  # the proxy ends a connection whose wire was tripped
        with _tripwire(world, victim + end, wire):
            if not wire.hit.wait(_TRIP_SECONDS):
                world.notes.append(f"{victim} did not come to the point where it was to be cut off")

    return inject


def _garbage(world: World, rng: Random) -> None:
    body = f"not an envelope, {rng.random()}".encode()
    world.poisoned[_publish(world, rng, body)] = "garbage"


def _from_the_future(world: World, rng: Random) -> None:
    number = rng.getrandbits(60)
    good, newer, other = (_activation(number + n) for n in range(3))
    newer["type"] = "ikd.activated.v9"
    world.poisoned[_publish(world, rng, json.dumps([good, newer, other]).encode())] = "an unknown version"


def _activation(number: int) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{number}",
        "source": "poison",
        "type": "ikd.activated.v1",
        "time": "2024-06-20T10:00:00+08:00",
        "data": {"citizen": citizen(number), "home": "51.71.01", "service": "51.71", "channel": "office"},
    }


def _publish(world: World, rng: Random, body: bytes) -> int:
    """Straight onto EVENTS, as no ingest would; the sequence. The message id makes trying again harmless."""
    partition, name = rng.randrange(16), f"poison-{rng.random()}"

    async def publish(js: JetStreamContext) -> int:
        ack = await js.publish(f"events.{partition}", body, stream="EVENTS", headers={"Nats-Msg-Id": name})
        return ack.seq

    return world.on_bus(publish)


def _consumers_deleted(world: World, rng: Random) -> None:
    """They must be back within 10 s, unless the aggregators are just starting after an earlier fault."""
    if not world.is_ready(seconds=30):
        world.notes.append("consumers not deleted: not every service had recovered from an earlier fault")
        return
    ours = world.on_bus(_consumers)
    chosen = rng.sample(ours, rng.choice((len(ours) // 3, len(ours))))
    gone = [*(("EVENTS", name) for name in chosen), ("PACE", "notifier")]

    async def delete(js: JetStreamContext) -> None:
        for stream, name in gone:
            with suppress(NotFoundError):  # gone already when this was tried before
                await js.delete_consumer(stream, name)

    world.on_bus(delete)
    began = time.monotonic()

    async def missing(js: JetStreamContext) -> list[str]:
        there = {info.name for stream in ("EVENTS", "PACE") for info in await js.consumers_info(stream)}
        return [name for _, name in gone if name not in there]

    left = [name for _, name in gone]
    while left and time.monotonic() - began < 3 * _CONSUMERS_BACK_SECONDS:
        left = world.on_bus(missing)
        world.last(0.2)
    took = time.monotonic() - began
    world.notes.append(f"{len(gone)} consumers deleted, back after {took:.1f} s")
    if left or took > _CONSUMERS_BACK_SECONDS:
        world.wrong.append(f"deleted consumers are back after {took:.1f} s; still missing: {left}")


def _storage_full(world: World, rng: Random) -> None:
    """Room for a little more, until ingest had to refuse; then room again."""

    async def used(js: JetStreamContext) -> int:
        return int((await js.account_info()).storage)

    refused = _refused_as_full(world)
    world.limit_storage(world.on_bus(used) + rng.randrange(30_000, 100_000))
    deadline = time.monotonic() + 2 * _TRIP_SECONDS
    while (full := _refused_as_full(world)) <= refused and time.monotonic() < deadline:
        world.last(0.3)
    if full <= refused:
        world.notes.append("the storage did not get full in time")
    world.last(rng.uniform(0, 3))
    world.limit_storage(None)


def _refused_as_full(world: World) -> float:
    """How many requests ingest refused because JetStream's storage was full; 0 while it does not answer."""
    try:
        answer = httpx.get(f"{world.url('ingest')}/metrics", timeout=5).text
    except httpx.TransportError:
        return 0
    found = [line for line in answer.splitlines() if line.startswith('laju_ingest_refused_total{reason="full"}')]
    return float(found[0].split()[1]) if found else 0


async def _consumers(js: JetStreamContext) -> list[str]:
    return sorted(info.name for info in await js.consumers_info("EVENTS") if info.name.startswith("aggregator-"))


_COMMIT: tuple[tuple[Towards, bytes], ...] = (("server", b"$max"), ("server", b"commitTransaction"))
_ACK: tuple[tuple[Towards, bytes], ...] = (("server", b"PUB $JS.ACK."),)
FAULTS = [
    *(Fault(f"kill -9 {name}", _killed(name)) for name in PROCESSES),
    *(Fault(f"SIGTERM {name}", _restarted(name)) for name in PROCESSES),
    Fault("kill -9 aggregator before commit", _killed_at(AGGREGATORS, "-database", _COMMIT)),
    Fault("kill -9 aggregator, commit unheard", _killed_at(AGGREGATORS, "-database", (*_COMMIT, ("client", b"")))),
    Fault("kill -9 aggregator before ack", _killed_at(AGGREGATORS, "-bus", _ACK)),
    Fault("kill -9 ingest, PubAck unheard", _killed_at(("ingest",), "-bus", (("client", b'{"stream":"EVENTS"'),))),
    Fault("kill -9 notifier before ack", _killed_at(("notifier",), "-bus", _ACK)),
    Fault("kill -9 notifier, mail's reply unheard", _killed_at(("notifier",), "-smtp", (("client", TAKEN),))),
    Fault("database cut before commit", _cut_at(AGGREGATORS, "-database", _COMMIT)),
    Fault("database cut, commit unheard", _cut_at(AGGREGATORS, "-database", (*_COMMIT, ("client", b"")))),
    Fault("nats away", _away("nats", 3, 15)),
    Fault("mongo away", _away("mongo", 3, 15)),
    Fault("smtp away", _away("smtp", 3, 15)),
    Fault("nats away for minutes", _away("nats", 60, 150)),
    Fault("mongo away for minutes", _away("mongo", 60, 150)),
    Fault("nats frozen", _frozen("nats", 5, 25)),
    Fault("mongo frozen", _frozen("mongo", 5, 25)),
    Fault("bus cut", _cut("-bus")),
    Fault("database cut", _cut("-database")),
    Fault("smtp cut", _cut("-smtp")),
    Fault("bus slow", _slow("-bus")),
    Fault("database slow", _slow("-database")),
    Fault("smtp slow", _slow("-smtp")),
    Fault("bus half open", _half_open("-bus")),
    Fault("database half open", _half_open("-database")),
    Fault("smtp half open", _half_open("-smtp")),
    Fault("garbage on EVENTS", _garbage),
    Fault("unknown newer version", _from_the_future),
    Fault("consumers deleted", _consumers_deleted),
    Fault("storage full", _storage_full),
]
BY_NAME = {fault.name: fault for fault in FAULTS}
