"""What lies behind a standing, as the read API tells it: the way so far, who is furthest behind, what works."""

from __future__ import annotations

from datetime import date
from operator import not_
from typing import Annotated

from pydantic import Field

from shared.events.base import Frozen, Programme, RegionCode
from shared.events.standing import Rate, Standing


class Point(Frozen):
    """People by the end of a day."""

    on: date
    count: int


class Part(Frozen):
    """A region within the region: where it is, and where it should be on the line of ``basis``.

    ``basis``: ``own_target``, its own target line; ``share_of_line``, the region's line applied to the part's own wajib
    KTP. ``gap`` is actual less expected.
    """

    region: RegionCode
    name: str
    actual: int
    expected: int
    gap: int
    basis: str


class Yield(Frozen):
    """What outreach brought at one place: services done on its ``days`` outreach days, per day."""

    place: str
    channel: str
    days: int
    services: int
    services_per_day: Rate


class Measure(Frozen):
    """An intervention and the daily rate before, during and after it; ``None`` for a span that has not begun."""

    title: str
    kind: str
    starts_on: date
    ends_on: date | None = None
    rate_before: Rate
    rate_during: Rate | None = None
    rate_after: Rate | None = None


class Briefing(Frozen):
    """All of it for one standing. ``actual`` has a point for each day from the eve of the target's start to ``on``, or
    every so many days if these are more than 130; ``plan`` is the line's corners. ``behind`` are at most three parts (a
    report has more), furthest behind first, ``parts_known`` of ``parts`` could be compared. ``yields`` are at most
    three, best first, of the 90 days until ``on``; ``measures`` at most three, newest first. Of parts and places,
    counts below ``hides_below`` are hidden."""

    standing: Standing
    programme: Programme
    actual: tuple[Point, ...]
    plan: tuple[Point, ...]
    behind: tuple[Part, ...]
    parts: int
    parts_known: int
    yields: tuple[Yield, ...]
    measures: tuple[Measure, ...]
    hides_below: Annotated[int, Field(exclude_if=not_, description="Counts below this are hidden in it")] = 0
