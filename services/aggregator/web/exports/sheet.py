"""A table on its way into a file: headings, and values that are not yet text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

# ``number`` is whole, ``decimal`` has two decimals, ``percent`` is in per cent with two decimals.
Form = Literal["text", "number", "decimal", "percent", "day"]
Value = str | int | Decimal | date | None


class Column(NamedTuple):
    """``form`` is what its values are; any of them may be ``None``: not known, or not to be shown."""

    heading: str
    form: Form = "number"


@dataclass(frozen=True, slots=True)
class Sheet:
    """``name`` is shown on the tab of a workbook: 31 characters at most, none of ``[]:*?/\\``. Each row has a value for
    each column."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
