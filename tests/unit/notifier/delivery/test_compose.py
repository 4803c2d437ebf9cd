"""The mail as bytes: what is in it, that mail programs can read it, and that every try of it is alike."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta, timezone
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.delivery.compose import compose
from services.notifier.delivery.outbox import Entry, Image, with_copies
from shared.errors import InvalidError
from tests.unit.notifier.delivery.mails import CHART, HEAD, MESSAGE_ID, PNG, SECRETARY, entry

SENDER = Address("Laju", "laju", "laju.go.id")
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=30)
PROSE = st.lists(WORDS, min_size=1, max_size=40).map(" ".join)


def parsed(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def mail_of(found: Entry) -> EmailMessage:
    return parsed(compose(found, SENDER))


def shape(part: MIMEPart) -> Any:
    """The content types, nested as the parts are."""
    kind = part.get_content_type()
    return (kind, [shape(inner) for inner in part.iter_parts()]) if part.is_multipart() else kind


def test_headers() -> None:
    mail = mail_of(entry(cc=(SECRETARY,), in_reply_to="<first@laju.go.id>", language="en"))

    assert mail["From"] == "Laju <laju@laju.go.id>"
    assert mail["To"] == HEAD
    assert mail["Cc"] == SECRETARY
    assert mail["Subject"] == "[Laju] Kabupaten Serang: selisih −5"
    assert mail["Message-ID"] == MESSAGE_ID
    assert mail["Date"] == "Thu, 27 Jun 2024 01:02:03 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "en"
    assert mail["In-Reply-To"] == mail["References"] == "<first@laju.go.id>"
    assert mail["MIME-Version"] == "1.0"


def test_a_first_mail_answers_nothing_and_has_no_copies() -> None:
    mail = mail_of(entry())

    assert not {"In-Reply-To", "References", "Cc"} & set(mail)


def test_text_first_then_html_with_its_images() -> None:
    second = Image("kedua@laju.go.id", PNG, "Grafik kedua")
    mail = mail_of(entry(images=(CHART, second)))

    assert shape(mail) == (
        "multipart/alternative",
        ["text/plain", ("multipart/related", ["text/html", "image/png", "image/png"])],
    )
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert "Laju −5" in plain.get_content()
    assert "<p>Laju −5</p>" in rich.get_content()
    images = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert [part["Content-ID"] for part in images] == [f"<{CHART.cid}>", f"<{second.cid}>"]
    assert [part["Content-Description"] for part in images] == [CHART.alt, second.alt]
    assert {part.get_content_disposition() for part in images} == {"inline"}
    assert [part.get_filename() for part in images] == ["burn-up-1.png", "kedua.png"]
    assert all(part.get_payload(decode=True) == PNG for part in images)


def test_every_image_that_is_named_is_there() -> None:
    mail = mail_of(entry())
    rich = mail.get_body(("html",))
    assert rich is not None
    named = set(re.findall(r'"cid:([^"]+)"', rich.get_content()))

    assert named == {part["Content-ID"].strip("<>") for part in mail.walk() if part["Content-ID"]}
    assert named


def test_without_images_nothing_is_related() -> None:
    assert shape(mail_of(entry(images=()))) == ("multipart/alternative", ["text/plain", "text/html"])


def test_a_digest_can_be_declined_and_a_notice_cannot() -> None:
    digest = mail_of(entry(kind="digest"))

    assert digest["List-Id"] == "<digest.laju.go.id>"
    asked = re.fullmatch(r"<mailto:laju@laju\.go\.id\?subject=([^>]+)>", digest["List-Unsubscribe"])
    assert asked is not None
    assert unquote(asked[1]) == f"unsubscribe {MESSAGE_ID}"
    for kind in ("notice", "heartbeat"):
        assert not {"List-Id", "List-Unsubscribe"} & set(mail_of(entry(kind=kind)))


def test_copies_differ_in_their_envelope_only() -> None:
    both = with_copies(entry(cc=(SECRETARY, HEAD.upper())))

    assert [copy.envelope for copy in both] == [HEAD, SECRETARY]
    assert len({copy.id for copy in both}) == 2
    assert len({compose(copy, SENDER) for copy in both}) == 1


def test_lines_are_as_short_as_mail_demands() -> None:
    wordy = entry(text="panjang " * 50 + "\n", subject="[Laju] " + "Kabupaten " * 9)
    raw = compose(wordy, SENDER)
    headers, _, body = raw.partition(b"\r\n\r\n")

    assert b"\r\nSubject: [Laju] Kabupaten Kabupaten" in headers
    assert b"\r\n Kabupaten" not in headers
    assert max(len(line) for line in body.split(b"\r\n") if not line.startswith(b"Content-")) <= 76
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert raw.endswith(b"\r\n")


@given(subject=PROSE, alt=PROSE, text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])))
def test_whatever_is_written_arrives(subject: str, alt: str, text: str) -> None:
    raw = compose(entry(subject=subject, text=text + "\n", images=(Image("a@b.id", PNG, alt),)), SENDER)
    mail = parsed(raw)
    plain = mail.get_body(("plain",))
    (image,) = (part for part in mail.walk() if part.get_content_type() == "image/png")

    assert plain is not None
    assert mail["Subject"] == subject
    assert image["Content-Description"] == alt
    assert plain.get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")
    assert all(len(word) <= 75 for word in re.findall(rb"=\?utf-8\?[^?]*\?[^?]*\?=", raw))
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


@given(subject=PROSE, text=PROSE, html=PROSE, kind=st.sampled_from(["notice", "digest", "heartbeat"]))
def test_every_try_sends_the_same_bytes(subject: str, text: str, html: str, kind: str) -> None:
    first = entry(subject=subject, text=text, html=html, kind=kind, cc=(SECRETARY,))
    kept = Entry.read(first.document())
    elsewhere = replace(kept, created_at=kept.created_at.astimezone(timezone(timedelta(hours=7))))

    assert compose(first, SENDER) == compose(kept, SENDER) == compose(elsewhere, SENDER)


def test_different_mails_have_different_boundaries() -> None:
    one, other = mail_of(entry()), mail_of(entry(message_id="<other@laju.go.id>"))
    boundaries = [part.get_boundary() for mail in (one, other) for part in mail.walk() if part.is_multipart()]

    assert len(set(boundaries)) == len(boundaries) == 4
    assert all(boundary and boundary.startswith("=_") for boundary in boundaries)


def test_an_address_with_signs_of_its_own_stays_one_address() -> None:
    mail = mail_of(entry(to="kepala,dinas@serangkab.go.id"))

    assert [found.addr_spec for found in mail["To"].addresses] == ['"kepala,dinas"@serangkab.go.id']


@pytest.mark.parametrize(
    "broken", [{"subject": f"a\nBcc: {HEAD}"}, {"to": f"{HEAD}\r\nBcc: x@y.id"}, {"text": "\ud800"}]
)
def test_what_would_be_another_mail_is_refused_without_quoting_it(broken: dict[str, str]) -> None:
    with pytest.raises(InvalidError) as refused:
        compose(entry(**({"envelope": HEAD} | broken)), SENDER)

    assert refused.value.reason.startswith("composing the mail failed: ")
    assert HEAD not in refused.value.reason
