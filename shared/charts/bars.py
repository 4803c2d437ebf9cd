"""Horizontal bars with names and values: beside each other where a frame is wide, the name above its bar where not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from shared.charts.colours import Colour
from shared.charts.lettering import fitted, width
from shared.charts.plot import GAP, WIDE, Frame
from shared.charts.scene import Item, Shape, Spot, Text, box

_ROW, _THICK = 27.0, 17.0
_SLIM, _BETWEEN = 10.0, 9.0
_WIDEST_NAME = 0.42


@dataclass(frozen=True, slots=True)
class Share:
    """A name, such as of a channel, a place or a region, and how many are its."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: ``value`` is the text of ``count``."""

    name: str
    count: int
    value: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Bars lie between ``left`` and ``right``, which the ``longest`` count reaches."""

    left: float
    right: float
    longest: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn, the end of each bar, and where the next thing may begin."""

    items: tuple[Item, ...]
    ends: tuple[Spot, ...]
    bottom: float


def columns(rows: Iterable[Bar], frame: Frame) -> Columns:
    """Where all bars of a chart lie, so that they can be compared."""
    known = list(rows)
    longest = max((row.count for row in known), default=0)
    margin = _margin(frame)
    if frame.width < WIDE.width:
        return Columns(margin, frame.width - margin, longest)
    names = max((width(row.name, frame.size) for row in known), default=0)
    values = max((width(row.value, frame.size) for row in known), default=0)
    left = margin + min(names, frame.width * _WIDEST_NAME) + GAP
    return Columns(left, max(frame.width - margin - values - GAP, left + 1), longest)


def bars(rows: Sequence[Bar], within: Columns, top: float, frame: Frame, colour: Colour) -> Drawn:
    """The rows from ``top`` down. A count below zero has no bar."""
    items: list[Item] = []
    ends: list[Spot] = []
    beside = frame.width >= WIDE.width
    size, margin = frame.size, _margin(frame)
    high = _ROW if beside else size * 1.3 + _SLIM + _BETWEEN
    for at, row in enumerate(rows):
        begin = top + at * high
        end = within.left + (within.right - within.left) * _part(row.count, within.longest)
        if beside:
            upper, lower = begin + (_ROW - _THICK) / 2, begin + (_ROW + _THICK) / 2
            baseline = begin + _ROW / 2 + size * 0.35
            name = fitted(row.name, size, within.left - margin - GAP)
            items.append(Text(within.left - GAP, baseline, name, size, "ink", anchor="end"))
            items.append(Text(end + GAP, baseline, row.value, size, "ink"))
        else:
            upper, lower = begin + size * 1.3, begin + size * 1.3 + _SLIM
            name = fitted(row.name, size, frame.width - 2 * margin - 2 * GAP - width(row.value, size))
            items.append(Text(margin, begin + size, name, size, "ink"))
            items.append(Text(frame.width - margin, begin + size, row.value, size, "ink", anchor="end"))
        if end > within.left:
            items.append(Shape((box(within.left, upper, end, lower),), fill=colour))
        ends.append((end, (upper + lower) / 2))
    return Drawn(tuple(items), tuple(ends), top + len(rows) * high)


def _part(count: int, longest: int) -> float:
    return float(Fraction(max(count, 0), longest)) if longest > 0 else 0.0


def _margin(frame: Frame) -> float:
    return 10.0 if frame.alone else 3.0
