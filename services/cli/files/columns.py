"""Which column of a file is which field, by built-in words or a mapping file of the office's own.

A mapping file is TOML::

    [columns]
    "Desa asal" = "home"            # header = field, or "ignored"

    [values.channel]
    "pameran" = "outreach_mall"     # word = value of the catalogue; also for group, reason, type and reactivation

    [defaults]
    service = "51.71"               # field = value, where the file has no column for the field
"""

from __future__ import annotations

import re
import tomllib
from collections import abc
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path

from services.cli.errors import CliError
from services.cli.files.cells import value_of
from services.cli.files.moments import TIME_FIELDS, part_of
from services.cli.files.row import Cell, is_blank
from services.cli.files.vocabulary import CHOICES, FIELDS, HEADERS, UNUSED_HEADERS, WORDS, Field, key_of
from shared.errors import InvalidError

IGNORED = "ignored"
"""What a mapping file says of a column that is not to be used."""

_TABLES = ("columns", "values", "defaults")
_OF_ONE_ROW: tuple[Field, ...] = ("id", "nik", "citizen")
_DEFAULT_FIELDS = tuple(name for name in FIELDS if name not in _OF_ONE_ROW)
_LONG_DIGITS = re.compile(r"\d{9,}")


@dataclass(frozen=True, slots=True)
class Mapping:
    """How to read a file: ``columns`` by the compared form of the header, ``None`` for one that is not used; ``values``
    of the catalogue by field and compared form of the word; ``defaults`` for fields without a column."""

    columns: abc.Mapping[str, Field | None]
    values: abc.Mapping[Field, abc.Mapping[str, str]] = field(default_factory=lambda: WORDS)
    defaults: abc.Mapping[Field, Cell] = field(default_factory=dict)

    def field_of(self, header: str) -> Field | None:
        """The field that a column of this name is, or ``None``."""
        return self.columns.get(key_of(header))

    def is_field(self, header: str) -> bool:
        """Whether a column of this name is a field."""
        return self.field_of(header) is not None

    def is_unused(self, header: str) -> bool:
        """Whether a column of this name is known not to matter, such as the running number."""
        return key_of(header) in self.columns and self.field_of(header) is None


STANDARD = Mapping(
    {key_of(name): None for name in UNUSED_HEADERS}
    | {key_of(header): name for name, headers in HEADERS.items() for header in headers}
)
"""The built-in words alone."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a file are: ``fields`` by header as written, ``ignored`` the headers nobody knows."""

    fields: abc.Mapping[str, Field]
    ignored: tuple[str, ...]


def columns_of(header: Sequence[str], mapping: Mapping = STANDARD) -> Columns:
    """The fields of a header without its blank cells.

    Raises:
        InvalidError: a header occurs twice, or two columns are the same field.
    """
    fields: dict[str, Field] = {}
    for number, text in enumerate(header):
        if _same(text) in map(_same, header[:number]):
            raise InvalidError(f"the header {shown(text)} occurs twice; rename or delete one of the columns")
        name = mapping.field_of(text)
        if name is None:
            continue
        if name in fields.values():
            other = next(known for known, its in fields.items() if its == name)
            raise InvalidError(
                f"the columns {shown(other)} and {shown(text)} are both read as {name}; rename or delete one of them, "
                f'or set one to "{IGNORED}" in a mapping file'
            )
        fields[text] = name
    ignored = tuple(text for text in header if text not in fields and not mapping.is_unused(text))
    return Columns(fields, ignored)


def _same(text: str) -> str:
    """What two headers have in common if they are one; signs alone, such as ``#``, are compared as they are."""
    return key_of(text) or text


def shown(text: str) -> str:
    """A header or key in quotation marks, without long digit runs: one could be a NIK in the wrong place."""
    return repr(_LONG_DIGITS.sub("…", text)[:60])


def load_mapping(path: Path) -> Mapping:
    """The built-in words with those of a mapping file added; where they differ the file's word counts.

    Raises:
        CliError: the file cannot be read, is not TOML, or names a field or value that does not exist; it says which
            key of which table, and what is allowed.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CliError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise CliError(f"{path} is not TOML in UTF-8: {error}") from error
    try:
        _only(content, _TABLES, "the file")
        values = _values(_table(content, "values"))
        columns = dict(STANDARD.columns)
        for header, name in _table(content, "columns").items():
            columns[key_of(header)] = _column(header, name)
        defaults = {
            _field(name, _DEFAULT_FIELDS, "[defaults]"): _default(name, value, values)
            for name, value in _table(content, "defaults").items()
        }
    except InvalidError as error:
        raise CliError(f"{path}: {error.reason}") from error
    return Mapping(columns, values, defaults)


def _table(content: abc.Mapping[str, object], name: str) -> dict[str, object]:
    table = content.get(name, {})
    if not isinstance(table, dict):
        raise InvalidError(f"{shown(name)} must be a table: write [{name}] on a line of its own")
    return table


def _only(content: abc.Mapping[str, object], allowed: Sequence[str], where: str) -> None:
    for name in content:
        if name not in allowed:
            raise InvalidError(f"{shown(name)} is not known in {where}; allowed are {', '.join(allowed)}")


def _field(name: object, allowed: Sequence[Field], where: str) -> Field:
    for known in allowed:
        if known == name:
            return known
    raise InvalidError(
        f"{where}: {shown(str(name))} is not a field that can stand here; allowed are {', '.join(allowed)}"
    )


def _column(header: str, name: object) -> Field | None:
    if name == IGNORED:
        return None
    try:
        return _field(name, FIELDS, f"[columns] {shown(header)}")
    except InvalidError as error:
        raise InvalidError(f"{error.reason}, {IGNORED}") from error


def _values(tables: abc.Mapping[str, object]) -> dict[Field, abc.Mapping[str, str]]:
    _only(tables, tuple(CHOICES), "[values]")
    words = dict(WORDS)
    for name in CHOICES:
        own = {
            key_of(word): _value(name, word, value, f"[values.{name}]") for word, value in _table(tables, name).items()
        }
        words[name] = {**WORDS[name], **own}
    return words


def _value(name: Field, word: str, value: object, where: str) -> str:
    if not isinstance(value, str) or value not in CHOICES[name]:
        raise InvalidError(
            f"{where} {shown(word)}: {shown(str(value))} is not a value of {name}; "
            f"allowed are {', '.join(CHOICES[name])}"
        )
    return value


def _default(name: str, value: object, words: abc.Mapping[Field, abc.Mapping[str, str]]) -> Cell:
    """The value as it stands, once it is known that it can be read as a cell of its column."""
    where = f"[defaults] {name}"
    if not isinstance(value, str | int | float | date | time) or is_blank(value):
        raise InvalidError(f"{where}: must be a text, a number, a date or a time, and not empty")
    for known in FIELDS:
        if known != name:
            continue
        try:
            part_of(known, value) if known in TIME_FIELDS else value_of(known, value, words)
        except InvalidError as error:
            raise InvalidError(f"{where}: {error.reason}") from error
    return value
