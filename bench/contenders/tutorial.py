"""What a tutorial would write: one message an event, one handler a message, documents updated as the events arrive.

A stream with one JetStream message an event, a FastStream handler behind a durable pull consumer, a pydantic model, and
motor: read the citizen, write the citizen, add to the counters, acknowledge. There is no transaction and no memory of
what was seen: an event that comes late is applied when it comes, and two events of one citizen can be in hand at once.
So the figures are close to the right ones, not equal to them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from nats import connect
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, StreamConfig
from pydantic import BaseModel

from bench.contender import Figures, Meter, Ran, arguments, figures_of, report
from shared.wilayah import local_day
from tests.oracle import CITIZEN_TYPES
from tests.servers import free_port, listens, mongo_process, mongo_url, nats_process, running

_STREAM, _SUBJECT, _CONSUMER = "CITIZENS", "citizens", "counters"
_AT_ONCE = 64
_UNHEARD = 2_000
_PAUSE_SECONDS = 0.05
_CONFIGURATION = (
    "one JetStream message an event, one FastStream handler a message, "
    f"{_AT_ONCE} at once (PullSub batch_size {_AT_ONCE}, AckPolicy.NACK_ON_ERROR, no access log); "
    "motor, w: majority, j: true, retryWrites off, a document a citizen and one a kab/kota, no transaction; "
    "nats-server with sync_interval: always, MongoDB-compatible server with an fsync a commit"
)
Programme = Literal["ikd", "perekaman"]
_PROGRAMMES: tuple[Programme, ...] = ("ikd", "perekaman")
Document = dict[str, Any]


class Said(BaseModel):
    """What the event says about the citizen, as far as the counters need it."""

    citizen: str
    home: str
    reactivation: bool = False


class CitizenEvent(BaseModel):
    """One message of the stream."""

    type: Literal[
        "ikd.activated.v1", "ikd.deactivated.v1", "perekaman.recorded.v1", "perekaman.voided.v1", "resident.moved.v1"
    ]
    time: datetime
    data: Said


@dataclass(frozen=True, slots=True)
class Change:
    """``net`` more people of a kab/kota in a programme, from ``day`` on."""

    region: str
    programme: Programme
    day: str
    net: int


def applied(citizen: Document, event: CitizenEvent) -> tuple[Document, list[Change]]:
    """What becomes of a citizen's document with the next event, and what that changes in the counters."""
    before: str = citizen.get("home", "")
    said = event.data.home
    home = before if before == said or before.startswith(said + ".") else said
    after = {**citizen, "home": home}
    changes: list[Change] = []
    if before[:5] != home[:5]:
        held = [programme for programme in _PROGRAMMES if citizen.get(programme) == "active"]
        changes = [
            change
            for programme in held
            for change in (_change(before, programme, event, -1), _change(home, programme, event, +1))
        ]
    programme: Programme = "ikd" if event.type.startswith("ikd") else "perekaman"
    state = citizen.get(programme)
    if event.type in ("ikd.activated.v1", "perekaman.recorded.v1"):
        if state != "active" and not event.data.reactivation:
            after[programme] = "active"
            changes.append(_change(home, programme, event, +1))
    elif event.type in ("ikd.deactivated.v1", "perekaman.voided.v1"):
        after[programme] = "ended"
        if state != "ended":
            changes.append(_change(home, programme, event, -1))
    return after, changes


def _change(home: str, programme: Programme, event: CitizenEvent, net: int) -> Change:
    return Change(home[:5], programme, local_day(event.time, home).isoformat(), net)


