"""What may stand in LAJU_SMTP_URL."""

from __future__ import annotations

import traceback

import pytest

from services.notifier.delivery.relay import Relay, relay_at
from shared.errors import InvalidError


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://127.0.0.1:2525", Relay("127.0.0.1", 2525, None, None, use_tls=False, start_tls=None)),
        ("smtp://relay", Relay("relay", 25, None, None, use_tls=False, start_tls=None)),
        ("smtps://relay", Relay("relay", 465, None, None, use_tls=True, start_tls=False)),
        ("smtp://relay?starttls=require", Relay("relay", 587, None, None, use_tls=False, start_tls=True)),
        ("smtps://u:p@relay", Relay("relay", 465, "u", "p", use_tls=True, start_tls=False)),
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
        "smtp://relay?starttls",
        "smtp://relay/x",
        "smtps://relay?starttls=require",
        "smtp://user:hunter2@relay",
        "smtps://user:hunter2/hunter3@relay",
        "smtps://user:hunter2#@relay",
        "smtps://user@relay",
        "smtps://:hunter2@relay",
    ],
)
def test_refused_relay_urls_are_not_repeated(url: str) -> None:
    with pytest.raises(InvalidError, match="LAJU_SMTP_URL") as refused:
        relay_at(url)

    assert "hunter" not in "".join(traceback.format_exception(refused.value))


def test_a_relay_does_not_show_its_password() -> None:
    assert "hunter2" not in repr(relay_at("smtps://user:hunter2@relay"))
