"""Links of mails: only ours, only whole, only for a while, only for what they are for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.links import Grant, LinkError, Links

NOW = datetime(2024, 6, 28, 2, 0, tzinfo=UTC)
GRANT = Grant(act="acknowledge", line="36.04/ikd/national/2024-12-31", episode=2, expires=NOW + timedelta(days=30))
LINKS = Links("https://laju.example/", bytes(32))
TOKEN = LINKS.token(GRANT)


def test_what_is_written_is_read() -> None:
    assert LINKS.to(GRANT) == f"https://laju.example/v1/acts/{TOKEN}"
    assert LINKS.read(TOKEN, NOW) == GRANT


def test_what_was_mailed_before_opens_still() -> None:
    mailed = (
        "eyJhY3QiOiJhY2tub3dsZWRnZSIsImxpbmUiOiIzNi4wNC9pa2QvbmF0aW9uYWwvMjAyNC0xMi0zMSIsImVwaXNvZGUiOjIsImV4cGlyZXMi"
        "OiIyMDI0LTA3LTI4VDAyOjAwOjAwWiJ9._cbxB_jDDOcJwOpAoMxomA"
    )
    assert LINKS.read(mailed, NOW) == GRANT


def test_it_expires() -> None:
    with pytest.raises(LinkError, match="was valid until 2024-07-28"):
        LINKS.read(TOKEN, GRANT.expires)


@given(position=st.integers(0, len(TOKEN) - 1), sign=st.sampled_from("Aa0_-.="))
def test_a_changed_one_opens_nothing_else(position: int, sign: str) -> None:
    changed = TOKEN[:position] + sign + TOKEN[position + 1 :]
    # Some last digits of base64 stand for the same bytes.
    assert _read(changed) in (GRANT, None)


def _read(token: str) -> Grant | None:
    try:
        return LINKS.read(token, NOW)
    except LinkError:
        return None


@pytest.mark.parametrize("token", ["", ".", "a.b.c", "ü", "x" * 5000, TOKEN.partition(".")[0], TOKEN + "."])
def test_garbage_opens_nothing(token: str) -> None:
    with pytest.raises(LinkError):
        LINKS.read(token, NOW)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(LinkError):
        Links("https://laju.example", b"1" * 32).read(TOKEN, NOW)
