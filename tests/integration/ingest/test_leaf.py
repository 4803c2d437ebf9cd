"""A district on a bad line and ingest at the hub: whatever happens to the line, each event comes in once."""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from shared.bus import EVENTS
from shared.envelope import WHOLE, open_envelope
from tests.districts import DENPASAR, World, returned, world
from tests.events import citizen, event
from tests.servers import free_port, is_ready, running, service_process
from tests.waiting import eventually

__all__ = ["world"]  # the fixture


def activation(number: int, **more: Any) -> dict[str, Any]:
    data = {"citizen": citizen(number), "home": "51.71.01.1001", "service": "51.71", "channel": "office"} | more
    return event("ikd.activated", **data)


async def stored(hub: World) -> Counter[str]:
    """How often each event is in EVENTS, by id."""
    async with hub.server.connected() as client:
        js = client.jetstream()
        last = (await js.stream_info(EVENTS)).state.last_seq
        bodies = [(await js.get_msg(EVENTS, sequence)).data or b"" for sequence in range(1, last + 1)]
    return Counter(item.id for body in bodies for item in open_envelope(body, WHOLE).events)


async def test_everything_emitted_at_the_leaf_comes_in_once_and_refusals_come_back(
    world: World, tmp_path: Path
) -> None:
    (leaf,) = await world.join(DENPASAR)
    port = free_port()
    environment = {
        **world.server.environment("ingest"),
        "LAJU_INGEST_PORT": str(port),
        "LAJU_DATA": str(tmp_path / "ingest-data"),
    }
    ingest = service_process("ingest", tmp_path / "ingest", environment)
    world.stack.enter_context(running(ingest, partial(is_ready, port)))
    before, during, after = ([activation(number) for number in range(30)] for _ in range(3))

    async def has(*batches: list[dict[str, Any]]) -> bool:
        return await stored(world) == Counter(one["id"] for batch in batches for one in batch)

    await leaf.emit([json.dumps(before)])
    await eventually(lambda: has(before))

    leaf.line.cut()
    elsewhere = activation(99, service="31.71")
    await leaf.emit([json.dumps(one) for one in during[:15]])
    await leaf.emit([json.dumps([*during[15:], elsewhere])], Nats_Msg_Id="hari-ini/2")
    assert await has(before)
    # Ingest dies meanwhile, and is there again before the line is.
    await asyncio.to_thread(ingest.end, signal.SIGKILL)
    ingest.start()
    leaf.line.mend()
    await eventually(lambda: has(before, during), seconds=90)

    await leaf.emit([json.dumps(one) for one in after])
    await eventually(lambda: has(before, during, after))

    async def told() -> bool:
        return bool(await returned(leaf))

    await eventually(told, seconds=90)
    (text,) = await returned(leaf)
    refusal = json.loads(text)
    assert (refusal["region"], refusal["message_id"], refusal["accepted"]) == (DENPASAR, "hari-ini/2", 15)
    assert refusal["sequence"] == 17  # one batch, fifteen single events, this
    ((refused,),) = [refusal["rejected"]]
    assert (refused["index"], refused["id"]) == (15, elsewhere["id"])
    assert refused["errors"][0]["path"] == "data.service"
