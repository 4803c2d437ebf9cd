"""The words that letters, pages, reports and charts have in common, and that none of them says such a thing again."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from string import Formatter
from typing import get_args

import pytest

from shared.events import PROGRAMMES
from shared.events.region import Authority, InterventionKind
from shared.events.standing import Severity
from shared.wording import Language, Wording, wording_in

PACKAGES = (
    "services.notifier.letters", "services.aggregator.web.pages", "services.aggregator.web.exports", "shared.charts",
)  # fmt: skip
LANGUAGES: tuple[Language, ...] = get_args(Language)


def own(package: str, language: Language) -> dict[str, str]:
    """The phrases of a package alone."""
    tables = tomllib.loads((files(package) / "words" / f"{language}.toml").read_text(encoding="utf-8"))
    return {f"{table}.{key}": phrase for table, keys in tables.items() for key, phrase in keys.items()}


def test_both_languages_have_the_same_common_phrases() -> None:
    indonesian, english = (own("shared", language) for language in LANGUAGES)

    assert indonesian.keys() == english.keys()
    for phrase in (*indonesian.values(), *english.values()):
        assert not [name for _, name, _, _ in Formatter().parse(phrase) if name is not None]


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_a_common_word_for_everything_that_an_event_can_name(language: Language) -> None:
    named = {
        "activity": PROGRAMMES,
        "authority": get_args(Authority),
        "severity": get_args(Severity),
        "kind": get_args(InterventionKind),
    }
    wanted = {f"{table}.{value}" for table, values in named.items() for value in values}

    assert wanted <= own("shared", language).keys()


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_package_has_the_common_words_and_says_none_of_them_again(package: str, language: Language) -> None:
    common, say = own("shared", language), wording_in(package, language)

    assert {key for key in common if say.phrases[key] != common[key]} == set()
    assert own(package, language).keys() & common.keys() == set()
    assert own(package, language).items() <= say.phrases.items()


def test_a_phrase_begins_with_a_capital_letter() -> None:
    say = Wording("id", {"kind.outreach": "jemput bola di OPD", "channel.upt": "UPT", "sign.none": "–"})

    assert [say.beginning(key) for key in say.phrases] == ["Jemput bola di OPD", "UPT", "–"]
