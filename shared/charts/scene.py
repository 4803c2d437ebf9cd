"""What a chart is drawn of: shapes, dots and lines of text. Coordinates are in units of the view, y downwards; one unit
is one CSS pixel where the chart is shown at its own size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.charts.colours import Colour

Spot = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Shape:
    """Lines, or areas if they have a ``fill``: each of ``parts`` is a run of corners, closed where it is filled."""

    parts: tuple[tuple[Spot, ...], ...]
    stroke: Colour | None = None
    fill: Colour | None = None
    width: float = 1
    dash: tuple[float, ...] = ()
    rounded: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle."""

    x: float
    y: float
    radius: float
    fill: Colour


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text: ``y`` is its baseline, ``anchor`` says which of its ends is at ``x``. A ``halo`` keeps it
    readable where it crosses a line."""

    x: float
    y: float
    text: str
    size: float
    colour: Colour
    anchor: Anchor = "start"
    bold: bool = False
    halo: bool = False


Item = Shape | Dot | Text


@dataclass(frozen=True, slots=True)
class Scene:
    """A drawing: what comes later lies above."""

    width: float
    height: float
    items: tuple[Item, ...]


def line(*corners: Spot, stroke: Colour, width: float = 1, dash: tuple[float, ...] = ()) -> Shape:
    """An open line through its corners."""
    return Shape((corners,), stroke=stroke, width=width, dash=dash)


def box(left: float, top: float, right: float, bottom: float) -> tuple[Spot, ...]:
    """The corners of a rectangle."""
    return (left, top), (right, top), (right, bottom), (left, bottom)
