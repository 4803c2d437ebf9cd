"""The faults of a NATS cluster: its servers are killed, frozen and restarted one after the other."""

from __future__ import annotations

import signal
from functools import partial
from random import Random

from nats.js import JetStreamContext

from tests.faults.catalogue import Fault
from tests.faults.world import World
from tests.servers import status
from tests.waiting import until

_HEALTHY_SECONDS = 60


def is_healthy(world: World, name: str) -> bool:
    """Whether a server of the cluster has all that the others have."""
    return status(f"{world.cluster[name].monitoring}/healthz") == 200


def leader(world: World) -> str:
    """The server that takes what is published to EVENTS."""

    async def ask(js: JetStreamContext) -> str:
        cluster = (await js.stream_info("EVENTS")).cluster
        return (cluster and cluster.leader) or ""

    return until(lambda: world.on_bus(ask), seconds=_HEALTHY_SECONDS)


def _leader_killed(world: World, rng: Random) -> None:
    """It stays away for a while: the other two go on without it."""
    name = leader(world)
    world.kill(name)
    until(lambda: leader(world) != name, seconds=_HEALTHY_SECONDS)
    world.last(rng.uniform(1, 4))
    world.start(name)
    until(partial(is_healthy, world, name), seconds=_HEALTHY_SECONDS)


def _leader_frozen(world: World, rng: Random) -> None:
    name = leader(world)
    world.signal(name, signal.SIGSTOP)
    try:
        world.last(rng.uniform(4, 7))
    finally:
        world.signal(name, signal.SIGCONT)
    until(partial(is_healthy, world, name), seconds=_HEALTHY_SECONDS)


def _rolling_restart(world: World, rng: Random) -> None:
    """As an operator updates the servers: the next one when the last one has caught up."""
    for name in rng.sample(world.servers, len(world.servers)):
        world.terminate(name)
        world.start(name)
        until(partial(is_healthy, world, name), seconds=_HEALTHY_SECONDS)


CLUSTER_FAULTS = (
    Fault("kill -9 the leader of EVENTS", _leader_killed),
    Fault("the leader of EVENTS frozen", _leader_frozen),
    Fault("rolling restart of all servers", _rolling_restart),
)
