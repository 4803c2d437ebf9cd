"""A time in which nothing is mailed, as a ``[[quiet]]`` entry of the recipients file names one.

::

    [[quiet]]
    region = "51"           # and all that lies in it; "ID" is everywhere
    from = 2026-06-17       # whole days, both included
    to = 2026-06-18
    reason = "Galungan"

    [[quiet]]
    region = "ID"
    weekday = "friday"      # without it: every day
    from = 11:30:00         # from this local time to before the other
    to = 13:00:00
    reason = "Salat Jumat"
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, model_validator

from services.notifier.schedule import QuietDays, QuietHours
from shared.events.base import Day, Frozen, RegionCode, Text
from shared.wilayah import is_narrow

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
_MOST_DAYS = 31


def _with_recipients(code: str) -> str:
    if is_narrow(code):
        raise ValueError(f"nobody is mailed for less than a kab/kota, and {code} is less")
    return code


_Region = Annotated[RegionCode, AfterValidator(_with_recipients)]


class DaysEntry(Frozen):
    """Whole days, at most 31: in more, a year would be mistyped."""

    region: _Region
    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]
    reason: Text

    @model_validator(mode="after")
    def _some_days_and_not_many(self) -> DaysEntry:
        if self.last < self.first:
            raise ValueError(f"to, {self.last}, is before from, {self.first}")
        days = (self.last - self.first).days + 1
        if days > _MOST_DAYS:
            raise ValueError(
                f"these are {days} days, and {_MOST_DAYS} are allowed: look at the years, or divide them into several "
                "entries"
            )
        return self

    def quiet(self) -> QuietDays:
        """The entry as a quiet time."""
        return QuietDays(self.region, self.first, self.last, self.reason)


class HoursEntry(Frozen):
    """Hours of every day, or of one day of the week."""

    region: _Region
    begins: Annotated[time, Field(alias="from")]
    ends: Annotated[time, Field(alias="to")]
    reason: Text
    weekday: Weekday | None = None

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> HoursEntry:
        if self.begins >= self.ends:
            raise ValueError(
                f"to, {self.ends}, is not after from, {self.begins}; what goes over midnight is two entries"
            )
        return self

    def quiet(self) -> QuietHours:
        """The entry as a quiet time."""
        weekday = None if self.weekday is None else _WEEKDAYS.index(self.weekday)
        return QuietHours(self.region, self.begins, self.ends, self.reason, weekday)


def form_of(entry: object) -> type[DaysEntry | HoursEntry]:
    """What an entry is to be checked as: ``from`` says whether it is about days or about hours."""
    begins = entry.get("from") if isinstance(entry, Mapping) else None
    return HoursEntry if isinstance(begins, time) else DaysEntry
