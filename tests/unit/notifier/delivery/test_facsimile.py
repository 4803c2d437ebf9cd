"""A letter as it was sent: all that it says, and nothing with which to act as its recipient."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import get_args

import pytest

from services.notifier.contents import Links as Leading
from services.notifier.contents import Notice
from services.notifier.delivery import facsimile
from services.notifier.delivery.outbox import Entry
from services.notifier.links import Act, Grant, Links
from services.notifier.pages import Pages
from services.notifier.post import written
from services.notifier.recipient import Language
from shared.passes import Keys
from tests.unit.notifier.delivery.mails import CHART, HEAD, PNG, SECRETARY, entry
from tests.unit.notifier.letters.samples import FIRST, MESSAGE_ID, ROWS, SECOND, WRITTEN_AT, digest, recipient

PAGE = "https://laju.go.id/regions/36.04?on=2024-06-27"
SIGNED = Links("https://laju.go.id/notifier", bytes(range(32)))
OPENING = Pages("https://laju.go.id", Keys((bytes(32),)), timedelta(days=30))


def token(act: Act, line: str) -> str:
    return SIGNED.token(Grant(act=act, line=line, episode=1, expires=WRITTEN_AT + timedelta(days=30)))


TOKENS = {
    (act, told.standing.line): token(act, told.standing.line) for told in (FIRST, SECOND) for act in get_args(Act)
}


def sent(language: Language = "id", page: str = PAGE) -> Entry:
    """A notice about two lines with a chart, to a head whose title has an address in it, with a copy."""
    tellings = tuple(
        replace(
            told,
            links=Leading(page, *(f"{SIGNED.url}/v1/acts/{TOKENS[act, told.standing.line]}" for act in get_args(Act))),
        )
        for told in (FIRST, SECOND)
    )
    head = recipient(language=language).model_copy(
        update={"email": HEAD, "cc": (SECRETARY,), "title": f"Kepala Disdukcapil <{HEAD.upper()}>"}
    )
    return written(Notice(MESSAGE_ID, head, WRITTEN_AT, tellings))[0]


class Read(HTMLParser):
    """The attributes of each element, and what is written."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.found if found == tag]


@pytest.mark.parametrize("language", get_args(Language))
def test_nobody_can_act_with_it(language: Language) -> None:
    mail = sent(language)
    page, text = facsimile.page(mail), facsimile.text(mail)

    for known in TOKENS.values():
        assert known in mail.html
        assert known in mail.text
        for part in (known, *known.split(".")):
            assert part not in page
            assert part not in text
    assert "/v1/acts" not in page + text
    assert {attributes["href"] for attributes in Read(page).all("a") if "href" in attributes} == {PAGE}
    assert len(Read(page).all("a")) == 6  # the buttons are still to be seen
    said = {"id": "hanya untuk penerima surat", "en": "for the recipient of the letter only"}[language]
    assert text.count(said) == page.count(said) == 4


@pytest.mark.parametrize("language", get_args(Language))
def test_nobody_gets_in_with_it(language: Language) -> None:
    opening = OPENING.link("36.04", "36.04", WRITTEN_AT, date(2024, 6, 27))
    mail = sent(language, opening)
    _, content, signature = opening.rpartition("/access/link/")[2].partition("?")[0].split(".")
    assert opening in mail.text
    assert opening in mail.html

    for shown in (facsimile.page(mail), facsimile.text(mail)):
        assert "/access/" not in shown
        assert content not in shown
        assert signature not in shown
    # The page that is linked to is that of a mail without a pass, and so is everything else.
    assert facsimile.text(mail) == facsimile.text(sent(language))
    assert facsimile.page(mail) == facsimile.page(sent(language))


