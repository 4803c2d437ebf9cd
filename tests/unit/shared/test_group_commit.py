"""Group commit: who arrives while one commit is in flight shares the next one."""

from __future__ import annotations

import asyncio

import pytest

from shared.group_commit import GroupCommit


class Server:
    """Commits groups one by one, each when told to."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.arrived = asyncio.Event()
        self.answer: asyncio.Queue[Exception | None] = asyncio.Queue()

    async def commit(self, group: list[int]) -> None:
        self.groups.append(group)
        self.arrived.set()
        if error := await self.answer.get():
            raise error


async def test_the_first_goes_alone_and_the_next_share() -> None:
    server = Server()
    lane = GroupCommit(server.commit, weight=lambda item: item, max_weight=10)
    tasks = [asyncio.create_task(lane.add(4))]
    await server.arrived.wait()
    tasks += [asyncio.create_task(lane.add(weight)) for weight in (3, 5, 6, 20)]
    for _ in range(4):
        server.answer.put_nowait(None)
    await asyncio.gather(*tasks)
    await lane.idle()
    assert server.groups == [[4], [3, 5], [6], [20]]


async def test_kin_go_together_and_nobody_is_overtaken_for_long() -> None:
    server = Server()
    lane = GroupCommit(server.commit, weight=lambda item: 1, max_weight=3, kin=lambda item: item % 2)
    tasks = [asyncio.create_task(lane.add(0))]
    await server.arrived.wait()
    tasks += [asyncio.create_task(lane.add(item)) for item in (2, 1, 4, 3, 6, 8, 5)]
    for _ in range(4):
        server.answer.put_nowait(None)
    await asyncio.gather(*tasks)
    # 8 had no room beside the first three even ones, and waits behind the odd ones, which came before it.
    assert server.groups == [[0], [2, 4, 6], [1, 3, 5], [8]]


async def test_a_failure_reaches_everyone_in_its_group_and_nobody_else() -> None:
    server = Server()
    lane = GroupCommit(server.commit, weight=lambda item: 1, max_weight=2)
    first = asyncio.create_task(lane.add(1))
    await server.arrived.wait()
    others = [asyncio.create_task(lane.add(number)) for number in (2, 3, 4)]
    for answer in (None, OSError("disk"), None):
        server.answer.put_nowait(answer)
    await first
    outcomes = await asyncio.gather(*others, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [OSError, OSError, type(None)]


async def test_who_gives_up_waiting_does_not_disturb_the_rest() -> None:
    server = Server()
    lane = GroupCommit(server.commit, weight=lambda item: 1, max_weight=5)
    impatient = asyncio.create_task(lane.add(1))
    await server.arrived.wait()
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    patient = asyncio.create_task(lane.add(2))
    server.answer.put_nowait(None)
    server.answer.put_nowait(None)
    await patient
