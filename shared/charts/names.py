"""Names beside lines: each goes to the nearest place where it covers neither a line nor another name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot, inf
from typing import NamedTuple

from shared.charts.colours import Colour
from shared.charts.lettering import FALL, LINE, RISE, fitted, width
from shared.charts.plot import Frame, Plot
from shared.charts.scene import Anchor, Item, Spot, Text, line

# From the mark: near places first, above on the left and below on the right, where a rising line is not.
_PLACES = [
    (across * distance, up * distance)
    for distance in (7, 16, 28, 42, 58, 76, 96)
    for across, up in (
        (-1, 0.6), (1, -0.6), (1, 0.6), (-1, -0.6), (-0.3, 1), (0.3, -1),
        (0.1, 1), (0.1, -1), (1, 0.15), (-1, 0.15), (1, -0.15), (-1, -0.15),
    )
]  # fmt: skip
_FAR = 26
_FORBIDDEN = 10_000.0
_BETWEEN = 0.15  # names at the edge, for letters of size 1
_BESIDE = 7.0
_START: Anchor = "start"
_END: Anchor = "end"


class Box(NamedTuple):
    """A rectangle of the view."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        """Whether they share more than an edge."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


class _Candidate(NamedTuple):
    cost: float
    box: Box
    leader: tuple[Spot, Spot] | None
    to_the_left: bool


@dataclass(frozen=True, slots=True)
class Name:
    """What is written, in one or more lines, at the height of ``y``."""

    text: str
    y: float
    colour: Colour


class Names:
    """Places names on a plot and gathers them in ``items``."""

    def __init__(self, plot: Plot, frame: Frame) -> None:
        self.items: list[Item] = []
        self._inside = Box(plot.left, plot.top, plot.right, plot.bottom)
        self._frame = frame
        self._lines: list[tuple[Spot, Spot]] = []
        self._taken: list[Box] = []

    def avoid(self, *lines: Sequence[Spot]) -> None:
        """Keep names off lines."""
        for corners in lines:
            self._lines += pairwise(corners)

    def beside(self, names: Sequence[Name]) -> None:
        """Names at the right edge. They are pushed apart where they would overlap."""
        ordered = sorted(names, key=lambda name: -name.y)
        size, left = self._frame.size, self._inside.right + _BESIDE
        high = [size * LINE * (name.text.count("\n") + 1) for name in ordered]
        rooms = [(below + above) / 2 + _BETWEEN * size for below, above in pairwise(high)]
        heights = apart([name.y for name in ordered], rooms, self._inside.top, self._inside.bottom)
        for name, y in zip(ordered, heights, strict=True):
            parts = name.text.split("\n")
            first = y + size * (RISE - FALL) / 2 - (len(parts) - 1) * size * LINE / 2
            for at, part in enumerate(parts):
                text = fitted(part, size, self._frame.width - left)
                self.items.append(Text(left, first + at * size * LINE, text, size, name.colour))

    def place(self, name: Name, x: float, *, only_where_free: bool = False) -> None:
        """Name the point at ``x`` and the name's height; with a thin line to it from farther away. Where no place is
        free the name stands where it covers least, or nowhere."""
        spot = (x, name.y)
        parts = name.text.split("\n")
        size = self._frame.size
        wide, high = max(width(part, size) for part in parts), size * (RISE + FALL + LINE * (len(parts) - 1))
        best = self._candidate(spot, _PLACES[0], wide, high)
        for place in _PLACES[1:]:
            if best.cost == 0:
                break
            candidate = self._candidate(spot, place, wide, high, best.cost)
            if candidate.cost < best.cost:
                best = candidate
        if only_where_free and best.cost > 0:
            return
        if best.leader is not None:
            self.items.append(line(*best.leader, stroke=name.colour, width=0.7))
            self._lines.append(best.leader)
        box = best.box
        self._taken.append(box)
        edge, anchor = (box.right, _END) if best.to_the_left else (box.left, _START)
        for at, part in enumerate(parts):
            baseline = box.top + size * (RISE + LINE * at)
            self.items.append(Text(edge, baseline, part, size, name.colour, anchor, halo=True))

    def _candidate(self, spot: Spot, place: Spot, wide: float, high: float, most: float = inf) -> _Candidate:
        box = _at(spot, place, wide, high)
        leader = _leader(spot, box, place)
        return _Candidate(self._cost(box, leader, most), box, leader, to_the_left=place[0] < 0)

    def _cost(self, box: Box, leader: tuple[Spot, Spot] | None, most: float) -> float:
        """What the box covers; of one that costs ``most`` or more, not all of it: it is not taken anyway."""
        inside = self._inside
        outside = (
            box.left < inside.left or box.right > inside.right or box.top < inside.top or box.bottom > inside.bottom
        )
        cost = _FORBIDDEN * outside
        for other in self._taken:
            cost += _FORBIDDEN * box.overlaps(other)
            if leader is not None:
                cost += _FORBIDDEN * (covered(other, *leader) > 0)
        for start, end in self._lines:
            if cost >= most:
                break
            cost += covered(box, start, end)
        return cost


