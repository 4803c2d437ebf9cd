"""Passes in links and sessions: only ours, only whole, only for a while, only for what they were written for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidError
from shared.passes import LINK, Keys, Pass, TokenError, keys_of, link_to
from shared.wilayah import NATION, kabkota_in

NOW = datetime(2024, 6, 28, 2, 0, tzinfo=UTC)
PASS = Pass(regions=("36.04",), expires=NOW + timedelta(days=365))
OLD, NEW = bytes(32), b"1" * 32
KEYS = Keys((OLD,))
TOKEN = KEYS.written("link", PASS)
# Written before links of mails had passes: what people were given then opens still.
GIVEN = "33b8298e.eyJyZWdpb25zIjpbIjM2LjA0Il0sImV4cGlyZXMiOiIyMDI1LTA2LTI4VDAyOjAwOjAwWiJ9.kXWFGFYXbGqYzpc8VMQpwQ"
BEGUN = "42484e70.YmVndW4.D-eXPXReFf3dB3VaUAR8lg"
passes = st.builds(
    Pass,
    regions=st.lists(st.sampled_from([NATION, "51", *kabkota_in(NATION)]), min_size=1, max_size=100).map(tuple),
    expires=st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=20_000)).map(NOW.__add__),
)


@given(passes, st.sampled_from(["link", "session"]))
def test_what_is_written_is_read(content: Pass, purpose: str) -> None:
    token = KEYS.written(purpose, content)  # type: ignore[arg-type]

    assert KEYS.read(purpose, token, NOW) == content  # type: ignore[arg-type]


def test_what_was_given_out_opens_still() -> None:
    assert TOKEN == GIVEN
    assert Keys((NEW, OLD)).read("link", GIVEN, NOW) == PASS
    assert Keys((NEW, OLD)).opened("sign-in/x", BEGUN) == b"begun"


def test_a_link_leads_to_a_page() -> None:
    url = "https://laju.example/"

    assert link_to(url, KEYS, PASS) == f"https://laju.example{LINK}{GIVEN}"
    assert link_to(url, KEYS, PASS, "/regions/36.04?on=2024-06-27") == (
        f"https://laju.example{LINK}{GIVEN}?next=/regions/36.04%3Fon%3D2024-06-27"
    )


def test_it_fits_into_a_cookie() -> None:
    hundred = Pass(regions=kabkota_in(NATION)[:100], expires=PASS.expires)

    assert len(KEYS.written("session", hundred)) < 4000


def test_it_expires() -> None:
    assert KEYS.read("link", TOKEN, PASS.expires - timedelta(microseconds=1)) == PASS
    with pytest.raises(TokenError, match="valid until 2025-06-28 02:00 UTC"):
        KEYS.read("link", TOKEN, PASS.expires)


@given(position=st.integers(0, len(TOKEN) - 1), sign=st.sampled_from("Aa0_-.="))
def test_a_changed_one_opens_nothing_else(position: int, sign: str) -> None:
    changed = TOKEN[:position] + sign + TOKEN[position + 1 :]
    # Some last digits of base64 stand for the same bytes.
    assert _read(KEYS, changed) in (PASS, None)


@given(st.text(max_size=200))
def test_garbage_opens_nothing(token: str) -> None:
    assert _read(KEYS, token) is None


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c.d", "ü", "x" * 5000, TOKEN.rpartition(".")[0], TOKEN + "."])
def test_what_is_not_whole_opens_nothing(token: str) -> None:
    with pytest.raises(TokenError):
        KEYS.read("link", token, NOW)


def test_one_of_a_link_is_no_session() -> None:
    with pytest.raises(TokenError, match="not written by this Laju"):
        KEYS.read("session", TOKEN, NOW)


@given(st.text(max_size=40), st.text(max_size=40), st.binary(max_size=40))
def test_what_was_written_for_one_purpose_is_good_for_no_other(purpose: str, other: str, content: bytes) -> None:
    token = KEYS.signed(purpose, content)

    assert KEYS.opened(purpose, token) == content
    if other != purpose:
        with pytest.raises(TokenError):
            KEYS.opened(other, token)


def test_two_keys_are_good_during_a_change_and_the_new_one_signs() -> None:
    both, after = Keys((NEW, OLD)), Keys((NEW,))
    renewed = both.written("link", PASS)

    assert both.read("link", TOKEN, NOW) == both.read("link", renewed, NOW) == PASS
    assert after.read("link", renewed, NOW) == PASS
    with pytest.raises(TokenError, match="no longer in use"):
        after.read("link", TOKEN, NOW)


def test_the_key_id_alone_opens_nothing() -> None:
    forged = f"{Keys((NEW,)).written('link', PASS).partition('.')[0]}.{TOKEN.partition('.')[2]}"
    with pytest.raises(TokenError, match="not written by this Laju"):
        Keys((NEW, OLD)).read("link", forged, NOW)


def test_keys_are_read_in_order() -> None:
    text = f"{NEW.hex()}\n{OLD.hex()}\n"

    assert keys_of(text, "pages.key") == keys_of(text.replace("\n", ", ").rstrip(", "), "x") == Keys((NEW, OLD))


@pytest.mark.parametrize("text", ["", "abc", f"{OLD.hex()}0", f"{OLD.hex()},", f"p1:{OLD.hex()}"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidError, match="LAJU_PAGES_KEY must be 64 hex digits"):
        keys_of(text, "LAJU_PAGES_KEY")


def _read(keys: Keys, token: str) -> Pass | None:
    try:
        return keys.read("link", token, NOW)
    except TokenError:
        return None
