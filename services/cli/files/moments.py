"""When it happened, from the cells ``time``, ``date`` and ``clock`` of a row. The day always comes before the month."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from babel.dates import get_month_names

from services.cli.files.row import Cell
from services.cli.files.vocabulary import Field
from shared.errors import InvalidError

TIME_FIELDS: tuple[Field, ...] = ("time", "date", "clock")
NOON = time(12)
"""The clock of an event that has a day only."""

_NO_DATE = "is not a date such as 23/05/2024, 2024-05-23 or 23 Mei 2024"
_NO_CLOCK = "is not a time of day such as 10:04, 10.04 or 10:04:30"
_NO_MOMENT = "is not a date and time such as 23/05/2024 10:04 or 2024-05-23T10:04:00+08:00"
_EXPECTED = {"time": _NO_MOMENT, "date": _NO_DATE, "clock": _NO_CLOCK}
_DATE = re.compile(
    r"(?P<iso>(\d{4})-(\d{1,2})-(\d{1,2}))(?!\d)"
    r"|(?P<numbers>(\d{1,2})([/.-])(\d{1,2})\7(\d{4}))(?!\d)"
    r"|(?P<words>(\d{1,2})[ -]([A-Za-z]+)[ -](\d{4}))(?!\d)"
)
_SHORT_YEAR = re.compile(r"\d{1,2}([/.-])\d{1,2}\1\d{2}(?!\d)")
_CLOCK = re.compile(
    r"(\d{1,2})(?:[:.](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,6}))?)?)?"
    r" ?(Z|[+-]\d{2}(?::?\d{2})?|WIB|WITA|WIT)?",
    re.IGNORECASE,
)
_NAMED_ZONES: Mapping[str, tzinfo] = {
    "Z": UTC,
    "WIB": ZoneInfo("Asia/Jakarta"),
    "WITA": ZoneInfo("Asia/Makassar"),
    "WIT": ZoneInfo("Asia/Jayapura"),
}
# Besides the names of CLDR.
_OTHER_MONTHS = {"peb": 2, "pebruari": 2, "agt": 8, "ags": 8, "sept": 9, "nop": 11, "nopember": 11}


@dataclass(frozen=True, slots=True)
class Part:
    """What one cell says of a moment."""

    day: date | None = None
    clock: time | None = None
    offset: tzinfo | None = None


def part_of(field: Field, cell: Cell) -> Part:
    """The day, the clock, or both, that a filled cell of one of :data:`TIME_FIELDS` says.

    A cell of exactly midnight, and such text in the column ``date``, says the day only: programs store and export a
    date that way.

    Raises:
        InvalidError: it cannot be read, or lacks what its column is for.
    """
    part = _part(field, cell)
    if field == "date" and part.clock == time():
        part = Part(part.day)
    if (field == "date" and part.day is None) or (field == "clock" and part.clock is None):
        raise InvalidError(_EXPECTED[field])
    return part


def together(parts: Mapping[Field, Part], zone: tzinfo) -> datetime:
    """The moment that the cells of a row say together: in ``zone`` unless one names its offset, noon without a clock.

    Raises:
        InvalidError: no cell says the day, or two contradict each other.
    """
    days = {part.day for part in parts.values() if part.day}
    clocks = {part.clock for part in parts.values() if part.clock}
    if not days:
        raise InvalidError("is missing")
    if len(days) > 1 or len(clocks) > 1:
        raise InvalidError("says another date or time than the row's other column for it")
    offsets = [part.offset for part in parts.values() if part.offset]
    return datetime.combine(days.pop(), clocks.pop() if clocks else NOON, tzinfo=offsets[0] if offsets else zone)


def _part(field: Field, cell: Cell) -> Part:
    if isinstance(cell, datetime):
        whole = (cell + timedelta(microseconds=500_000)).replace(microsecond=0)
        clock = whole.time()
        return Part(whole.date(), None if clock == time() else clock, cell.tzinfo)
    if isinstance(cell, date):
        return Part(day=cell)
    if isinstance(cell, time):
        return Part(clock=cell.replace(microsecond=0))
    if isinstance(cell, str):
        return _written(field, " ".join(cell.split()).removeprefix("'"))
    if field == "clock" and isinstance(cell, int | float) and not isinstance(cell, bool):
        return Part(clock=_clock_of_number(cell))
    raise InvalidError(f"{_EXPECTED[field]}; it is stored as a number: format the column as date or time")


def _clock_of_number(number: float) -> time:
    """10.04 typed as a number is 10:04 and 10.3 is 10:30. Below 1 it could as well be a fraction of a day."""
    if not 1 <= number < 24 or round(number, 2) != number:
        raise InvalidError(f"{_NO_CLOCK}; it is stored as a number: format the column as time")
    hours, minutes = f"{number:.2f}".split(".")
    return _clock(int(hours), int(minutes))


def _written(field: Field, text: str) -> Part:
    if found := _DATE.match(text):
        day = _day(found)
        rest = text[found.end() :].removeprefix("T").strip(", ")
        return Part(day, *_written_clock(field, rest)) if rest else Part(day)
    short = _SHORT_YEAR.match(text)
    # With dots it could as well be a time of day with seconds.
    if short and (field == "date" or (field == "time" and short[1] != ".")):
        raise InvalidError(f"{_EXPECTED[field]}: write the year with four digits")
    return Part(None, *_written_clock(field, text))


def _written_clock(field: Field, text: str) -> tuple[time, tzinfo | None]:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise InvalidError(_EXPECTED[field])
    hours, minutes, seconds, fraction, zone = found.groups()
    clock = _clock(int(hours), int(minutes or 0), int(seconds or 0), int((fraction or "").ljust(6, "0")))
    return clock, _offset(zone.upper()) if zone else None


def _day(found: re.Match[str]) -> date:
    if found["iso"]:
        year, month, day = int(found[2]), int(found[3]), int(found[4])
    elif found["numbers"]:
        year, month, day = int(found[9]), int(found[8]), int(found[6])
    else:
        year, month, day = int(found[13]), _months().get(found[12].lower(), 0), int(found[11])
    try:
        return date(year, month, day)
    except ValueError as error:
        raise InvalidError("is not a date that exists; the day comes before the month, such as 23/05/2024") from error


def _clock(hours: int, minutes: int, seconds: int = 0, microseconds: int = 0) -> time:
    try:
        return time(hours, minutes, seconds, microseconds)
    except ValueError as error:
        raise InvalidError("is not a time of day that exists") from error


def _offset(text: str) -> tzinfo:
    if text in _NAMED_ZONES:
        return _NAMED_ZONES[text]
    digits = text[1:].replace(":", "").ljust(4, "0")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if ahead >= timedelta(hours=24):
        raise InvalidError("has an offset that does not exist")
    return timezone(ahead if text[0] == "+" else -ahead)


@cache
def _months() -> dict[str, int]:
    """Month by its Indonesian or English name, long or short, in lower case."""
    named = {
        str(name).lower(): number
        for language in ("id", "en")
        for width in ("wide", "abbreviated")
        for number, name in get_month_names(width, locale=language).items()
    }
    return named | _OTHER_MONTHS
