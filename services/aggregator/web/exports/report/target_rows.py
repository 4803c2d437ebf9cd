"""The table of a report: one row for each target line, with the figures that the cards of the page have. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.aggregator.web.exports.report.lettering import fitting, people
from services.aggregator.web.pages.cards import figures, heading, source
from shared.events.standing import Forecast, Standing, Status, TargetInForce
from shared.wording import Wording

MOST_ROWS = 5
_DOCUMENT = 44


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure and what stands below it in smaller letters."""

    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Pill:
    """A status in words with its sign; ``kind`` decides on the colour."""

    text: str
    kind: Status


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A target line, or a programme without one; one cell for each of :func:`columns`. ``kind`` decides on the colour
    of the status."""

    heading: str
    source: str
    status: Cell
    kind: Status
    cells: tuple[Cell, ...]


def columns(standings: Sequence[Standing], say: Wording) -> tuple[str, ...]:
    """The headings of the figures: without any target there is nothing to be measured against."""
    names = ("actual", "expected", "gap", "required", "rate", "forecast") if _aims(standings) else ("actual", "rate")
    return tuple(say(f"report.{name}") for name in names)


def rows(standings: Sequence[Standing], pages: Wording, say: Wording) -> tuple[TargetRow, ...]:
    """At most five. ``pages`` are the words of the pages, ``say`` of exports."""
    aims = _aims(standings)
    return tuple(_row(standing, pages, say, aims=aims) for standing in standings[:MOST_ROWS])


def pill(standing: Standing, pages: Wording) -> Pill:
    """The status as the pages put it."""
    status, grade = _status(standing, pages), _grade(standing, pages)
    return Pill(f"{status} · {grade}" if grade else status, standing.status)


def basis(target: TargetInForce, pages: Wording, most: int) -> str:
    """Who asked for it, by which document, of whose name there are at most so many characters, and since when."""
    document = fitting(target.document, most) if target.document else None
    return source(target.model_copy(update={"document": document}), pages)


def _status(standing: Standing, pages: Wording) -> str:
    return f"{pages(f'sign.{standing.status}')} {pages(f'status.{standing.status}')}"


def _grade(standing: Standing, pages: Wording) -> str:
    return pages(f"severity.{standing.severity}") if standing.severity else ""


def _aims(standings: Sequence[Standing]) -> bool:
    return any(standing.target for standing in standings)


def _row(standing: Standing, pages: Wording, say: Wording, *, aims: bool) -> TargetRow:
    shown = {figure.name: figure for figure in figures(standing, pages)}

    def value(name: str) -> str:
        return shown[name].value if name in shown else say("report.unknown")

    coverage, attainment = standing.coverage_percent, standing.attainment_percent
    covered = "" if coverage is None else say("report.coverage", percent=say.percent(coverage))
    attained = "" if attainment is None else say("report.attainment", percent=say.percent(attainment))
    needed = say("report.needed", needed=value("needed")) if "needed" in shown else ""
    actual, rate = Cell(value("actual"), covered), Cell(value("rate28"), needed)
    measured = (
        Cell(value("expected")),
        Cell(value("gap")),
        Cell(value("required"), attained),
        rate,
        Cell(value("forecast"), _band(standing.forecast, say) if "forecast" in shown else ""),
    )
    target = standing.target
    return TargetRow(
        heading=heading(standing, pages) if target else pages(f"programme.{standing.programme}"),
        source=basis(target, pages, _DOCUMENT) if target else "",
        status=Cell(_status(standing, pages), _grade(standing, pages)),
        kind=standing.status,
        cells=(actual, *measured) if aims else (actual, rate),
    )


def _band(ahead: Forecast | None, say: Wording) -> str:
    if ahead is None:
        return ""
    return say("report.band", low=people(ahead.low, say), high=people(ahead.high, say))
