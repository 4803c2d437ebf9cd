"""What a region's channel says by what is known now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from services.aggregator.generation import Generation
from services.aggregator.latest.overview import Overview
from services.aggregator.latest.view import View
from services.aggregator.live.channel import Channel, Part
from services.aggregator.live.figures import of_reading, of_seen, part
from shared.envelope import partition_of_region
from shared.errors import RecoverableError
from shared.wilayah import NATION, children, kabkota_in, kabkota_of

ANSWER_SECONDS = 5.0
# Kecamatan and desa are read from the counters, each by itself.
_NARROW_SECONDS = 0.5

Observe = Callable[[float], object]
"""Is told how many seconds old an assessment is that is said now."""


@dataclass(frozen=True, slots=True)
class Known:
    """A look at the projection that serves. ``unreachable_since`` if what is known is not what the database has."""

    generation: Generation
    view: View
    unreachable_since: datetime | None


def is_other(channel: Channel, known: Known) -> bool:
    """Whether there is anything new about a kab/kota or wider region."""
    return channel.of != _of(channel.code, known)


async def say_kabkota(channel: Channel, known: Known, observe: Observe) -> None:
    """A kab/kota, by what is in memory."""
    if not is_other(channel, known):
        return
    seen = await known.generation.overview.seen(channel.code, known.view)
    channel.put(of_seen(seen, known.generation.number, known.unreachable_since))
    _said(channel, known, observe)


async def say_wide(channel: Channel, known: Known, observe: Observe) -> None:
    """The nation or a province, with its parts, by what is in memory."""
    code, overview, number = channel.code, known.generation.overview, known.generation.number
    figures = of_seen(await overview.seen(code, known.view), number, known.unreachable_since)
    before = channel.parts if channel.of and channel.of[0] == number else {}
    channel.put(figures.model_copy(update={"parts": ()}), await _parts(code, overview, known.view, before))
    _said(channel, known, observe)


async def say_narrow(channel: Channel, known: Known, checkpoints: Mapping[int, int]) -> None:
    """A kecamatan or desa: read from the counters whenever its kab/kota was assessed anew, or something was committed
    that is of its residents."""
    code, kabkota, generation = channel.code, kabkota_of(channel.code), known.generation
    partition = partition_of_region(kabkota, len(generation.consumers.partitions))
    of = (generation.number, known.view.version_of(kabkota), checkpoints.get(partition), generation.today(code))
    if channel.of == of or monotonic() < channel.due:
        return
    channel.due = monotonic() + _NARROW_SECONDS
    with suppress(RecoverableError, TimeoutError):  # the next look says so
        async with asyncio.timeout(ANSWER_SECONDS):
            channel.put(of_reading(*await generation.reader.regions.with_standings(code)))
        channel.of = of


def say_unreachable(channel: Channel, since: datetime) -> None:
    """What it said last, with the moment since which nothing else can be known."""
    if channel.figures is not None:
        channel.put(channel.figures.model_copy(update={"unreachable_since": since}))
        channel.of = None


def _of(code: str, known: Known) -> tuple[object, ...]:
    # A province's own targets change nothing of the nation, but it is among its parts.
    version = known.view.version if code == NATION else known.view.version_of(code)
    return (known.generation.number, version, known.generation.today(code), known.unreachable_since)


def _said(channel: Channel, known: Known, observe: Observe) -> None:
    """How old the assessments were is observed of those that are new to the channel, and not of those that were there
    when somebody came."""
    if channel.of is not None and channel.of[0] == known.generation.number:
        now = time.time()
        for code in known.view.changed_since(channel.version).intersection(kabkota_in(channel.code)):
            if (assessment := known.view.assessments.get(code)) is not None:
                observe(max(now - assessment.revision / 1000, 0))
    channel.of, channel.version, channel.said_at = _of(channel.code, known), known.view.version, monotonic()


async def _parts(code: str, overview: Overview, view: View, before: Mapping[str, Part]) -> dict[str, Part]:
    """The parts of a wider region, those that did not change as they were."""
    provinces = [await overview.seen(province, view) for province in children(code)] if code == NATION else []

    def put_together() -> dict[str, Part]:
        found: dict[str, Part] = {}
        for seen in provinces:
            found[seen.code] = _unless_known(before, seen.code, seen.version) or Part(
                part(seen.code, seen.standings), seen.version, seen.sequence
            )
        for kabkota in kabkota_in(code):
            if (assessment := view.assessments.get(kabkota)) is not None:
                version = view.version_of(kabkota)
                found[kabkota] = _unless_known(before, kabkota, version) or Part(
                    part(kabkota, view.rows_of(kabkota)), version, assessment.sequence
                )
        return found

    return await asyncio.to_thread(put_together)


def _unless_known(before: Mapping[str, Part], code: str, version: int) -> Part | None:
    known = before.get(code)
    return known if known is not None and known.version == version else None