def apart(heights: Sequence[float], rooms: Sequence[float], top: float, bottom: float) -> list[float]:
    """Heights, given from the bottom up, moved so that each is as far above the one before as ``rooms`` says, and
    within the bounds as far as there is room."""
    moved = list(heights)
    for at in range(1, len(moved)):
        if (lacking := rooms[at - 1] - (moved[at - 1] - moved[at])) > 0:
            down = min(lacking / 2, max(bottom - moved[at - 1], 0))
            moved[at - 1] += down
            moved[at] -= lacking - down
    for at in range(1, len(moved)):  # what moved down may have come too near to the one below it
        moved[at] = min(moved[at], moved[at - 1] - rooms[at - 1])
    if moved and (over := top - moved[-1]) > 0:
        moved[-1] += over
        for at in range(len(moved) - 2, -1, -1):
            moved[at] = max(moved[at], moved[at + 1] + rooms[at])
    return moved


def covered(box: Box, start: Spot, end: Spot) -> float:
    """How much of a line lies within a box (the method of Liang and Barsky)."""
    # Most lines are nowhere near: a way has 130 pieces, and each name is tried in up to 84 places.
    if (
        max(start[0], end[0]) <= box.left
        or min(start[0], end[0]) >= box.right
        or max(start[1], end[1]) <= box.top
        or min(start[1], end[1]) >= box.bottom
    ):
        return 0.0
    across, down = end[0] - start[0], end[1] - start[1]
    enters, leaves = 0.0, 1.0
    for step, room in (
        (-across, start[0] - box.left), (across, box.right - start[0]),
        (-down, start[1] - box.top), (down, box.bottom - start[1]),
    ):  # fmt: skip
        if step == 0:
            if room <= 0:
                return 0.0
        elif step < 0:
            enters = max(enters, room / step)
        else:
            leaves = min(leaves, room / step)
    return max(leaves - enters, 0.0) * hypot(across, down)


def _at(spot: Spot, place: Spot, wide: float, high: float) -> Box:
    across, up = place
    left = spot[0] + across - (wide if across < 0 else 0)
    top = spot[1] - up - (high if up > 0 else 0)
    return Box(left, top, left + wide, top + high)


def _leader(spot: Spot, box: Box, place: Spot) -> tuple[Spot, Spot] | None:
    """A line from the nearest corner or edge of the letters to shortly before the mark."""
    if abs(place[0]) + abs(place[1]) <= _FAR:
        return None
    near = (min(max(spot[0], box.left), box.right), min(max(spot[1], box.top), box.bottom))
    length = hypot(near[0] - spot[0], near[1] - spot[1])
    short = min(5 / length, 1) if length else 0
    return near, (spot[0] + (near[0] - spot[0]) * short, spot[1] + (near[1] - spot[1]) * short)
