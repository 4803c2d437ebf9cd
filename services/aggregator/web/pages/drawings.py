"""The charts of a page: what is drawn of what the reader answers, once for wide screens and once for phones. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from services.aggregator.answers import Day, Share
from services.aggregator.facts import Decree
from services.aggregator.web.pages.cards import Card
from shared import charts
from shared.briefing import Briefing
from shared.charts import Chart, Table, TargetStep
from shared.wording import Wording


@dataclass(frozen=True, slots=True)
class Plot:
    """One drawing, and as JSON what a script shows under the pointer."""

    svg: Markup
    points: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart with its numbers beside it."""

    title: str
    summary: str
    table: Table
    wide: Plot
    narrow: Plot


@dataclass(frozen=True, slots=True)
class Section:
    """A card, with its chart and what lies behind it where there is a line to compare with."""

    card: Card
    drawn: Drawn | None = None
    told: Briefing | None = None


def burn_up(told: Briefing, say: Wording, decrees: Iterable[tuple[Decree, int | None]] = ()) -> Drawn:
    """The way of a standing, with the steps of its target if that changed."""
    steps = tuple(
        TargetStep(decree.effective_on, people, decree.target.document)
        for decree, people in decrees
        if decree.target is not None and people is not None
    )
    return _drawn(lambda *, narrow: charts.burn_up(told, say.language, steps=steps, narrow=narrow))


def daily(days: Iterable[Day], title: str, needed: int | None, say: Wording) -> Drawn:
    """What was done day by day."""
    changes = [charts.Day(day.date, day.change) for day in days if day.change is not None]
    return _drawn(lambda *, narrow: charts.daily(changes, say.language, title, needed=needed, narrow=narrow))


def shares(rows: Sequence[Share], title: str, prefix: str, say: Wording) -> Drawn:
    """Services by a dimension whose values have words under ``prefix``, or are names."""
    named = [charts.Share(_named(row, prefix, say), row.count) for row in rows if row.count is not None]
    return _drawn(lambda *, narrow: charts.shares(named, say.language, title, unit="services", narrow=narrow))


def flows(code: str, name: str, away: Sequence[Share], visitors: Sequence[Share], say: Wording) -> Drawn:
    """Who was served where: residents by the region that served them, and whom the region served by their home."""
    at_home = sum(row.count or 0 for row in away if row.key == code)
    elsewhere, others = (
        [charts.Share(row.name, row.count) for row in rows if row.key != code and row.count is not None]
        for rows in (away, visitors)
    )
    return _drawn(
        lambda *, narrow: charts.flows(
            name, say.language, at_home=at_home, away=elsewhere, visitors=others, unit="services", narrow=narrow
        )
    )


def _named(row: Share, prefix: str, say: Wording) -> str:
    key = f"{prefix}.{row.key}"
    return say(key) if say.has(key) else row.name


def _drawn(chart_of: Callable[..., Chart]) -> Drawn:
    wide, narrow = chart_of(narrow=False), chart_of(narrow=True)
    return Drawn(wide.title, wide.summary, wide.table, _plot(wide), _plot(narrow))


def _plot(chart: Chart) -> Plot:
    # The package escapes what it writes into an SVG.
    return Plot(Markup(chart.svg()), json.dumps(chart.points, ensure_ascii=False))  # noqa: S704
