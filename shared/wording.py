"""The words of one language, and its forms of numbers and dates. Each package that speaks to people has its own words
in ``words/``, one TOML file a language, besides those that all have in common, which lie in ``shared/words/``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

from babel import Locale
from babel.dates import format_date
from babel.numbers import NumberPattern, format_compact_decimal, format_decimal, parse_pattern

Language = Literal["id", "en"]

# Parsed once: a chart's table has hundreds of numbers.
_LOCALES: dict[Language, Locale] = {"id": Locale("id", "ID"), "en": Locale("en", "GB")}
_COMMON = "shared"
_WHOLE, _TWO_DECIMALS = parse_pattern("#,##0"), parse_pattern("#,##0.00")


@dataclass(frozen=True, slots=True)
class Wording:
    """How a package puts things in ``language``. ``phrases`` is keyed ``table.key`` as in the file."""

    language: Language
    phrases: Mapping[str, str]

    def __call__(self, key: str, /, **values: str) -> str:
        """The phrase with its placeholders filled. Values are text already: what they contain is not read again.

        Raises:
            KeyError: there is no such phrase, or a placeholder has no value.
        """
        return self.phrases[key].format_map(values)

    def beginning(self, key: str) -> str:
        """The phrase as something begins with it: with a capital letter."""
        phrase = self(key)
        return phrase[:1].upper() + phrase[1:]

    def has(self, key: str) -> bool:
        """Whether there is such a phrase."""
        return key in self.phrases

    def number(self, value: int | Decimal) -> str:
        """A whole number: ``-1234567`` is ``−1.234.567`` in Indonesian; with the minus sign of prose."""
        return self._formatted(value, _WHOLE)

    def decimal(self, value: Decimal) -> str:
        """Always two decimals: ``18.28`` is ``18,28`` in Indonesian."""
        return self._formatted(value, _TWO_DECIMALS)

    def percent(self, value: Decimal) -> str:
        """``18.28`` is ``18,28%`` in Indonesian."""
        return f"{self.decimal(value)}%"

    def compact(self, value: int) -> str:
        """As short as an axis needs it, with at most two decimals: ``1500000`` is ``1,5 jt`` in Indonesian."""
        return str(format_compact_decimal(value, locale=self._locale, fraction_digits=2)).replace("-", "−")

    def day(self, value: date) -> str:
        """``27 Juni 2024``."""
        return str(format_date(value, "d MMMM y", locale=self._locale))

    def short(self, value: date, pattern: str) -> str:
        """A date by a pattern of Unicode TR 35, such as ``d MMM``."""
        return str(format_date(value, pattern, locale=self._locale))

    def moment(self, value: datetime) -> str:
        """An aware moment on the clock of its own zone: ``28 Juni 2024 01.30 WIB``; other zones as offset."""
        clock = f"{value:%H.%M}" if self.language == "id" else f"{value:%H:%M}"
        return f"{self.day(value.date())} {clock} {value.tzname()}"

    @property
    def _locale(self) -> Locale:
        return _LOCALES[self.language]

    def _formatted(self, value: int | Decimal, pattern: NumberPattern) -> str:
        return _formatted(value, pattern, self.language)


@lru_cache(maxsize=16_384)  # the page of the nation has some 5,000 numbers, of which few are others a moment later
def _formatted(value: int | Decimal, pattern: NumberPattern, language: Language) -> str:
    return str(format_decimal(value, pattern, locale=_LOCALES[language])).replace("-", "−")


@cache
def wording_in(package: str, language: Language) -> Wording:
    """The words of a package, such as ``shared.charts``, and the common ones in a language; read once. Where a package
    has a phrase of the same key, it is that.

    Raises:
        FileNotFoundError: the package has no words in that language.
    """
    return Wording(language, _read(_COMMON, language) | _read(package, language))


def _read(package: str, language: Language) -> dict[str, str]:
    source = files(package) / "words" / f"{language}.toml"
    tables = tomllib.loads(source.read_text(encoding="utf-8"))
    return {f"{table}.{key}": phrase for table, keys in tables.items() for key, phrase in keys.items()}
