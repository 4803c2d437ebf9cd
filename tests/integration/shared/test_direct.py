"""Reading a stream without a consumer, on a real nats-server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError

from shared import direct
from shared.direct import stored_from
from tests.servers import nats_server


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    with nats_server(tmp_path) as url:
        found = await nats.connect(url)
        try:
            js = found.jetstream()
            await js.add_stream(name="NUMBERS", subjects=["numbers.>"], allow_direct=True)
            yield found
        finally:
            await found.close()


async def test_everything_comes_in_order_whatever_the_size_of_a_batch(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    js = client.jetstream()
    for number in range(1, 48):
        await js.publish(f"numbers.{number % 5}.x", b"%d" % number)
    for gap in (1, 7, 20, 21, 22, 47):
        await js.delete_msg("NUMBERS", gap)
    held = [number for number in range(1, 48) if number not in (1, 7, 20, 21, 22, 47)]
    for batch in (1, 7, 20, 500):
        monkeypatch.setattr(direct, "_BATCH", batch)
        for start in (1, 20, 46):
            found = [one async for one in stored_from(client, "NUMBERS", start)]
            assert found == [(number, b"%d" % number) for number in held if number >= start]
    monkeypatch.setattr(direct, "_BATCH_BYTES", 3)
    assert [sequence async for sequence, _ in stored_from(client, "NUMBERS", 1)] == held


async def test_behind_the_end_there_is_nothing(client: Client) -> None:
    assert [one async for one in stored_from(client, "NUMBERS", 1)] == []
    await client.jetstream().publish("numbers.1", b"1")
    assert [one async for one in stored_from(client, "NUMBERS", 2)] == []


async def test_a_stream_that_is_not_there_is_an_error(client: Client) -> None:
    with pytest.raises(NatsError, match="503"):
        [one async for one in stored_from(client, "NOBODY", 1)]
