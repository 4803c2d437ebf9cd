"""The burn-up chart of a briefing: what was done day by day, the plan line to the target, and where it is heading.

Drawn for a phone of 360 CSS pixels at three device pixels each, on its own white ground so that a dark mail reader
does not swallow it. Lines differ in form as well as in colour, and carry their names instead of a legend. The colours
are of Okabe and Ito, *Color Universal Design* (2008), which people tell apart with any kind of colour vision.
"""

from __future__ import annotations

from datetime import date
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING

from services.notifier.letters.axes import day_ticks, people_labels, people_ticks
from services.notifier.letters.letter import Image
from services.notifier.letters.position import is_over, judged_on
from services.notifier.letters.wording import Wording
from shared.briefing import Briefing, Point
from shared.events.standing import Forecast, Standing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import RendererAgg

PIXELS = (1080, 810)
_DPI = 216  # one typographic point is one CSS pixel on a phone of 360
_BLUE, _VERMILLION, _INK, _GREY = "#0072B2", "#C44E00", "#24292f", "#57606a"
_BAND = "#BFDDEE"
_SIZE = 10.5
_COLOURS = 96
# The settings of what draws are global.
_drawing = Lock()
_MARGIN = 0.03
_LONGEST_TITLE = 80
# Left, bottom, width and height, of the whole; the left edge moves with the length of the labels.
_PLOT = (0.135, 0.125, 0.64, 0.685)


def chart(briefing: Briefing, cid: str, say: Wording) -> Image | None:
    """The chart as a PNG of 1080 × 810 pixels, the same bytes for the same briefing; ``None`` where there is neither
    a plan line nor anything done to draw. Takes about a quarter of a second of processor time, the first one two; may
    be called from any thread."""
    if not briefing.actual and not briefing.plan:
        return None
    with _drawing:
        png = _drawn(briefing, say)
    return Image(cid, png, alt(briefing.standing, say))


def alt(standing: Standing, say: Wording) -> str:
    """What the chart shows, as a sentence with its figures."""
    parts = [say("chart.alt_actual", actual=say.number(standing.actual))]
    if standing.expected is not None and standing.gap is not None:
        parts.append(say("chart.alt_expected", expected=say.number(standing.expected)))
        parts.append(say("chart.alt_gap", gap=say.number(standing.gap)))
    if standing.target is not None and standing.required is not None:
        due = say.day(standing.target.due_on)
        parts.append(say("chart.alt_target", required=say.number(standing.required), due=due))
    if (ahead := _ahead(standing)) is not None:
        count, low, high = (say.number(value) for value in (ahead.count, ahead.low, ahead.high))
        parts.append(say("chart.alt_forecast", due=say.day(ahead.on), count=count, low=low, high=high))
    return say(
        "chart.alt",
        activity=say(f"activity.{standing.programme}"),
        name=standing.name,
        day=say.day(judged_on(standing)),
        parts=say("letter.list").join(parts),
    )


def _ahead(standing: Standing) -> Forecast | None:
    """The forecast, while its day is still to come."""
    forecast = standing.forecast
    return forecast if forecast is not None and forecast.on > judged_on(standing) else None


