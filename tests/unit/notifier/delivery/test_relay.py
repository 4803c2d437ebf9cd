"""What may stand in LAJU_SMTP_URL and LAJU_SMTP_CA."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
import trustme

from services.notifier.delivery.relay import Relay, relay_at, trust
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


def test_a_ca_of_ones_own_is_trusted_beside_the_others(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    known = len(trust(None).get_ca_certs())

    assert len(trust(tmp_path / "ca.pem").get_ca_certs()) == known + 1


@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_a_ca_file_that_is_none_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InvalidError, match=r"ca\.pem .*LAJU_SMTP_CA"):
        trust(file)
