"""The words of both languages have the same keys and placeholders."""

from __future__ import annotations

from string import Formatter

import pytest

from shared.wording import wording_in

ID, EN = wording_in("shared.charts", "id"), wording_in("shared.charts", "en")


def test_both_languages_have_the_same_phrases() -> None:
    assert ID.phrases.keys() == EN.phrases.keys()
    assert len(ID.phrases) > 50


@pytest.mark.parametrize("key", ID.phrases)
def test_both_languages_fill_in_the_same(key: str) -> None:
    placeholders = [
        {name for _, name, _, _ in Formatter().parse(words.phrases[key]) if name is not None} for words in (ID, EN)
    ]

    assert placeholders[0] == placeholders[1]
