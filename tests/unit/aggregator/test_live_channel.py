"""What those who listen to a region hear: the newest, each change once, and nothing that is older than they know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

from services.aggregator.live.channel import Channel, Listener, Message, Part
from services.aggregator.live.figures import LiveFigures, LiveIkd, LivePart, LivePerekaman, part
from shared.events.standing import Standing

PATIENT, IMPATIENT = 20.0, 0.01
DAY = date(2024, 6, 27)


def figures(active: int, sequence: int = 1, *, wide: bool = False) -> LiveFigures:
    return LiveFigures(
        region="51",
        on=DAY,
        sequence=sequence,
        projection=1,
        version=0,
        ikd=LiveIkd(active=active, coverage_percent=Decimal("1.00")),
        perekaman=LivePerekaman(recorded=0, coverage_percent=None),
        standings=(),
        parts=() if wide else None,
    )


def part_of(code: str, actual: int, sequence: int = 1) -> Part:
    row = Standing(
        region=code, name=code, programme="ikd", on=DAY, status="no_target", actual=actual, rate7=Decimal(0),
        rate28=Decimal(0),
    )  # fmt: skip
    return Part(part(code, [row]), actual, sequence)


def joined(channel: Channel, heard: int = 0) -> Listener:
    listener = Listener(channel, heard)
    channel.listeners.add(listener)
    return listener


async def heard(messages: AsyncIterator[Message | None]) -> LiveFigures:
    """The next message, which there must be."""
    message = await anext(messages)
    assert message is not None
    return message.figures


def parts(told: LiveFigures) -> dict[str, int]:
    assert told.parts is not None
    return {part.code: sum(row.actual for row in part.standings) for part in told.parts}


async def test_who_comes_hears_at_once_and_then_each_change() -> None:
    channel = Channel("51.71")
    channel.put(figures(1))
    messages = joined(channel).messages(PATIENT)
    assert (await heard(messages)).ikd.active == 1
    waiting = asyncio.ensure_future(heard(messages))
    await asyncio.sleep(0)
    assert not waiting.done()
    channel.put(figures(2))
    assert (await waiting).ikd.active == 2


async def test_who_comes_before_there_is_anything_waits_for_it() -> None:
    channel = Channel("51.71")
    listener = joined(channel)
    assert not await listener.first(IMPATIENT)
    waiting = asyncio.ensure_future(listener.first(PATIENT))
    await asyncio.sleep(0)
    channel.put(figures(1))
    assert await waiting
    assert (await heard(listener.messages(PATIENT))).ikd.active == 1


async def test_a_slow_listener_hears_the_newest_and_no_other() -> None:
    channel = Channel("51")
    slow, quick = joined(channel).messages(PATIENT), joined(channel).messages(PATIENT)
    for number in range(1, 101):
        changed = {"51.01": part_of("51.01", 7), f"51.{number % 3 + 2:02}": part_of(f"51.{number % 3 + 2:02}", number)}
        channel.put(figures(number, number, wide=True), {**channel.parts, **changed})
        assert (await heard(quick)).ikd.active == number
    told = await heard(slow)
    assert (told.ikd.active, told.sequence) == (100, 100)
    assert parts(told) == {"51.01": 7, "51.02": 99, "51.03": 100, "51.04": 98}
    channel.put(figures(101, 101, wide=True), {**channel.parts, "51.02": part_of("51.02", 5)})
    assert parts(await heard(slow)) == parts(await heard(quick)) == {"51.02": 5}


async def test_what_is_told_to_many_is_written_once() -> None:
    channel = Channel("51")
    listeners = [joined(channel).messages(PATIENT) for _ in range(3)]
    channel.put(figures(1, wide=True), {"51.01": part_of("51.01", 1)})
    messages = [await anext(each) for each in listeners]
    assert messages[0] is not None
    assert all(message is messages[0] for message in messages)
    assert messages[0].json is messages[0].json


async def test_the_same_figures_from_a_later_event_are_no_message() -> None:
    channel = Channel("51")
    assert channel.put(figures(1, 5, wide=True), {"51.01": part_of("51.01", 1)})
    assert not channel.put(figures(1, 6, wide=True), {"51.01": part_of("51.01", 1, sequence=6)})
    messages = joined(channel).messages(IMPATIENT)
    assert (await heard(messages)).sequence == 5
    assert await anext(messages) is None, "nothing else is a heartbeat"


async def test_a_part_that_is_gone_is_told_as_empty_once() -> None:
    channel = Channel("51")
    messages = joined(channel).messages(IMPATIENT)
    channel.put(figures(1, wide=True), {"51.01": part_of("51.01", 1), "51.02": part_of("51.02", 2)})
    assert parts(await heard(messages)) == {"51.01": 1, "51.02": 2}
    channel.put(figures(1, wide=True), {"51.01": part_of("51.01", 1)})
    told = await heard(messages)
    assert told.parts == (LivePart(code="51.02", standings=()),)
    channel.put(figures(1, wide=True), {"51.01": part_of("51.01", 1)})
    assert await anext(messages) is None


async def test_versions_grow_also_when_the_clock_goes_back() -> None:
    channel = Channel("51.71")
    versions = []
    for active, now_ms in ((1, 1000), (2, 2000), (3, 500), (4, 2500)):
        channel.put(figures(active), now_ms=now_ms)
        assert channel.figures is not None
        versions.append(channel.figures.version)
    assert versions == [1000, 2000, 2001, 2500]


async def test_who_knows_later_figures_waits_for_them() -> None:
    channel = Channel("51.71")
    channel.put(figures(1, 10))
    messages = joined(channel, heard=11).messages(PATIENT)
    waiting = asyncio.ensure_future(heard(messages))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done(), "it was told what is older than it knows"
    channel.put(figures(2, 11))
    assert (await waiting).ikd.active == 2
    channel.put(figures(3, 5))
    assert (await heard(messages)).ikd.active == 3, "only the first one waits"


async def test_who_comes_again_is_told_of_parts_that_changed_since() -> None:
    channel = Channel("51")
    channel.put(
        figures(1, 9000, wide=True),
        {"51.01": part_of("51.01", 1, sequence=10), "51.02": part_of("51.02", 2, sequence=8999)},
    )
    assert parts(await heard(joined(channel).messages(PATIENT))) == {"51.01": 1, "51.02": 2}
    assert parts(await heard(joined(channel, heard=9000).messages(PATIENT))) == {"51.02": 2}


async def test_a_closed_listener_hears_no_more() -> None:
    channel = Channel("51.71")
    channel.put(figures(1))
    listener = joined(channel)
    messages = listener.messages(PATIENT)
    await heard(messages)
    waiting = asyncio.ensure_future(anext(messages, "over"))
    await asyncio.sleep(0)
    listener.close()
    assert await waiting == "over"
    assert not await listener.first(PATIENT)