def _drawn(briefing: Briefing, say: Wording) -> bytes:
    # Drawing is rare and its library large: whoever only reads letters does not load it.
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415
    from PIL import Image as Pixels  # noqa: PLC0415

    mpl.rcdefaults()  # a style file on the machine must not change the letter
    width, height = PIXELS
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes(_PLOT)
    standing, today = briefing.standing, judged_on(briefing.standing)
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    _scale(axes, briefing, say)
    _make_room(axes, renderer)
    _title(axes, renderer, standing, say)
    _lines(axes, briefing, today)
    _names(axes, renderer, briefing, today, say)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = bytes(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    stored = BytesIO()
    # A palette is enough for so few colours, and a third of the size.
    drawn = Pixels.frombuffer("RGBA", PIXELS, pixels).convert("RGB")
    drawn.quantize(_COLOURS, dither=Pixels.Dither.NONE).save(stored, format="PNG", optimize=True)
    return stored.getvalue()


def _scale(axes: Axes, briefing: Briefing, say: Wording) -> None:
    standing = briefing.standing
    days = [point.on for point in (*briefing.plan, *briefing.actual)] + [judged_on(standing)]
    people = [point.count for point in (*briefing.plan, *briefing.actual)] + [standing.actual]
    if standing.required is not None:
        people.append(standing.required)
    if (ahead := _ahead(standing)) is not None:
        days.append(ahead.on)
        people += [ahead.low, ahead.high]
    first, last = min(days).toordinal(), max(days).toordinal()
    ticks = people_ticks(min(people), max(people))
    room = 0.03 * max(ticks[-1] - ticks[0], 1)
    headroom = 4 * room  # for the names of what stands at the top
    # Bounds of different value even if all falls on one day.
    axes.set_xlim(first - 0.5, max(last, first + 1) + 0.5)
    axes.set_ylim(min(ticks[0], *people) - room, max(ticks[-1], *people) + headroom)
    axes.set_yticks(ticks, people_labels(ticks, say))
    at = day_ticks(min(days), max(days), say)
    axes.set_xticks([day.toordinal() for day, _ in at], [label for _, label in at])
    axes.tick_params(colors=_GREY, labelsize=_SIZE - 1.5, length=3, pad=3)
    axes.grid(axis="y", color="#e3e6ea", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#aeb6bf")


def _make_room(axes: Axes, renderer: RendererAgg) -> None:
    """Move the left edge to where the longest number of people beside the axis has room."""
    needed = max(label.get_window_extent(renderer).width for label in axes.get_yticklabels()) / PIXELS[0]
    _, bottom, width, height = _PLOT
    left = needed + _MARGIN + 0.025
    axes.set_position((left, bottom, _PLOT[0] + width - left, height))


def _title(axes: Axes, renderer: RendererAgg, standing: Standing, say: Wording) -> None:
    activity = say(f"activity.{standing.programme}")
    named = say("chart.title", activity=activity[0].upper() + activity[1:], name=standing.name)[:_LONGEST_TITLE]
    # A dollar sign in a name is no formula.
    title = axes.figure.text(
        _MARGIN, 0.975, named, fontsize=_SIZE + 0.5, fontweight="bold", color=_INK, va="top", parse_math=False
    )
    while title.get_window_extent(renderer).xmax > PIXELS[0] * (1 - _MARGIN):
        named = named[:-1]
        title.set_text(f"{named.rstrip()}…")
    axes.figure.text(_MARGIN, 0.915, say("chart.unit"), fontsize=_SIZE - 1, color=_GREY, va="top")


def _lines(axes: Axes, briefing: Briefing, today: date) -> None:
    standing = briefing.standing
    now = today.toordinal()
    plan, actual = _xy(briefing.plan), _xy(_with_today(briefing.actual, standing.actual, today))
    axes.axvline(now, color=_GREY, linewidth=0.8, linestyle=(0, (1, 2)))
    axes.plot(*plan, color=_INK, linewidth=1.4, linestyle=(0, (5, 2.5)))
    if (ahead := _ahead(standing)) is not None:
        due = ahead.on.toordinal()
        axes.fill_between(
            [now, due], [standing.actual, ahead.low], [standing.actual, ahead.high], color=_BAND, linewidth=0
        )
        axes.plot([now, due], [standing.actual, ahead.count], color=_BLUE, linewidth=1.6, linestyle=(0, (1, 1.4)))
        axes.plot([due], [ahead.count], color=_BLUE, marker="D", markersize=4, clip_on=False)
    axes.plot(*actual, color=_BLUE, linewidth=2.6, solid_capstyle="round")
    if standing.expected is not None:
        axes.plot([now, now], [standing.actual, standing.expected], color=_VERMILLION, linewidth=2.2)
        axes.plot([now], [standing.expected], color=_INK, marker="s", markersize=5, clip_on=False)
    if standing.target is not None and standing.required is not None:
        due = standing.target.due_on.toordinal()
        axes.plot([due], [standing.required], color=_INK, marker="*", markersize=9, clip_on=False)
    axes.plot([now], [standing.actual], color=_BLUE, marker="o", markersize=6, clip_on=False)


def _names(axes: Axes, renderer: RendererAgg, briefing: Briefing, today: date, say: Wording) -> None:
    from services.notifier.letters.labels import Labels  # noqa: PLC0415 - loads what draws

    standing, now = briefing.standing, today.toordinal()
    labels = Labels(axes, renderer, _SIZE)
    start, end = axes.get_xlim()
    late = (now - start) / (end - start) > 0.8  # the date must not run into the name of the target
    axes.annotate(
        say.short(today, "d MMM y"), (now, 1), xycoords=("data", "axes fraction"), xytext=(0, 2),
        textcoords="offset points", ha="right" if late else "center", va="bottom", fontsize=_SIZE - 1.5, color=_GREY,
    )  # fmt: skip
    actual = (f"{say('chart.actual')}\n{say.number(standing.actual)}", standing.actual, _BLUE)
    at_edge, here = ([actual], []) if is_over(standing) else ([], [actual])
    if standing.target is not None and standing.required is not None:
        at_edge.append((f"{say('chart.target')}\n{say.number(standing.required)}", standing.required, _INK))
    if (ahead := _ahead(standing)) is not None:
        at_edge.append((f"{say('chart.forecast')}\n{say.number(ahead.count)}", ahead.count, _BLUE))
        labels.avoid([[now, ahead.on.toordinal()], [standing.actual, ahead.count]])
    if standing.expected is not None:
        labels.avoid([[now, now], [standing.actual, standing.expected]])
        if not is_over(standing):
            here.append((f"{say('chart.expected')}\n{say.number(standing.expected)}", standing.expected, _INK))
        if standing.gap is not None and labels.height(standing.actual, standing.expected) > 3 * _SIZE:
            here.append((say.number(standing.gap), (standing.actual + standing.expected) // 2, _VERMILLION))
    labels.avoid(_xy(briefing.plan), _xy(_with_today(briefing.actual, standing.actual, today)))
    labels.beside(at_edge)
    # From the top down, so that names stand in the order of what they name.
    for text, people, colour in sorted(here, key=lambda name: -name[1]):
        labels.place(text, now, people, colour)


def _with_today(points: tuple[Point, ...], actual: int, today: date) -> tuple[Point, ...]:
    """The way so far, joined to today's figure, which a series of every so many days may not reach."""
    return (*(point for point in points if point.on < today), Point(on=today, count=actual))


def _xy(points: tuple[Point, ...]) -> tuple[list[float], list[float]]:
    return [point.on.toordinal() for point in points], [point.count for point in points]
