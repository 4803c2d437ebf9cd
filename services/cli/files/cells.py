"""One cell into the value of one field. Pure; what cannot be read raises a sentence that never repeats the cell."""

from __future__ import annotations

import re
from collections.abc import Mapping

from services.cli.files.row import Cell
from services.cli.files.vocabulary import CHOICES, WORDS, Field, key_of, spoken
from shared.errors import InvalidError

NO_CODE = "is not a region code such as 51.71 or 51.71.01.1001"
_NIK_AS_NUMBER = (
    "the NIK is stored as a number and may have lost its last digits; format the column as text and enter it again"
)
_ID_AS_NUMBER = "is stored as a number and may have lost its last digits; format the column as text and enter it again"
_SCIENTIFIC = re.compile(r"\d([.,]\d+)?[eE]\+?\d+")
_DOTTED = re.compile(r"\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?")
_SHORT = re.compile(r"\d{2}\.\d")
_UNDOTTED = re.compile(r"(\d{2})(?:(\d{2})(?:(\d{2})(\d{4})?)?)?")
_EXACT_INTEGERS = 10**15
"""A spreadsheet program keeps 15 digits of a number."""


def value_of(field: Field, cell: Cell, words: Mapping[Field, Mapping[str, str]] = WORDS) -> str:
    """What a filled cell says for any field but ``time``, ``date`` and ``clock``; choices as the catalogue writes them.

    Raises:
        InvalidError: it cannot be read; ``reason`` says what to do about it.
    """
    if field in CHOICES:
        return _choice(field, cell, words[field])
    match field:
        case "nik":
            return nik(cell)
        case "home" | "service":
            return region_code(cell)
        case "id":
            return _id(cell)
        case _:
            return _text(cell)


def nik(cell: Cell) -> str:
    """The digits of a NIK without the spaces, dots, hyphens and apostrophe they may be written with.

    Raises:
        InvalidError: it is, or was before it became text, a number.
    """
    if isinstance(cell, int | float) or (isinstance(cell, str) and _SCIENTIFIC.fullmatch(cell.strip())):
        raise InvalidError(_NIK_AS_NUMBER)
    if not isinstance(cell, str):
        raise InvalidError("must be text of 16 digits")
    return re.sub(r"[\s.-]", "", cell).removeprefix("'")


def region_code(cell: Cell) -> str:
    """The dotted code that a cell means: ``51.71.01.1001``, ``5171011001``, ``51,71`` or the number 51.71 or 33.1.

    A number loses the zeros at its end. A code always has two digits after its first dot, so 33.1 can only be 33.10.

    Raises:
        InvalidError: it has not the form of a code. Whether there is such a region is not looked up.
    """
    text = re.sub(r"\s", "", _code_text(cell)).removeprefix("'").replace(",", ".")
    if _DOTTED.fullmatch(text):
        return text
    if _SHORT.fullmatch(text):
        return text + "0"
    if undotted := _UNDOTTED.fullmatch(text):
        return ".".join(part for part in undotted.groups() if part)
    raise InvalidError(NO_CODE)


def _code_text(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        raise InvalidError(
            f"{NO_CODE}: it was stored as a date or time; format the column as text and enter the code again"
        )
    return str(int(cell)) if float(cell).is_integer() else str(cell)


def _id(cell: Cell) -> str:
    too_long = isinstance(cell, int | float) and abs(cell) >= _EXACT_INTEGERS
    if too_long or (isinstance(cell, str) and _SCIENTIFIC.fullmatch(cell.strip())):
        raise InvalidError(_ID_AS_NUMBER)
    return _text(cell)


def _choice(field: Field, cell: Cell, words: Mapping[str, str]) -> str:
    value = words.get(key_of(_text(cell)))
    if value is None:
        raise InvalidError(f"is none of the known words: {', '.join(spoken(field))}")
    return value


def _text(cell: Cell) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, str):
        return " ".join(cell.split())
    if isinstance(cell, int | float) and float(cell).is_integer():
        return str(int(cell))
    raise InvalidError("must be text; format the column as text and enter it again")
