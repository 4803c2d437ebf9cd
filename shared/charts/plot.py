"""Where days and people are on a drawing: the frames that charts come in, the plot within one, its grid and axes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.charts.lettering import LINE, fitted, width, wrapped
from shared.charts.scene import Item, Scene, Shape, Spot, Text, line
from shared.charts.ticks import day_ticks, people_labels, people_ticks
from shared.wording import Wording

GAP = 6.0
_TICK = 3.0
# The most that the numbers at the left and the names at the right may take of a frame's width.
_WIDEST_LEFT, _WIDEST_RIGHT = 0.3, 0.36


@dataclass(frozen=True, slots=True)
class Frame:
    """What a chart is drawn for. ``size`` is of the letters, ``small`` of those at the axes; all in units of the view.
    ``alone``: it is shown without a page around it, so it bears its title and leaves out what a table explains."""

    width: float
    height: float
    size: float
    small: float
    alone: bool = False


# In a card with 16 pixels of room inside and around it, the smallest letters are 11 CSS pixels high: in NARROW on a
# page of 360 CSS pixels, in WIDE on one of 672.
WIDE = Frame(680, 370, 13, 12.5)
NARROW = Frame(320, 310, 12.5, 12)
LETTER = Frame(360, 270, 11.5, 11, alone=True)


@dataclass(frozen=True, slots=True)
class Plot:
    """The field of a chart: ``left`` to ``bottom`` in units of the view; all of the days ``first`` to ``last`` and the
    people from ``low`` to ``high``, in hundredths of a person, lie within it."""

    left: float
    top: float
    right: float
    bottom: float
    first: date
    last: date
    low: int
    high: int

    def x(self, day: date) -> float:
        """The middle of a day."""
        across = (day - self.first).days + 0.5
        return self.left + (self.right - self.left) * across / ((self.last - self.first).days + 1)

    def y(self, people: int | Decimal) -> float:
        """The height of a number of people, or of an average with two decimals."""
        up = (int(people * 100) - self.low) / (self.high - self.low)
        return self.bottom - (self.bottom - self.top) * up

    def spot(self, day: date, people: int | Decimal) -> Spot:
        """Both."""
        return self.x(day), self.y(people)


@dataclass(frozen=True, slots=True)
class People:
    """The axis of people: its ticks with their labels, and the bounds, in hundredths of a person, that leave some room
    around all numbers."""

    ticks: list[int]
    labels: list[str]
    low: int
    high: int


def people_axis(numbers: Iterable[int], words: Wording, *, headroom: int = 3, footroom: int = 3) -> People:
    """The axis for these numbers; the rooms above and below are in per cent of their span."""
    known = list(numbers)
    ticks = people_ticks(min(known), max(known))
    low, high = min(ticks[0], *known), max(ticks[-1], *known)
    span = high - low
    return People(
        ticks, people_labels(ticks, words), low=100 * low - span * footroom, high=100 * high + span * headroom
    )


def left_edge(people: People, frame: Frame) -> float:
    """Where the numbers beside the axis end."""
    return min(max(width(label, frame.small) for label in people.labels), frame.width * _WIDEST_LEFT) + GAP + 4


def right_edge(names: Iterable[str], frame: Frame) -> float:
    """Where the names beside the plot begin."""
    needed = max((width(part, frame.size) for name in names for part in name.split("\n")), default=0)
    return frame.width - max(min(needed, frame.width * _WIDEST_RIGHT) + 11, frame.small * 1.6)


def heading(title: str, unit: str, frame: Frame) -> tuple[list[Item], float]:
    """The title if the chart is alone, the unit below; and the baseline of the unit."""
    items: list[Item] = []
    margin = 3.0 if not frame.alone else 10.0
    baseline = 0.0
    if frame.alone:
        size = frame.size + 0.5
        for part in wrapped(title, size, frame.width - 2 * margin, lines=2, bold=True):
            baseline += size * LINE + (4 if baseline == 0 else 0)
            items.append(Text(margin, baseline, part, size, "ink", bold=True))
    baseline += frame.small * LINE + 1
    items.append(Text(margin, baseline, fitted(unit, frame.small, frame.width - 2 * margin), frame.small, "muted"))
    return items, baseline


def empty(items: list[Item], baseline: float, note: str, frame: Frame) -> Scene:
    """A drawing that says, below its heading, that there is nothing to draw."""
    below = baseline + 2.5 * frame.size
    text = Text(frame.width / 2, below, note, frame.size, "muted", anchor="middle")
    return Scene(frame.width, below + 2 * frame.size, (*items, text))


def days_below(frame: Frame) -> float:
    """How high the field for the days is, below the plot."""
    return _TICK + 2 * frame.small * LINE + 4


def grid(plot: Plot, people: People, frame: Frame, words: Wording) -> Iterator[Item]:
    """Lines at round numbers of people, and the days at the bottom."""
    heights = [plot.y(tick) for tick in people.ticks]
    yield Shape(tuple(((plot.left, y), (plot.right, y)) for y in heights), stroke="grid")
    for y, label in zip(heights, people.labels, strict=True):
        text = fitted(label, frame.small, plot.left - GAP)
        yield Text(plot.left - GAP, y + frame.small * 0.35, text, frame.small, "muted", anchor="end")
    yield line((plot.left, plot.bottom), (plot.right, plot.bottom), stroke="axis")
    most = max(2, min(12, int((plot.right - plot.left) / (4.3 * frame.small))))
    days = day_ticks(plot.first, plot.last, words, most)
    yield Shape(
        tuple(((plot.x(day), plot.bottom), (plot.x(day), plot.bottom + _TICK)) for day, _ in days), stroke="axis"
    )
    for day, label in days:
        for at, part in enumerate(label.split("\n")):
            baseline = plot.bottom + _TICK + frame.small * (1 + LINE * at)
            yield Text(plot.x(day), baseline, part, frame.small, "muted", anchor="middle")
