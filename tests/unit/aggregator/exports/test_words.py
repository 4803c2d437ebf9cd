"""The words of exports: the same in both languages, with the same values in them."""

from __future__ import annotations

import re
from typing import get_args

from services.aggregator.answers import By
from services.aggregator.web.exports.report.panels import NARROWER
from shared.wording import wording_in
from tests.unit.aggregator.exports.samples import LANGUAGES

WORDS = {language: wording_in("services.aggregator.web.exports", language) for language in LANGUAGES}


def test_both_languages_say_the_same() -> None:
    placeholders = [
        {key: sorted(set(re.findall(r"\{(\w+)\}", phrase))) for key, phrase in say.phrases.items()}
        for say in WORDS.values()
    ]
    assert placeholders[0] == placeholders[1]


def test_there_are_words_for_every_dimension_and_level() -> None:
    for say in WORDS.values():
        assert all(say.has(f"dimension.{by}") for by in get_args(By))
        assert all(say.has(f"parts.name_{level}") for level in {*NARROWER.values(), "desa"})


def test_the_name_of_a_sheet_is_one_that_a_workbook_takes() -> None:
    names = [phrase for say in WORDS.values() for key, phrase in say.phrases.items() if key.startswith("sheet.")]
    assert names
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\'") for name in names)
