"""What holds for every letter: both forms say the same, the page is fit for mail readers, no word is of another
language, and nothing that comes from outside becomes markup or a header."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from services.notifier.contents import DigestRow, Heartbeat, Links
from services.notifier.letters import Letter, write_digest, write_heartbeat, write_notice
from services.notifier.letters.wording import wording_in
from tests.unit.notifier.letters.letters import LANGUAGES, LETTERS, WARNINGS, letters_in
from tests.unit.notifier.letters.reading import flat, numbers_of, tags_of, values_of, words_of
from tests.unit.notifier.letters.samples import (
    FIRST,
    MEASURES,
    MESSAGE_ID,
    PARTS,
    ROWS,
    SECOND,
    TELLINGS,
    TITLES,
    YIELDS,
    briefing,
    digest,
    heartbeat,
    notice,
    recipient,
)
from tests.unit.notifier.standings import TARGET, standing

HOSTILE = (
    "<b onload=\"x('y')\">&amp; {name} {{ 7 * 7 }} %s $x_1$ </td><script>\r\nBcc: a@b\u2028\u202e" + "panjang" * 400
)
_WORD = re.compile(r"[a-z]{2,}", re.IGNORECASE)
_ENGLISH = {"January", "February", "March", "May", "June", "July", "August", "October", "December", "Aug", "Oct", "Dec"}


@pytest.mark.parametrize("name", LETTERS)
def test_every_number_of_the_html_is_in_the_text(name: str) -> None:
    letter = LETTERS[name]
    missing = numbers_of(words_of(letter.html)) - numbers_of(letter.text)

    assert numbers_of(words_of(letter.html))
    assert not missing


@pytest.mark.parametrize("name", LETTERS)
def test_the_page_is_fit_for_mail_readers(name: str) -> None:
    html = LETTERS[name].html
    tables = re.findall(r"<table[^>]*>", html)
    layout = [table for table in tables if 'role="presentation"' in table]

    assert f'<html lang="{name[-2:]}">' in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "max-width: 640px" in html
    assert set(values_of(html, "th", "scope")) <= {"row", "col"}
    assert len(values_of(html, "th", "scope")) == tags_of(html)["th"]
    assert all("style=" in table for table in tables if table not in layout)
    assert not {"script", "link", "iframe", "form"} & set(tags_of(html))
    assert len(html.encode()) < 100_000  # Gmail cuts off what is longer than 102 kB


@pytest.mark.parametrize("name", LETTERS)
def test_images_are_inside_and_have_words(name: str) -> None:
    letter = LETTERS[name]

    assert values_of(letter.html, "img", "src") == [f"cid:{image.cid}" for image in letter.images]
    assert values_of(letter.html, "img", "alt") == [image.alt for image in letter.images]
    assert all(image.alt in flat(letter.text) for image in letter.images)


@pytest.mark.parametrize("name", LETTERS)
def test_a_subject_is_one_short_line(name: str) -> None:
    assert LETTERS[name].subject.startswith("[Laju] ")
    assert LETTERS[name].subject.isprintable()
    assert len(LETTERS[name].subject) < 200


def test_no_word_of_the_one_language_is_in_the_other() -> None:
    phrases = {language: " ".join(wording_in(language).phrases.values()) for language in LANGUAGES}
    own = {language: _words(re.sub(r"{\w+}", " ", text)) for language, text in phrases.items()}
    english = (own["en"] | {word.lower() for word in _ENGLISH}) - own["id"]
    indonesian = own["id"] - own["en"]

    assert {"target", "behind", "people"} & english == {"behind", "people"}
    for _, letter in letters_in("id", rule="r1"):
        assert english & _words(f"{letter.subject} {letter.text} {words_of(letter.html)}") == set()
    # Names of places, documents and offices stay as they are.
    names = _words(repr((TELLINGS, ROWS, TITLES, WARNINGS, heartbeat())))
    for _, letter in letters_in("en", rule="r1"):
        text = re.sub(r"https://\S+", "", letter.text)
        read = _words(f"{letter.subject} {text} {words_of(letter.html)}")
        assert indonesian & read - names == set()


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text)}


def _hostile_letters() -> list[Letter]:
    target = TARGET.model_copy(update={"id": HOSTILE, "document": HOSTILE})
    of = standing(name=HOSTILE, target=target)
    known = briefing(
        of,
        behind=tuple(part.model_copy(update={"name": HOSTILE, "basis": HOSTILE}) for part in PARTS),
        yields=tuple(place.model_copy(update={"place": HOSTILE, "channel": HOSTILE}) for place in YIELDS),
        measures=tuple(measure.model_copy(update={"title": HOSTILE, "kind": HOSTILE}) for measure in MEASURES),
    )
    links = Links(HOSTILE, HOSTILE, HOSTILE)
    told = replace(FIRST, standing=of, rule=HOSTILE, links=links, briefing=known)
    other = replace(SECOND, standing=of, rule=HOSTILE, links=links)
    row = DigestRow(of, changed=True, before=HOSTILE)
    title = recipient().model_copy(update={"title": HOSTILE})
    beat = Heartbeat(MESSAGE_ID, recipient("operations"), heartbeat().written_at, {HOSTILE: HOSTILE}, (HOSTILE,))
    return [
        write_notice(replace(notice(told, other), recipient=title)),
        write_digest(replace(digest(row), recipient=title, page=HOSTILE)),
        write_heartbeat(beat),
    ]


def _harmless_letters() -> list[Letter]:
    row = DigestRow(standing(), changed=True, before="on_pace")
    beat = Heartbeat(MESSAGE_ID, recipient("operations"), heartbeat().written_at, {"Surat": "satu"}, ("satu",))
    return [
        write_notice(notice(FIRST, replace(SECOND, standing=standing()))),
        write_digest(digest(row, role="head")),
        write_heartbeat(beat),
    ]


def test_what_comes_from_outside_stays_text() -> None:
    for hostile, harmless in zip(_hostile_letters(), _harmless_letters(), strict=True):
        extra = tags_of(hostile.html) - tags_of(harmless.html)

        # A part whose basis is unknown needs one note less; nothing may be more.
        assert not extra
        assert "<b onload=\"x('y')\">&amp; {name} {{ 7 * 7 }} %s $x_1$ </td><script>" in words_of(hostile.html)
        assert "{{ 7 * 7 }} %s $x_1$ </td><script> Bcc: a@b" in flat(hostile.text)
        assert hostile.subject.isprintable()
        assert len(hostile.subject) < 250
