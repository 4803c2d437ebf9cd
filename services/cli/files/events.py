"""One row into the event that ``POST /v1/events`` takes, or everything that is wrong with the row. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import abc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from services.cli.files.cells import value_of
from services.cli.files.checking import every_error, fields_of
from services.cli.files.columns import Mapping
from services.cli.files.moments import TIME_FIELDS, Part, part_of, together
from services.cli.files.row import Cell, Row, is_blank
from services.cli.files.vocabulary import FIELDS, HEADERS, NO, REACTIVATION, YES, Field, spoken, type_of
from shared import wilayah
from shared.errors import InvalidError
from shared.upcast import RawEvent

CLOCK_ALLOWANCE = timedelta(minutes=5)
"""How far ahead of ``now`` a time may be. Ingest has a setting of its own for when the event gets there."""

_ATTRIBUTES: tuple[Field, ...] = ("type", "id", "source")
_DATA = tuple(name for name in FIELDS if name not in (*_ATTRIBUTES, *TIME_FIELDS, "reactivation"))
# Which fields make up what ingest names by one path.
_BEHIND: dict[str, tuple[Field, ...]] = {"time": ("date", "time", "clock"), "data.citizen": ("nik", "citizen")}
_Fault = tuple[Field | None, str]
_TOO_MANY_CELLS = (
    "has more cells than there are headers, so some may stand in the wrong column; put text that contains the "
    "delimiter in quotation marks"
)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with a row: its number, the header of the column if it is about one, and what is to be done.

    ``message`` goes on from the column, as in "must be exactly 16 digits", and repeats no NIK and no name.
    """

    row: int
    column: str | None
    message: str

    @property
    def reason(self) -> str:
        """Column and message, for the person who corrects the row."""
        return f"{self.column}: {self.message}" if self.column else self.message


@dataclass(frozen=True, slots=True)
class _Given:
    """A filled or empty cell of the row, or a default, which has no ``header``."""

    cell: Cell = field(repr=False)
    header: str | None


@dataclass(slots=True)
class _Reading:
    """What was made out of a row so far: what it gives, the values that could be read, and the faults, by field."""

    given: dict[Field, _Given]
    values: dict[Field, str] = field(default_factory=dict, repr=False)
    faults: dict[Field, str] = field(default_factory=dict)

    def is_filled(self, name: Field) -> bool:
        """Whether the row, or a default, says anything for this field."""
        return name in self.given and not is_blank(self.given[name].cell)

    def is_column(self, name: Field) -> bool:
        """Whether the file has a column for this field."""
        return name in self.given and self.given[name].header is not None


def event_of(
    row: Row,
    mapping: Mapping,
    defaults: abc.Mapping[Field, Cell],
    identify: Callable[[bytes], str],
    *,
    now: datetime,
    allowance: timedelta = CLOCK_ALLOWANCE,
) -> RawEvent | tuple[RowProblem, ...]:
    """The event of a row, checked by the rules of ingest as of ``now`` (aware), or all problems of the row.

    ``defaults`` stand in for fields without a column, before those of ``mapping``; an empty cell stays empty. The id is
    the row's own where there is a column for it, otherwise what ``identify`` makes of the event without id as canonical
    JSON: the same row always has the same one. A time without offset is in the zone of the service region, of the home
    region where there is no service; a day without clock is noon.
    """
    reading = _reading_of(row, mapping, {**mapping.defaults, **defaults})
    type_ = _type_of(reading)
    fields = fields_of(type_) if type_ else {}
    data = _data_of(reading, fields)
    moment = _moment_of(reading, _zone_of(reading, data, fields))
    known = {_path_of(name) for name in reading.faults} | ({"time"} if moment is None else set())
    rest = {
        "source": reading.values.get("source"),
        "type": type_,
        "time": moment.isoformat() if moment else None,
        "data": data,
    }
    event: RawEvent = {"specversion": "1.0"} | {name: value for name, value in rest.items() if value is not None}
    if reading.is_column("id"):
        event |= {"id": reading.values["id"]} if "id" in reading.values else {}
    elif known:
        known.add("id")
    else:
        event["id"] = identify(canonical(event))
    found: list[_Fault] = [*reading.faults.items()]
    for error in every_error(event, known, now, allowance):
        name = _field_at(error.path, reading)
        found.append((name, error.message if name else f"{error.path} {error.message}"))
    return tuple(_problems(row, reading, found)) or event


