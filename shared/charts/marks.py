"""The marks at the ends of lines, which tell them apart without colour."""

from __future__ import annotations

from math import cos, pi, sin

from shared.charts.colours import Colour
from shared.charts.scene import Shape, Spot, box


def diamond(at: Spot, radius: float, fill: Colour) -> Shape:
    """A square on its corner."""
    x, y = at
    return Shape((((x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)),), fill=fill)


def square(at: Spot, radius: float, fill: Colour) -> Shape:
    """A square on its side."""
    x, y = at
    return Shape((box(x - radius, y - radius, x + radius, y + radius),), fill=fill)


def star(at: Spot, radius: float, fill: Colour) -> Shape:
    """A star with five points, the first upwards."""
    x, y = at
    turns = [(corner * pi / 5, radius if corner % 2 == 0 else radius * 0.42) for corner in range(10)]
    return Shape((tuple((x + out * sin(turn), y - out * cos(turn)) for turn, out in turns),), fill=fill)
