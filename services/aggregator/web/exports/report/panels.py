"""The three small tables of a report: who is furthest behind, where most is done, what interventions brought. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.aggregator.answers import Share
from services.aggregator.interventions import Effect
from services.aggregator.web.exports.report.gathering import Gathered
from services.aggregator.web.exports.report.heading import place
from services.aggregator.web.exports.report.lettering import fitting, people
from services.aggregator.web.pages.tables import signed
from shared.briefing import Briefing, Measure, Yield
from shared.events.standing import Standing
from shared.wilayah import Level
from shared.wording import Wording

_NAME, _TITLE = 48, 64
NARROWER = {Level.NATION: "kabkota", Level.PROVINCE: "kabkota", Level.KABKOTA: "kecamatan"}


@dataclass(frozen=True, slots=True)
class Panel:
    """A table with its heading; the first column is text, the others are figures. ``note`` stands below, or instead of
    the rows if there are none."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def panels(found: Gathered, say: Wording) -> tuple[Panel, ...]:
    """Those that the region has something for: only kab/kota have outreach, a desa has no parts."""
    told = found.told
    level = NARROWER.get(found.region.level, "desa")
    every: list[Panel | None] = []
    if told is not None:
        every.append(_behind(told, found, level, say))
        every.append(_yields(told.yields, say) if found.region.level is Level.KABKOTA else None)
        # Numbered as the flags of the chart are.
        every.append(_measures(sorted(told.measures, key=lambda one: (one.starts_on, one.title)), say, numbered=True))
    else:
        every.append(_lowest(found.lowest, level, say) if found.lowest else None)
        every.append(_places(found.places, say) if found.places else None)
        every.append(_measures(found.effects, say, numbered=False))
    return tuple(panel for panel in every if panel is not None)


def _behind(told: Briefing, found: Gathered, level: str, say: Wording) -> Panel | None:
    if found.region.level is Level.DESA:
        return None
    columns = (say(f"parts.name_{level}"), say("parts.actual"), say("parts.expected"), say("parts.gap"))
    rows = tuple(
        (fitting(part.name, _NAME), people(part.actual, say), people(part.expected, say), _gap(part.gap, say))
        for part in told.behind
    )
    known, every = say.number(told.parts_known), say.number(told.parts)
    if not told.parts_known:
        note = say("parts.unknown", all=every)
    else:
        note = say("parts.known", known=known, all=every)
        if not rows:
            note = f"{say('parts.none')} {note}"
        if any(part.basis == "share_of_line" for part in told.behind):
            note = f"{note} {say('parts.share', name=place(found.region, say))}"
    return Panel(say("parts.behind", level=say(f"parts.name_{level}")), columns, rows, note)


def _lowest(parts: Iterable[Standing], level: str, say: Wording) -> Panel:
    columns = (say(f"parts.name_{level}"), say("parts.actual"), say("parts.coverage"))
    rows = tuple(
        (fitting(row.name, _NAME), people(row.actual, say), _percent(row.coverage_percent, say)) for row in parts
    )
    return Panel(say("parts.lowest", level=say(f"parts.name_{level}")), columns, rows)


def _yields(yields: Iterable[Yield], say: Wording) -> Panel:
    columns = (say("yields.place"), say("yields.days"), say("yields.per_day"))
    rows = tuple((fitting(row.place, _NAME), people(row.days, say), _rate(row.services_per_day, say)) for row in yields)
    return Panel(say("yields.heading"), columns, rows, "" if rows else say("yields.none"))


def _places(places: Iterable[Share], say: Wording) -> Panel:
    columns = (say("yields.place"), say("yields.services"))
    rows = tuple((fitting(row.name, _NAME), people(row.count, say)) for row in places)
    return Panel(say("yields.places"), columns, rows)


def _measures(found: Sequence[Measure | Effect], say: Wording, *, numbered: bool) -> Panel:
    columns = (say("measures.measure"), *(say(f"measures.{span}") for span in ("before", "during", "after")))
    rows = tuple(
        (
            f"{f'{at}. ' if numbered else ''}{fitting(one.title, _TITLE)}, {_span(one, say)}",
            *(_rate(rate, say) for rate in (one.rate_before, one.rate_during, one.rate_after)),
        )
        for at, one in enumerate(found, start=1)
    )
    return Panel(say("measures.heading"), columns, rows, "" if rows else say("measures.none"))


def _span(one: Measure | Effect, say: Wording) -> str:
    start = say.short(one.starts_on, "d MMM y")
    return start if one.ends_on is None else f"{start} – {say.short(one.ends_on, 'd MMM y')}"


def _gap(value: int | None, say: Wording) -> str:
    return say("report.unknown") if value is None else signed(say, value)


def _rate(value: Decimal | None, say: Wording) -> str:
    return say("report.unknown") if value is None else say.decimal(value)


def _percent(value: Decimal | None, say: Wording) -> str:
    return say("report.unknown") if value is None else say.percent(value)