def canonical(event: RawEvent) -> bytes:
    """The one JSON text of an event: names in order, no spaces, UTF-8."""
    return json.dumps(event, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def keyed_identity(key: bytes) -> Callable[[bytes], str]:
    """For :func:`event_of`: the first 16 bytes of HMAC-SHA256(key, event) as hex digits, in groups of eight.

    Keyed, because a NIK has so few possible values that a plain hash could be tried out. Grouped, because among many
    ids in one piece some have 16 decimal digits in a row that look like a NIK, which ingest refuses in an id.
    """

    def identify(event: bytes) -> str:
        return hmac.new(key, event, hashlib.sha256).digest()[:16].hex("-", 4)

    return identify


def column_of(path: str, row: Row, mapping: Mapping) -> str | None:
    """The header of the column that ingest's name for a field comes from, such as ``NIK`` for ``data.nik``; ``None`` if
    the row has no such column."""
    reading = _Reading(_given(row, mapping, {}))
    return _header(_field_at(path, reading), reading)


def _given(row: Row, mapping: Mapping, defaults: abc.Mapping[Field, Cell]) -> dict[Field, _Given]:
    given = {name: _Given(cell, None) for name, cell in defaults.items()}
    for header, cell in row.cells.items():
        name = mapping.field_of(header)
        if name is not None:
            given[name] = _Given(cell, header)
    return given


def _reading_of(row: Row, mapping: Mapping, defaults: abc.Mapping[Field, Cell]) -> _Reading:
    reading = _Reading(_given(row, mapping, defaults))
    for name, given in reading.given.items():
        if name in TIME_FIELDS or not reading.is_filled(name):
            continue
        try:
            reading.values[name] = value_of(name, given.cell, mapping.values)
        except InvalidError as error:
            reading.faults[name] = error.reason
    return reading


def _type_of(reading: _Reading) -> str | None:
    """The wire type, or ``None`` and a fault."""
    kind = reading.values.get("type")
    if kind is None:
        reading.faults.setdefault("type", f"is missing; it is one of {', '.join(spoken('type'))}")
        return None
    if kind == REACTIVATION and reading.values.get("reactivation") == NO:
        reading.faults["reactivation"] = "says no, but the row is said to be a reactivation; correct one of the two"
    return type_of(kind)


def _data_of(reading: _Reading, fields: abc.Mapping[str, bool]) -> dict[str, Any]:
    """Every value the row has, whether its type knows the field or not; of the defaults only what its type knows."""
    data: dict[str, Any] = {
        name: reading.values[name]
        for name in _DATA
        if name in reading.values and (reading.is_column(name) or name in fields or not fields)
    }
    wanted = reading.values.get("reactivation") == YES and (
        reading.is_column("reactivation") or "reactivation" in fields
    )
    if wanted or reading.values.get("type") == REACTIVATION:
        data["reactivation"] = True
    return data


def _zone_of(reading: _Reading, data: abc.Mapping[str, Any], fields: abc.Mapping[str, bool]) -> tzinfo | None:
    """The zone of the office, ``None`` if it cannot be told where that is."""
    is_service = "service" in fields or (not fields and reading.is_filled("service"))
    code = data.get("service" if is_service else "home")
    return wilayah.zone_of(code) if code and wilayah.is_known(code) else None


def _moment_of(reading: _Reading, zone: tzinfo | None) -> datetime | None:
    """When it happened; ``None`` with a fault, or if the zone is needed and cannot be told."""
    parts: dict[Field, Part] = {}
    for name in sorted(TIME_FIELDS, key=reading.is_column, reverse=True):
        if not reading.is_filled(name):
            continue
        try:
            part = part_of(name, reading.given[name].cell)
        except InvalidError as error:
            reading.faults[name] = error.reason
            continue
        parts[name] = part if reading.is_column(name) else _only_missing(part, parts)
    if any(name in reading.faults for name in TIME_FIELDS):
        return None
    try:
        moment = together(parts, zone or UTC)
    except InvalidError as error:
        without_day = not any(part.day for part in parts.values())
        reading.faults[_first(("date", "time") if without_day else _BEHIND["time"], reading)] = error.reason
        return None
    return moment if zone or any(part.offset for part in parts.values()) else None


def _only_missing(default: Part, parts: abc.Mapping[Field, Part]) -> Part:
    """What a default adds to what the cells of the row say."""
    return Part(
        None if any(part.day for part in parts.values()) else default.day,
        None if any(part.clock for part in parts.values()) else default.clock,
        None if any(part.offset for part in parts.values()) else default.offset,
    )


def _path_of(name: Field) -> str:
    if name in TIME_FIELDS:
        return "time"
    return name if name in _ATTRIBUTES else f"data.{name}"


def _field_at(path: str, reading: _Reading) -> Field | None:
    """The field that a path of ingest is about, if it is about one."""
    own = path.removeprefix("data.")
    names = _BEHIND.get(path) or tuple(name for name in FIELDS if name == own)
    return _first(names, reading) if names else None


def _first(names: Sequence[Field], reading: _Reading) -> Field:
    """Of several fields the first that is filled, or at least has a column."""
    filled = [name for name in names if reading.is_filled(name)]
    there = [name for name in names if name in reading.given]
    return (*filled, *there, *names)[0]


def _problems(row: Row, reading: _Reading, found: list[_Fault]) -> Iterator[RowProblem]:
    """In the order of the columns; what is about no column comes first."""
    if row.beyond:
        yield RowProblem(row.number, None, _TOO_MANY_CELLS)
    places = {header: place for place, header in enumerate(row.cells)}
    for name, message in sorted(found, key=lambda item: places.get(_header(item[0], reading) or "", -1)):
        header = _header(name, reading)
        if header is not None or name is None:
            yield RowProblem(row.number, header, message)
        elif name in reading.given:
            yield RowProblem(row.number, None, f"the default for {name} {message}")
        else:
            hint = "the file has no such column, and there is no default"
            yield RowProblem(row.number, None, f"{HEADERS[name][0]} {message} ({hint})")


def _header(name: Field | None, reading: _Reading) -> str | None:
    return reading.given[name].header if name in reading.given else None
