"""Standings as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from pydantic import BaseModel
from rich.table import Table

from shared.events.standing import Standing, Status

_COLOURS: dict[Status, str] = {
    "on_pace": "green",
    "achieved": "green",
    "at_risk": "yellow",
    "behind": "red",
    "missed": "red",
}


class Standings(BaseModel):
    """The answer to GET /v1/regions/{code}/standings."""

    standings: list[Standing]


def count(number: int | None) -> str:
    """A whole number with thousands separators, a dash if there is none."""
    return "–" if number is None else f"{number:,}"


def percent(number: Decimal | None) -> str:
    """Per cent with two decimals, a dash if there is none."""
    return "–" if number is None else f"{number:.2f} %"


def standings_table(rows: Iterable[Standing], title: str) -> Table:
    """One row for each standing, narrow enough for 80 columns.

    Attainment is of what is required, coverage of wajib KTP; gap is actual − expected, negative is behind.
    """
    table = Table(title=title, show_lines=True)
    table.add_column("region, programme, target")
    for headings in ("actual\nrequired", "expected\ngap", "attainment\ncoverage"):
        table.add_column(headings, justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    for row in rows:
        table.add_row(
            f"{row.region} {row.name}\n{row.programme}: {_target(row)}",
            f"{count(row.actual)}\n{count(row.required)}",
            f"{count(row.expected)}\n{count(row.gap)}",
            f"{percent(row.attainment_percent)}\n{percent(row.coverage_percent)}",
            _status(row),
        )
    return table


def _target(row: Standing) -> str:
    if row.target is None:
        return "no target"
    match row.target.basis:
        case "absolute":
            what = f"{int(row.target.value):,}"
        case "rollup":
            what = f"{row.target.members} of {row.target.of} kab/kota"
        case basis:
            what = f"{row.target.value.normalize():f} % of {basis.removeprefix('percent_of_').replace('_', ' ')}"
    return f"{what} by {row.target.due_on} ({row.target.authority})"


def _status(row: Standing) -> str:
    said = f"{row.status}\n{row.severity}" if row.severity else row.status
    colour = _COLOURS.get(row.status)
    return f"[{colour}]{said}[/{colour}]" if colour else said