class Handler:
    """Brings each event into the two collections."""

    def __init__(self, database: AsyncIOMotorDatabase[Document]) -> None:
        self._citizens: AsyncIOMotorCollection[Document] = database.citizens
        self._counters: AsyncIOMotorCollection[Document] = database.counters

    async def __call__(self, event: CitizenEvent) -> None:
        """Read the citizen, write the citizen, add to the counters; FastStream acknowledges after that."""
        known = await self._citizens.find_one({"_id": event.data.citizen})
        after, changes = applied(known or {}, event)
        if after != known:
            after.pop("_id", None)
            await self._citizens.update_one({"_id": event.data.citizen}, {"$set": after}, upsert=True)
        for change in changes:
            path = f"days.{change.programme}.{change.day}"
            await self._counters.update_one({"_id": change.region}, {"$inc": {path: change.net}}, upsert=True)

    async def figures(self) -> Figures:
        """The counters as they are stored."""
        stored = await self._counters.find().to_list(None)
        return figures_of(
            (programme, region["_id"], day, net)
            for region in stored
            for programme, days in region["days"].items()
            for day, net in days.items()
        )


def messages(events: Path) -> Iterator[bytes]:
    """The citizen events of a file, each as the body of a message."""
    with events.open() as lines:
        for line in lines:
            if json.loads(line)["type"] in CITIZEN_TYPES:
                yield line.rstrip().encode()


@asynccontextmanager
async def jetstream(url: str) -> AsyncIterator[JetStreamContext]:
    """JetStream over a connection of its own."""
    client = await connect(url)
    try:
        yield client.jetstream(publish_async_max_pending=_UNHEARD)
    finally:
        await client.close()


async def load(js: JetStreamContext, events: Path) -> int:
    """Store one message an event; how many there are."""
    await js.add_stream(StreamConfig(name=_STREAM, subjects=[_SUBJECT], discard=DiscardPolicy.NEW))
    count = 0
    for message in messages(events):
        await js.publish_async(_SUBJECT, message, wait_stall=60)
        count += 1
    await js.publish_async_completed()
    stored = (await js.stream_info(_STREAM)).state.messages
    assert stored == count, f"{stored} of {count} messages were stored"
    return count


async def consumed(js: JetStreamContext) -> None:
    """Return once every message was handled and acknowledged."""
    while True:
        await asyncio.sleep(_PAUSE_SECONDS)
        consumer = await js.consumer_info(_STREAM, _CONSUMER)
        if not consumer.num_pending and not consumer.num_ack_pending:
            return


async def run(events: Path, folder: Path) -> Ran:
    """Start the servers, load the stream, consume it against the clock."""
    nats_port, mongo_port = free_port(), free_port()
    nats_url = f"nats://127.0.0.1:{nats_port}"
    with ExitStack() as servers:
        nats = servers.enter_context(running(nats_process(folder, nats_port), lambda: listens(nats_port)))
        mongo = servers.enter_context(running(mongo_process(folder, mongo_port), lambda: listens(mongo_port)))
        async with AsyncExitStack() as connections:
            js = await connections.enter_async_context(jetstream(nats_url))
            count = await load(js, events)
            # What fails is delivered again anyway, and this server's record of retryable writes makes each write three
            # times as dear once there have been 10,000.
            client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
                mongo_url(mongo_port), w="majority", journal=True, retryWrites=False, maxPoolSize=_AT_ONCE
            )
            connections.callback(client.close)
            await client.admin.command("ping")
            broker = NatsBroker(nats_url, logger=None)
            handler = Handler(client.laju)
            broker.subscriber(
                _SUBJECT,
                stream=JStream(_STREAM, declare=False),
                durable=_CONSUMER,
                pull_sub=PullSub(batch_size=_AT_ONCE, timeout=1.0),
                ack_policy=AckPolicy.NACK_ON_ERROR,
            )(handler.__call__)
            connections.push_async_callback(broker.stop)
            meter = Meter({"nats-server": nats, "secantusd-rs": mongo})
            meter.start()
            await broker.start()
            await consumed(js)
            ran = meter.stop(count, None, _CONFIGURATION)
            return replace(ran, figures=await handler.figures())


def main() -> None:
    """Run and report."""
    report(asyncio.run(run(*arguments())))


if __name__ == "__main__":
    main()
