"""Tables of regions that can be sorted and searched, by the server as well as in the browser. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from services.aggregator.web.pages.shell import Shell
from shared.events import Programme
from shared.events.standing import Standing
from shared.pages import path_of
from shared.wording import Wording

Direction = Literal["ascending", "descending"]
_DIRECTIONS: dict[str, Direction] = {"asc": "ascending", "desc": "descending"}
_GRAVITY = ("missed", "behind", "no_data", "at_risk", "on_pace", "achieved", "not_started", "no_target")
_SEVERITY = ("critical", "serious", "warning")


class Figure(NamedTuple):
    """A column: its ``key`` in words and addresses, what it is of a row (``None`` if that is not known), and how that
    is shown. ``begins`` is the direction in which one usually wants it first."""

    key: str
    value: Callable[[Standing], int | Decimal | None]
    shown: Callable[[Wording, int | Decimal], str]
    begins: Direction = "ascending"


def signed(say: Wording, value: int | Decimal) -> str:
    """A gap with its sign: ``+5``, ``−5``, ``0``."""
    return f"+{say.number(value)}" if value > 0 else say.number(value)


def _percent(say: Wording, value: int | Decimal) -> str:
    return say.percent(Decimal(value))


def _decimal(say: Wording, value: int | Decimal) -> str:
    return say.decimal(Decimal(value))


FIGURES = (
    Figure("actual", lambda row: row.actual, Wording.number, "descending"),
    Figure("coverage", lambda row: row.coverage_percent, _percent),
    Figure("gap", lambda row: row.gap, signed),
    Figure("attainment", lambda row: row.attainment_percent, _percent),
    Figure("rate7", lambda row: row.rate7, _decimal),
    Figure("rate28", lambda row: row.rate28, _decimal),
    Figure("needed", lambda row: row.required_rate, Wording.number, "descending"),
    Figure("forecast", lambda row: row.forecast.count if row.forecast else None, Wording.number),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """``sort`` is what it is sorted by, empty for what is not known; ``name`` names a figure that may change live."""

    shown: str
    sort: str = ""
    name: str = ""
    link: str = ""
    status: Standing | None = None
    text: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A heading that sorts; ``sorted`` says whether and how it does now."""

    key: str
    name: str
    link: str
    sorted: Direction | None
    begins: Direction
    text: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One region."""

    code: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Laid out by ``parts.html``."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def regions(standings: Iterable[Standing], shell: Shell, caption: str) -> Table:
    """A row for each standing, sorted and searched as the address asks (``sort``, ``dir``, ``q``); if it does not ask,
    who needs a call first, or by name where nobody has a target."""
    everyone = list(standings)
    # What is not known of anybody, such as gaps where nobody has a target, is no column.
    figures = [figure for figure in FIGURES if any(figure.value(row) is not None for row in everyone)]
    aimed = any(row.target is not None for row in everyone)
    named = ["name", "status"] if aimed else ["name"]
    sort, direction = _asked(shell, {*named, *(figure.key for figure in figures)}, named[-1])
    wanted = shell.query.get("q", "").strip().casefold()
    found = [row for row in everyone if wanted in f"{row.name} {row.region}".casefold()]
    columns = (
        *(_column(key, shell, sort, direction, text=True) for key in named),
        *(_column(figure.key, shell, sort, direction, begins=figure.begins) for figure in figures),
    )
    rows = tuple(_row(row, shell, figures, aimed=aimed) for row in in_order(found, sort, direction))
    return Table(caption, columns, rows)


def _asked(shell: Shell, known: set[str], usually: str) -> tuple[str, Direction]:
    sort = shell.query.get("sort", usually)
    sort = sort if sort in known else usually
    begins: Direction = next((figure.begins for figure in FIGURES if figure.key == sort), "ascending")
    return sort, _DIRECTIONS.get(shell.query.get("dir", ""), begins)


def principal(rows: Iterable[Standing], programme: Programme, on: date) -> list[Standing]:
    """One row for each region: of its targets of the programme that of the nation before those of others, what is not
    yet due before what is over, the nearest first; the row without a target if it has none."""

    def preferred(row: Standing) -> tuple[bool, bool, int]:
        if row.target is None:
            return (True, True, 0)
        over = row.target.due_on < on
        distance = abs((row.target.due_on - on).days)
        return (over, row.target.authority != "national", distance)

    best: dict[str, Standing] = {}
    for row in sorted((row for row in rows if row.programme == programme), key=preferred):
        best.setdefault(row.region, row)
    return list(best.values())


def in_order(standings: Sequence[Standing], key: str, direction: Direction) -> list[Standing]:
    """Sorted by a column; what is not known comes last in either direction, equals by name."""
    down = direction == "descending"
    if key == "name":
        return sorted(standings, key=lambda row: row.name, reverse=down)
    if key == "status":
        return sorted(sorted(standings, key=lambda row: row.name), key=gravity, reverse=down)
    value = next(figure.value for figure in FIGURES if figure.key == key)
    known = [(number, row) for row in sorted(standings, key=lambda row: row.name) if (number := value(row)) is not None]
    ordered = [row for _, row in sorted(known, key=lambda pair: pair[0], reverse=down)]
    return [*ordered, *(row for row in standings if value(row) is None)]


def gravity(row: Standing) -> tuple[int, int, Decimal]:
    """Who needs a call first: the gravest status and severity, then the larger part of the way missing."""
    severity = _SEVERITY.index(row.severity) if row.severity else len(_SEVERITY)
    return (_GRAVITY.index(row.status), severity, row.attainment_percent or Decimal(0))


def _column(
    key: str, shell: Shell, sort: str, direction: Direction, *, begins: Direction = "ascending", text: bool = False
) -> Column:
    other: Direction = "descending" if direction == "ascending" else "ascending"
    then = other if key == sort else begins
    link = shell.here(sort=key, dir={"ascending": "asc", "descending": "desc"}[then])
    return Column(key, shell.say(f"column.{key}"), link, direction if key == sort else None, begins, text)


def _row(row: Standing, shell: Shell, figures: Iterable[Figure], *, aimed: bool) -> Row:
    say = shell.say
    cells = [Cell(row.name, row.name, link=shell.link(path_of(row.region)), text=True)]
    if aimed:
        cells.append(Cell("", f"{_GRAVITY.index(row.status)}", name="status", status=row, text=True))
    for figure in figures:
        value = figure.value(row)
        shown = say("table.unknown") if value is None else figure.shown(say, value)
        cells.append(Cell(shown, "" if value is None else str(value), name=figure.key))
    return Row(row.region, tuple(cells))
