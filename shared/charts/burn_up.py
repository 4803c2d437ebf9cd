"""The burn-up chart of a briefing: what was done day by day, the plan line to the target, and where it is heading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from shared.briefing import Briefing, Measure
from shared.charts.burn_up_drawing import drawn, signed
from shared.charts.chart import Chart, Figure, Table, points
from shared.charts.lettering import clean
from shared.charts.plot import LETTER, NARROW, WIDE, Plot
from shared.charts.scene import Spot
from shared.charts.way import TargetStep, Way
from shared.wording import Language, Wording, wording_in


def burn_up(briefing: Briefing, language: Language, *, steps: Sequence[TargetStep] = (), narrow: bool = False) -> Chart:
    """The chart of a standing and its way. ``steps`` are what the target asked for over time, in the order of their
    days; they are drawn if they differ. ``narrow`` is for phones.

    Interventions are flags with numbers in the SVG, which the table explains. A PNG has no table and no flags.
    """
    words = wording_in("shared.charts", language)
    way = Way.of(briefing, steps)
    title = _title(way, words)
    scene, plot = drawn(way, title, NARROW if narrow else WIDE, words)
    figures = list(_figures(way, plot, words))
    return Chart(
        title=title,
        summary=_summary(way, words),
        table=Table(
            (words("burn_up.what"), words("burn_up.when"), words("burn_up.how_many")),
            tuple((figure.series, figure.label, f"{figure.value} {figure.unit}") for figure in figures),
        ),
        points=points(figures, scene),
        scene=scene,
        letter=lambda: drawn(way, title, LETTER, words)[0],
    )


def _title(way: Way, words: Wording) -> str:
    activity = words(f"activity.{way.standing.programme}")
    return words("burn_up.title", activity=activity[0].upper() + activity[1:], name=clean(way.standing.name))


def _summary(way: Way, words: Wording) -> str:
    """What the chart shows, as a sentence with its figures."""
    standing = way.standing
    parts = [words("burn_up.summary_actual", actual=words.number(standing.actual))]
    if standing.expected is not None and standing.gap is not None:
        parts.append(words("burn_up.summary_expected", expected=words.number(standing.expected)))
        parts.append(words("burn_up.summary_gap", gap=words.number(standing.gap)))
    if way.due is not None:
        required, due = words.number(way.due.count), words.day(way.due.on)
        parts.append(words("burn_up.summary_target", required=required, due=due))
    if way.ahead is not None:
        count, low, high = (words.number(value) for value in (way.ahead.count, way.ahead.low, way.ahead.high))
        due = words.day(way.ahead.on)
        parts.append(words("burn_up.summary_forecast", due=due, count=count, low=low, high=high))
    return words(
        "burn_up.summary",
        activity=words(f"activity.{standing.programme}"),
        name=clean(standing.name),
        day=words.day(way.today),
        parts=words("text.list").join(parts),
    )


def _figures(way: Way, plot: Plot, words: Wording) -> Iterator[Figure]:
    """All numbers, the telling ones first, the way day by day last."""
    standing, today = way.standing, way.today

    def people(series: str, day: date, count: int, spot: Spot | None = None) -> Figure:
        at = spot or plot.spot(day, count)
        return Figure(words(f"burn_up.{series}"), words("unit.people"), words.day(day), words.number(count), at)

    if standing.expected is not None:
        yield people("expected", today, standing.expected)
    if standing.gap is not None and standing.expected is not None:
        x, middle = plot.x(today), (plot.y(standing.actual) + plot.y(standing.expected)) / 2
        gap = people("gap", today, standing.gap, (x, middle))
        yield Figure(gap.series, gap.unit, gap.label, signed(standing.gap, words), gap.spot)
    if way.due is not None:
        yield people("target", way.due.on, way.due.count)
    if way.ahead is not None:
        yield people("forecast", way.ahead.on, way.ahead.count)
        yield people("forecast_low", way.ahead.on, way.ahead.low)
        yield people("forecast_high", way.ahead.on, way.ahead.high)
    for at, measure in enumerate(way.measures):
        yield _measured(at + 1, measure, plot, words)
    yield from _stepped(way, plot, words)
    for point in way.plan:
        yield people("plan", point.on, point.count)
    for point in way.actual:
        yield people("actual", point.on, point.count)


def _measured(number: int, measure: Measure, plot: Plot, words: Wording) -> Figure:
    rates = [("before", measure.rate_before), ("during", measure.rate_during), ("after", measure.rate_after)]
    start = words.day(measure.starts_on)
    span = (
        words("burn_up.from", start=start)
        if measure.ends_on is None
        else words("burn_up.from_to", start=start, end=words.day(measure.ends_on))
    )
    within = plot.first <= measure.starts_on <= plot.last
    return Figure(
        series=words("burn_up.measure"),
        unit=words("unit.people_daily"),
        label=f"{number}. {clean(measure.title)}, {span}",
        value=words("text.list").join(
            words(f"burn_up.{span}", rate=words.decimal(rate)) for span, rate in rates if rate is not None
        ),
        spot=(plot.x(measure.starts_on), plot.top) if within else None,
    )


def _stepped(way: Way, plot: Plot, words: Wording) -> Iterator[Figure]:
    """Each step with its decree."""
    drawn_on = {step: day for day, step in way.drawn_steps()}
    for step in way.steps:
        day = words.day(step.on)
        yield Figure(
            series=words("burn_up.step"),
            unit=words("unit.people"),
            label=f"{day}, {clean(step.document)}" if step.document else day,
            value=words.number(step.required),
            spot=plot.spot(drawn_on[step], step.required) if step in drawn_on else None,
        )
