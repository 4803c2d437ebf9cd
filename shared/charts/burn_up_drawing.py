"""How a burn-up chart is drawn. Lines differ in form as well as in colour, and carry their names
in place of a legend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from shared.charts.colours import Colour
from shared.charts.flags import flagged, flags_of, lanes
from shared.charts.lettering import LINE, width
from shared.charts.marks import diamond, square, star
from shared.charts.names import Name, Names
from shared.charts.plot import Frame, Plot, days_below, grid, heading, left_edge, people_axis, right_edge
from shared.charts.scene import Dot, Item, Scene, Shape, Spot, Text, line
from shared.charts.way import Way
from shared.wording import Wording

_HEADROOM = 12  # for the names of what stands at the top
_STEPS_NAMED = 3
# How far apart what is done and what is expected must be for the gap's number between them, for letters of size 1.
_GAP_NAMED = 3.0


def drawn(way: Way, title: str, frame: Frame, words: Wording) -> tuple[Scene, Plot]:
    """The chart, and where its days and people are."""
    people = people_axis(way.numbers(), words, headroom=_HEADROOM)
    edge = _edge_names(way, words)
    plot = Plot(
        left=left_edge(people, frame),
        top=0,
        right=right_edge([*(text for text, _, _ in edge), *_gap_beside(way, words)], frame),
        bottom=frame.height - days_below(frame),
        first=way.first,
        last=way.last,
        low=people.low,
        high=people.high,
    )
    unit = words("burn_up.axis")
    items, baseline = heading(title, unit, frame)
    day = _day(way, plot, frame, words)
    if day.x - width(day.text, day.size) / 2 < width(unit, frame.small) + 12:
        baseline += frame.small * LINE
    flags = [] if frame.alone else flags_of(way.measures, plot, frame)
    under = baseline + 5
    plot = replace(plot, top=under + lanes(flags, frame))
    items.append(replace(day, y=baseline))
    items += grid(plot, people, frame, words)
    items += flagged(flags, under, plot, frame)
    items += _lines(way, plot, under)
    names = _named(way, edge, plot, frame, words)
    return Scene(frame.width, frame.height, (*items, *names.items)), plot


def _edge_names(way: Way, words: Wording) -> list[tuple[str, int, Colour]]:
    """What stands beside the right edge: name, people, colour."""
    found: list[tuple[str, int, Colour]] = []
    if way.over:
        found.append((f"{words('burn_up.actual')}\n{words.number(way.standing.actual)}", way.standing.actual, "actual"))
    if way.due is not None:
        found.append((f"{words('burn_up.target')}\n{words.number(way.due.count)}", way.due.count, "ink"))
    if way.ahead is not None:
        found.append((f"{words('burn_up.forecast')}\n{words.number(way.ahead.count)}", way.ahead.count, "actual"))
    return found


def _gap_beside(way: Way, words: Wording) -> Iterator[str]:
    """What else needs room beside the right edge: the gap of a target whose term is over."""
    if way.over and way.standing.gap is not None:
        yield signed(way.standing.gap, words)


def _day(way: Way, plot: Plot, frame: Frame, words: Wording) -> Text:
    """The day that the figures are of, above its line; it must not run into the names at the right."""
    text = words.short(way.today, "d MMM y")
    half = width(text, frame.small) / 2
    x = max(min(plot.x(way.today), plot.right + 2 - half), half + 2)
    return Text(x, 0, text, frame.small, "muted", anchor="middle")


def _lines(way: Way, plot: Plot, top: float) -> Iterator[Item]:
    standing, now = way.standing, plot.spot(way.today, way.standing.actual)
    yield line((now[0], top), (now[0], plot.bottom), stroke="muted", width=0.8, dash=(1, 2))
    if steps := _steps(way, plot):
        yield line(*steps, stroke="step", width=1.2)
    if way.plan:
        yield line(*_spots(way, plot, plan=True), stroke="ink", width=1.4, dash=(7, 3.5))
    if way.ahead is not None:
        low, middle, high = (
            plot.spot(way.ahead.on, count) for count in (way.ahead.low, way.ahead.count, way.ahead.high)
        )
        yield Shape(((now, low, high),), fill="band")
        yield line(now, middle, stroke="actual", width=1.6, dash=(1.6, 2.2))
        yield diamond(middle, 4.2, "actual")
    yield Shape((_spots(way, plot),), stroke="actual", width=2.6, rounded=True)
    if standing.expected is not None:
        expected = plot.spot(way.today, standing.expected)
        yield line(now, expected, stroke=_gap_colour(way), width=2.2)
        yield square(expected, 3.2, "ink")
    if way.due is not None:
        yield star(plot.spot(way.due.on, way.due.count), 6.2, "ink")
    yield Dot(*now, 3.9, "actual")


def _named(way: Way, edge: Sequence[tuple[str, int, Colour]], plot: Plot, frame: Frame, words: Wording) -> Names:
    standing, x = way.standing, plot.x(way.today)
    now = plot.spot(way.today, standing.actual)
    names = Names(plot, frame)
    names.avoid(_spots(way, plot), _spots(way, plot, plan=True), _steps(way, plot))
    if way.ahead is not None:
        names.avoid([now, plot.spot(way.ahead.on, way.ahead.count)])
    here: list[Name] = []
    beside = [Name(text, plot.y(count), colour) for text, count, colour in edge]
    if not way.over:
        here.append(Name(f"{words('burn_up.actual')}\n{words.number(standing.actual)}", now[1], "actual"))
    if standing.expected is not None:
        y = plot.y(standing.expected)
        names.avoid([now, (x, y)])
        if not way.over:
            here.append(Name(f"{words('burn_up.expected')}\n{words.number(standing.expected)}", y, "ink"))
        if standing.gap is not None and abs(y - now[1]) > _GAP_NAMED * frame.size:
            gap = Name(signed(standing.gap, words), (y + now[1]) / 2, _gap_colour(way))
            (beside if way.over else here).append(gap)
    names.beside(beside)
    # From the top down, so that names stand in the order of what they name.
    for name in sorted(here, key=lambda name: name.y):
        names.place(name, x)
    # The last one leads to the target, which has its own name.
    for day, step in way.drawn_steps()[:-1][-_STEPS_NAMED:]:
        names.place(Name(words.number(step.required), plot.y(step.required), "step"), plot.x(day), only_where_free=True)
    return names


def signed(gap: int, words: Wording) -> str:
    """A gap with its sign, also ahead of the line."""
    return f"+{words.number(gap)}" if gap > 0 else words.number(gap)


def _gap_colour(way: Way) -> Colour:
    return "gap" if (way.standing.expected or 0) > way.standing.actual else "actual"


def _spots(way: Way, plot: Plot, *, plan: bool = False) -> tuple[Spot, ...]:
    return tuple(plot.spot(point.on, point.count) for point in (way.plan if plan else way.actual))


def _steps(way: Way, plot: Plot) -> tuple[Spot, ...]:
    """The corners of the stepped line, up to the due date."""
    steps = way.drawn_steps()
    if not steps:
        return ()
    last, _ = steps[-1]
    ends = [day for day, _ in steps[1:]] + [max(last, way.due.on if way.due else way.last)]
    return tuple(
        plot.spot(day, step.required) for (begin, step), end in zip(steps, ends, strict=True) for day in (begin, end)
    )