def test_nobody_gets_in_with_a_digest() -> None:
    (mail,) = written(replace(digest(*ROWS), page=OPENING.link("36", "36", WRITTEN_AT)))
    (plain,) = written(replace(digest(*ROWS), page="https://laju.go.id/regions/36"))
    assert mail.html.count("/access/link/") == 1
    assert mail.text.count("/access/link/") == 1
    assert (facsimile.page(mail), facsimile.text(mail)) == (plain.html, plain.text)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("https://laju.go.id/access/link/a.b.c", "https://laju.go.id/"),
        ("https://laju.go.id/access/link/a.b.c?next=/", "https://laju.go.id/"),
        ("https://laju.go.id/access/link/a.b.c?next=/%3Fon%3D2024-06-27", "https://laju.go.id/?on=2024-06-27"),
        ("http://[::1]:8081/access/link/a.b.c?next=/regions/51.71.01", "http://[::1]:8081/regions/51.71.01"),
        ("/access/link/a.b.c?x=a.b.c&amp;next=/about", "/"),
        ("https://laju.go.id/access/link/a.b.c?next=/access/link/a.b.c", "https://laju.go.id/"),
        ("https://laju.go.id/access/link/a.b.c?next=%22%3E%3Cscript%3Ea.b.c%3C/script%3E", "https://laju.go.id/"),
        ("https://laju.go.id/?to=/access/link/a.b.c/access/link/a.b.c", "https://laju.go.id/?to=/"),
    ],
)
def test_however_a_link_with_a_pass_is_written(written: str, shown: str) -> None:
    assert facsimile.page(entry(html=f'<a href="{written}">Buka</a>')) == f'<a href="{shown}">Buka</a>'
    assert facsimile.text(entry(text=f"Buka {written}\n")) == f"Buka {shown}\n"


def test_addresses_are_taken_out() -> None:
    mail = sent()
    assert HEAD.upper() in mail.text
    shown = (facsimile.page(mail) + facsimile.text(mail)).lower()
    for address in (HEAD, SECRETARY):
        assert address not in shown
    assert "Yth. Kepala Disdukcapil &lt;…&gt;" in facsimile.page(mail)
    quoted = entry(to="o'brien&co@serangkab.go.id", html="<p>o&#x27;brien&amp;co@serangkab.go.id</p>")
    assert facsimile.page(quoted) == "<p>…</p>"


def test_everything_else_is_as_it_was_sent() -> None:
    mail = sent()
    link = re.compile(r"http\S+/v1/acts/\S+")
    lines = zip(mail.text.splitlines(), facsimile.text(mail).splitlines(), strict=True)
    changed = [(before, after) for before, after in lines if before != after]
    assert [bool(link.fullmatch(before)) for before, _ in changed].count(True) == 4
    assert len(changed) == 5  # and the title with the address

    before, after = Read(mail.html), Read(facsimile.page(mail))
    assert after.words.splitlines()[1:] == before.words.replace(HEAD.upper(), "…").splitlines()[1:]
    assert "262.443" in after.words
    assert [tag for tag, _ in after.found] == [tag for tag, _ in before.found]


def test_pictures_are_in_the_page() -> None:
    mail = sent()
    (picture,) = Read(facsimile.page(mail)).all("img")
    kind, _, content = (picture["src"] or "").partition(",")
    assert kind == "data:image/png;base64"
    assert b64decode(content) == mail.images[0].png
    assert picture["alt"] == mail.images[0].alt
    assert "cid:" not in facsimile.page(mail)

    second = CHART._replace(cid="chart&2@laju.go.id", png=PNG + b"2")
    both = entry(html=f'<img src="cid:{CHART.cid}"><img src="cid:chart&amp;2@laju.go.id">', images=(CHART, second))
    sources = [picture["src"] or "" for picture in Read(facsimile.page(both)).all("img")]
    assert [b64decode(source.partition(",")[2]) for source in sources] == [PNG, PNG + b"2"]


@pytest.mark.parametrize(
    "html",
    [
        '<a class="b" href="https://laju.go.id/v1/acts/abc.def" style="x">Ya</a>',
        "<a href='http://127.0.0.1:8082/v1/acts/abc.def'>Ya</a>",
        "<a href=/v1/acts/abc.def>Ya</a>",
        "<p>https://laju.go.id/v1/acts/abc.def</p>",
        '<a href="https://laju.go.id/?to=/v1/acts/abc.def&amp;x=1">https://laju.go.id/v1/acts/abc.def</a>',
    ],
)
def test_however_a_link_is_written(html: str) -> None:
    page = facsimile.page(entry(html=html))
    assert "abc" not in page
    assert "acts" not in page
    assert not any("href" in attributes and "http" in str(attributes["href"]) for _, attributes in Read(page).found)


def test_a_digest_has_nothing_to_be_taken_out() -> None:
    (mail,) = written(digest(*ROWS))
    assert facsimile.page(mail) == mail.html
    assert facsimile.text(mail) == mail.text
