"""The words of both languages have the same keys and placeholders; numbers and dates are those of the language."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from services.notifier.letters.wording import wording_in

ID, EN = wording_in("id"), wording_in("en")


def _placeholders(phrase: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrase) if name is not None}


def test_both_languages_have_the_same_phrases() -> None:
    assert ID.phrases.keys() == EN.phrases.keys()
    assert len(ID.phrases) > 100


@pytest.mark.parametrize("key", ID.phrases)
def test_both_languages_fill_in_the_same(key: str) -> None:
    assert _placeholders(ID.phrases[key]) == _placeholders(EN.phrases[key])


def test_what_is_filled_in_is_not_read_again() -> None:
    assert ID("target.absolute", value="{value}") == "{value} orang"
    with pytest.raises(KeyError):
        ID("target.absolute")


def test_numbers() -> None:
    assert (ID.number(1_234_567), EN.number(1_234_567)) == ("1.234.567", "1,234,567")
    assert (ID.number(-5), EN.number(-5)) == ("−5", "−5")
    assert (ID.decimal(Decimal("1234.5")), EN.decimal(Decimal("1234.5"))) == ("1.234,50", "1,234.50")
    assert (ID.percent(Decimal("18.28")), EN.percent(Decimal("18.28"))) == ("18,28%", "18.28%")
    assert ID.compact(1_500_000).split() == ["1,5", "jt"]


def test_dates() -> None:
    assert (ID.day(date(2026, 8, 17)), EN.day(date(2026, 8, 17))) == ("17 Agustus 2026", "17 August 2026")
    moment = datetime(2024, 6, 27, 18, 30, tzinfo=UTC).astimezone(ZoneInfo("Asia/Jayapura"))
    assert (ID.moment(moment), EN.moment(moment)) == ("28 Juni 2024 03.30 WIT", "28 June 2024 03:30 WIT")
