"""The mail as bytes, and what may stand in LAJU_SMTP_URL and LAJU_MAIL_FROM."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from pydantic import ValidationError

from services.notifier.decide import Reason
from services.notifier.mailer import Relay, compose, relay_at
from services.notifier.outbox import Entry
from services.notifier.settings import NotifierSettings, address_of
from services.notifier.stages.render import message_id_of
from tests.unit.notifier.standings import BEHIND

ENTRY = Entry(
    message_id="<abc@laju.go.id>",
    to="kepala@serangkab.go.id",
    line=BEHIND.line,
    region=BEHIND.region,
    episode=1,
    reason=Reason.FIRST,
    subject="[Laju] Kabupaten Serang: selisih −5",
    text="Laju −5\n",
    html="<p>Laju −5</p>\n",
    standing=BEHIND,
    created_at=datetime(2024, 6, 27, 1, 2, 3, tzinfo=UTC),
    next_attempt_at=datetime(2024, 6, 27, 1, 2, 3, tzinfo=UTC),
)


def test_headers_and_parts() -> None:
    mail = message_from_bytes(compose(ENTRY, address_of("Laju <laju@laju.go.id>")), policy=policy.default)

    assert mail["From"] == "Laju <laju@laju.go.id>"
    assert mail["To"] == "kepala@serangkab.go.id"
    assert mail["Subject"] == ENTRY.subject
    assert mail["Message-ID"] == "<abc@laju.go.id>"
    assert mail["Date"] == "Thu, 27 Jun 2024 01:02:03 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "id"
    assert isinstance(mail, EmailMessage)
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert "Laju −5" in plain.get_content()


def test_lines_are_as_short_as_mail_demands() -> None:
    wordy = replace(ENTRY, text="panjang " * 50 + "\n", subject="[Laju] " + "Kabupaten " * 9)
    raw = compose(wordy, address_of("Laju <laju@laju.go.id>"))
    headers, _, body = raw.partition(b"\r\n\r\n")

    assert b"\r\nSubject: [Laju] Kabupaten" in headers
    assert max(len(line) for line in body.split(b"\r\n")) <= 76
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert raw.endswith(b"\r\n")


def test_every_try_sends_the_same_bytes() -> None:
    sender = address_of("laju@laju.go.id")

    assert compose(ENTRY, sender) == compose(ENTRY, sender)


def test_message_ids_differ_by_line_episode_reason_and_person() -> None:
    base = ("36.04/ikd/national/2024-12-31", 1, "first", "a@b.go.id")
    others = [
        ("36.05/ikd/x", *base[1:]),
        (base[0], 2, *base[2:]),
        (*base[:2], "resolved", base[3]),
        (*base[:3], "c@d.id"),
    ]
    ids = {message_id_of(*other, "laju.go.id") for other in [base, *others]}

    assert len(ids) == 5
    assert message_id_of(*base, "laju.go.id") == message_id_of(*base[:3], "A@B.go.id", "laju.go.id")
    assert all(found.startswith("<") and found.endswith("@laju.go.id>") for found in ids)


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://127.0.0.1:2525", Relay("127.0.0.1", 2525, None, None, use_tls=False, start_tls=None)),
        ("smtp://relay", Relay("relay", 25, None, None, use_tls=False, start_tls=None)),
        ("smtps://relay", Relay("relay", 465, None, None, use_tls=True, start_tls=False)),
        (
            "smtp://laju%40go.id:p%2Fw@relay?starttls=require",
            Relay("relay", 587, "laju@go.id", "p/w", use_tls=False, start_tls=True),
        ),
    ],
)
def test_relay_urls(url: str, relay: Relay) -> None:
    assert relay_at(url) == relay


@pytest.mark.parametrize(
    "url",
    [
        "relay:25",
        "http://relay",
        "smtp://",
        "smtp://relay:port",
        "smtp://relay?starttls=maybe",
        "smtp://relay/x",
        "smtps://relay?starttls=require",
        "smtp://user:hunter2@relay",
    ],
)
def test_refused_relay_urls_are_not_repeated(url: str) -> None:
    with pytest.raises(Exception, match="LAJU_SMTP_URL") as refused:
        relay_at(url)

    assert "hunter2" not in str(refused.value)


def test_settings_come_from_the_environment_and_hide_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAJU_NOTIFIER_PORT", "9999")
    monkeypatch.setenv("LAJU_SMTP_URL", "smtps://laju:hunter2@relay")
    monkeypatch.setenv("LAJU_DATA", "/srv/laju")
    settings = NotifierSettings()

    assert settings.notifier_port == 9999
    assert str(settings.recipients_file) == "/srv/laju/recipients.toml"
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize("sender", ["laju", "laju@", "@laju.go.id", "lajü@laju.go.id", ""])
def test_a_sender_without_address_is_refused(sender: str) -> None:
    with pytest.raises(ValidationError):
        NotifierSettings(mail_from=sender)
