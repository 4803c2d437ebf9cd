"""How change by day is drawn: bars, lines of averages over them, and a broken line at the rate that is needed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_UP, Decimal
from typing import NamedTuple

from shared.charts.colours import Colour
from shared.charts.days import Days
from shared.charts.names import Name, Names
from shared.charts.plot import Frame, Plot, days_below, empty, grid, heading, left_edge, people_axis, right_edge
from shared.charts.scene import Item, Scene, Shape, box, line
from shared.wording import Wording

_WIDEST_BAR = 40
_SIGNS: tuple[tuple[Colour, int], ...] = (("gain", 1), ("loss", -1))


class _Line(NamedTuple):
    colour: Colour
    width: float
    dash: tuple[float, ...] = ()


_LINES = {"mean7": _Line("gap", 1.5), "mean28": _Line("ink", 2.2), "needed": _Line("step", 1.6, (6, 3))}


def drawn(of: Days, title: str, frame: Frame, words: Wording) -> tuple[Scene, Plot | None]:
    """The chart, and where its days and people are; ``None`` without days."""
    averaged = any(mean is not None for means in of.means.values() for mean in means)
    items, baseline = heading(title, words("daily.axis_means" if averaged else "daily.axis"), frame)
    if not of.days:
        return empty(items, baseline, words("daily.none"), frame), None
    numbers = _numbers(of)
    # Bars stand on the axis unless some hang below it.
    axis = people_axis(numbers, words, headroom=6, footroom=3 if min(numbers) < 0 else 0)
    ends = list(_ends(of, words))
    plot = Plot(
        left=left_edge(axis, frame),
        top=baseline + 8,
        right=right_edge((text for text, _, _ in ends), frame),
        bottom=frame.height - days_below(frame),
        first=of.days[0].on,
        last=of.days[-1].on,
        low=axis.low,
        high=axis.high,
    )
    items += grid(plot, axis, frame, words)
    items += _bars(of, plot)
    items += _lines(of, plot)
    names = Names(plot, frame)
    names.beside([Name(text, plot.y(rate), colour) for text, rate, colour in ends])
    return Scene(frame.width, frame.height, (*items, *names.items)), plot


def _numbers(of: Days) -> list[int]:
    means = [mean for series in of.means.values() for mean in series if mean is not None]
    known = [0, *(day.change for day in of.days), *(int(mean.to_integral_value(ROUND_UP)) for mean in means)]
    return known if of.needed is None else [*known, of.needed]


def _ends(of: Days, words: Wording) -> Iterator[tuple[str, int | Decimal, Colour]]:
    """What the lines are called, and where they end."""
    for name, means in of.means.items():
        if (mean := means[-1]) is not None:
            yield f"{words(f'daily.{name}_short')}\n{words.decimal(mean)}", mean, _LINES[name].colour
    if of.needed is not None:
        yield f"{words('daily.needed_short')}\n{words.number(of.needed)}", of.needed, _LINES["needed"].colour


def _bars(of: Days, plot: Plot) -> Iterator[Item]:
    half = min(0.4 * (plot.right - plot.left) / len(of.days), _WIDEST_BAR / 2)
    for colour, sign in _SIGNS:
        bars = tuple(
            box(plot.x(day.on) - half, plot.y(max(day.change, 0)), plot.x(day.on) + half, plot.y(min(day.change, 0)))
            for day in of.days
            if day.change * sign > 0
        )
        if bars:
            yield Shape(bars, fill=colour)
    if plot.low < 0:
        yield line((plot.left, plot.y(0)), (plot.right, plot.y(0)), stroke="axis")


def _lines(of: Days, plot: Plot) -> Iterator[Item]:
    for name, means in of.means.items():
        known = zip(of.days, means, strict=True)
        corners = tuple(plot.spot(day.on, mean) for day, mean in known if mean is not None)
        colour, width, dash = _LINES[name]
        if corners:
            yield Shape((corners,), stroke=colour, width=width, dash=dash, rounded=True)
    if of.needed is not None:
        colour, width, dash = _LINES["needed"]
        y = plot.y(of.needed)
        yield line((plot.left, y), (plot.right, y), stroke=colour, width=width, dash=dash)
