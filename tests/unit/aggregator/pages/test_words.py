"""The words of the pages: the same in both languages, and every one that a page asks for is there."""

from __future__ import annotations

import re
import string
from importlib.resources import files
from typing import get_args

import pytest

from services.aggregator.web.pages import language
from services.aggregator.web.pages.tables import FIGURES
from services.aggregator.web.pages.tiles import COLUMNS, ROWS, TILES
from shared.charts import SHADES, css_variable
from shared.events import PROGRAMMES, Channel
from shared.events.outcome import AlertReason
from shared.events.region import Authority, BacklogReason, Basis, InterventionKind
from shared.events.standing import Severity, Status
from shared.wilayah import NATION, children
from shared.wording import Language

PAGES = files("services.aggregator.web.pages")
ASKED = re.compile(r'say\(\s*"([a-z_]+\.[a-z0-9_]+)"(?! ~)')
OPEN = {
    "status": get_args(Status),
    "sign": get_args(Status),
    "severity": get_args(Severity),
    "authority": get_args(Authority),
    "basis": (*get_args(Basis), "rollup"),
    "channel": get_args(Channel),
    "kind": get_args(InterventionKind),
    "reason": get_args(BacklogReason),
    "alert_reason": get_args(AlertReason),
    "programme": PROGRAMMES,
    "column": ("name", "status", *(figure.key for figure in FIGURES)),
    "claim": ("match", "other_basis", "mismatch", "unverifiable"),
    "parts": ("kabkota", "kecamatan", "desa"),
    "alerts": ("escalated_1", "escalated_2", "said_acknowledge", "said_silence"),
}


def placeholders(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name}


def test_both_languages_say_the_same_things_with_the_same_values() -> None:
    indonesian, english = language.words("id").phrases, language.words("en").phrases
    assert indonesian.keys() == english.keys()
    assert {key for key, phrase in indonesian.items() if placeholders(phrase) != placeholders(english[key])} == set()


@pytest.mark.parametrize("chosen", get_args(Language))
def test_every_phrase_that_is_asked_for_is_there(chosen: Language) -> None:
    words = language.words(chosen)
    sources = [*(PAGES / "templates").iterdir(), *(file for file in PAGES.iterdir() if file.name.endswith(".py"))]
    asked = {key for source in sources for key in ASKED.findall(source.read_text(encoding="utf-8"))}
    asked |= {f"{table}.{value}" for table, values in OPEN.items() for value in values}
    assert len(asked) > 150
    assert {key for key in asked if not words.has(key)} == set()


def test_the_map_has_every_province_once() -> None:
    assert set(TILES) == set(children(NATION))
    places = [(tile.column, tile.row) for tile in TILES.values()]
    assert len(set(places)) == len({tile.short for tile in TILES.values()}) == len(TILES)
    assert all(0 <= column < COLUMNS and 0 <= row < ROWS for column, row in places)


def test_charts_have_their_colours_in_both_themes() -> None:
    style = (PAGES / "static" / "laju.css").read_text(encoding="utf-8")
    for colour, shade in SHADES.items():
        if colour != "ground":  # the page's own
            light, dark = re.findall(rf"{css_variable(colour)}: (#[0-9a-f]+);", style)
            assert (light, dark) == (shade.light, shade.dark), colour
