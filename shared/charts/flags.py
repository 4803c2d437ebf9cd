"""The flags of interventions above a burn-up chart: their numbers, each beside the line of its first day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.briefing import Measure
from shared.charts.lettering import width
from shared.charts.plot import Frame, Plot
from shared.charts.scene import Item, Shape, Text, box, line

_LANES = 3


@dataclass(frozen=True, slots=True)
class Flag:
    """The number of an intervention, from ``left`` to ``right`` in a ``lane`` (the uppermost is 0), beside the line at
    ``x``."""

    number: str
    x: float
    left: float
    right: float
    lane: int


def flags_of(measures: Sequence[Measure], plot: Plot, frame: Frame) -> list[Flag]:
    """A flag for each intervention that began within the days shown, in as many lanes as they need."""
    flags: list[Flag] = []
    ends: list[float] = []
    for at, measure in enumerate(measures):
        if not plot.first <= measure.starts_on <= plot.last:
            continue
        number, x = str(at + 1), plot.x(measure.starts_on)
        wide = width(number, frame.small, bold=True) + 7
        left = x if x + wide <= plot.right else x - wide
        lane = next(at for at, end in enumerate([*ends, float("-inf")]) if end < left)
        if lane < _LANES:  # where there are too many, the pointer and the table tell which is which
            ends[lane : lane + 1] = [left + wide + 2]
            flags.append(Flag(number, x, left, left + wide, lane))
    return flags


def lanes(flags: Sequence[Flag], frame: Frame) -> float:
    """How high the field of these flags is, above the plot."""
    return _lane(frame) * (max((flag.lane for flag in flags), default=-1) + 1)


def flagged(flags: Sequence[Flag], top: float, plot: Plot, frame: Frame) -> Iterator[Item]:
    """The flags from ``top`` down, and their lines through the plot."""
    lane = _lane(frame)
    for flag in flags:
        at = top + flag.lane * lane
        yield line((flag.x, at), (flag.x, plot.bottom), stroke="measure", width=0.9, dash=(3, 3))
        yield Shape((box(flag.left, at, flag.right, at + lane - 2),), fill="measure")
        middle = (flag.left + flag.right) / 2
        yield Text(middle, at + lane - 6, flag.number, frame.small, "ground", anchor="middle", bold=True)


def _lane(frame: Frame) -> float:
    return frame.small + 6
