"""A chart as it is handed out: words for who does not see it, SVG for pages, PNG for mails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypedDict

from shared.charts.png import as_png
from shared.charts.scene import Scene, Spot
from shared.charts.svg import as_svg

PointText = tuple[float, float, str, str]


class Series(TypedDict):
    """One series of points: x and y as fractions of the SVG's view from its top left corner, the label (such as a day)
    and the value, both as text."""

    name: str
    unit: str
    points: list[PointText]


class Points(TypedDict):
    """What a script shows under the pointer; it can be put as JSON."""

    series: list[Series]


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of a chart as text: ``columns`` are the headings, each row has a cell for each."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a chart: what it is a number of, the day or name it is for, and itself, all as text. ``spot`` is
    where it is drawn, ``None`` if it is in the table only."""

    series: str
    unit: str
    label: str
    value: str
    spot: Spot | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart in one language. ``title`` names it (it is not drawn in the SVG: a page puts it above), ``summary`` says
    its figures in a sentence or two, ``table`` has all of them, ``points`` where they are in the SVG."""

    title: str
    summary: str
    table: Table
    points: Points
    scene: Scene = field(repr=False)
    letter: Callable[[], Scene] = field(repr=False, compare=False)

    def svg(self) -> str:
        """One ``svg`` element to be put into a page; it takes the width that it is given. The same chart gives the same
        text."""
        return as_svg(self.scene, self.title, self.summary)

    def png(self) -> bytes:
        """A PNG of 1080 pixels' width with the title in it, in light colours, the same bytes for the same chart. Takes
        about a sixth of a second of processor time, the first one two; may be called from any thread."""
        return as_png(self.letter())


def points(figures: Iterable[Figure], scene: Scene) -> Points:
    """The figures that are drawn, by series, in the order in which they come."""
    found: dict[tuple[str, str], list[PointText]] = {}
    for figure in figures:
        if figure.spot is not None:
            x, y = figure.spot
            at = round(x / scene.width, 4), round(y / scene.height, 4)
            found.setdefault((figure.series, figure.unit), []).append((*at, figure.label, figure.value))
    return {"series": [{"name": name, "unit": unit, "points": these} for (name, unit), these in found.items()]}
