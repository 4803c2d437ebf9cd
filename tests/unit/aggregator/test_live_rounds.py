"""When it is looked for other figures."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest

from services.aggregator.live.rounds import Rounds

FOR_EVER = 10_000.0


async def test_there_is_no_round_while_nobody_listens() -> None:
    rounds = Rounds(FOR_EVER)
    rounds.want(True)
    rounds.want(False)
    following = asyncio.create_task(rounds.next())
    await asyncio.sleep(0)
    assert not following.done()
    rounds.want(True)
    assert await following <= monotonic()


async def test_who_has_just_come_need_not_wait() -> None:
    rounds = Rounds(FOR_EVER)
    rounds.want(True)
    began = await rounds.next()
    rounds.hurry()
    async with asyncio.timeout(60):
        await rounds.rest(began, worked=0)


async def test_who_came_before_a_round_was_looked_for_in_it() -> None:
    rounds = Rounds(FOR_EVER)
    rounds.want(True)
    rounds.hurry()
    began = await rounds.next()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await rounds.rest(began, worked=0)


async def test_the_next_round_comes_by_itself() -> None:
    rounds = Rounds(0.001)
    rounds.want(True)
    began = await rounds.next()
    await rounds.rest(began, worked=0.001)
    assert await rounds.next() >= began + 0.001
