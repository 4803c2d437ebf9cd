"""A sign-in under way: of one browser, for a quarter of an hour, and never the same as another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.aggregator.web.access.sign_in import Begun, SigningIn
from shared.passes import Keys, TokenError

NOW = datetime(2024, 6, 28, 2, 0, tzinfo=UTC)
KEYS = Keys((bytes(32),))
HERE, ELSEWHERE = SigningIn(KEYS, "browser one"), SigningIn(KEYS, "browser two")


def begun(salt: str = "a") -> Begun:
    return Begun(next="/regions/51.71", expires=NOW + timedelta(minutes=15), salt=salt)


def test_it_is_what_it_was_until_it_ends() -> None:
    state, end = HERE.state(begun()), begun().expires
    assert HERE.begun(state, NOW) == HERE.begun(state, end - timedelta(microseconds=1)) == begun()
    for now in (end, end + timedelta(days=1)):
        with pytest.raises(TokenError, match="begun too long ago"):
            HERE.begun(state, now)


def test_it_belongs_to_the_browser_in_which_it_was_begun() -> None:
    with pytest.raises(TokenError, match="not written by this Laju"):
        ELSEWHERE.begun(HERE.state(begun()), NOW)


def test_it_is_of_this_laju_and_of_this_version() -> None:
    with pytest.raises(TokenError, match="no longer in use"):
        HERE.begun(SigningIn(Keys((b"1" * 32,)), HERE.browser).state(begun()), NOW)
    with pytest.raises(TokenError, match="another version"):
        HERE.begun(KEYS.signed(f"sign-in/{HERE.browser}", b"{}"), NOW)


def test_nobody_who_sees_one_sign_in_knows_anything_of_another() -> None:
    states = [where.state(begun(salt)) for where in (HERE, ELSEWHERE) for salt in "ab"]
    assert len(set(states)) == 4
    secrets = [
        secret
        for where in (HERE, ELSEWHERE)
        for state in states
        # The nonce is in an address, and must not tell what the code is bound to.
        for secret in (where.nonce(state), where.verifier(state))
    ]
    assert len(set(secrets)) == len(secrets) == 16
    assert {len(secret) for secret in secrets} == {43}
    assert HERE.nonce(states[0]) == SigningIn(KEYS, HERE.browser).nonce(states[0])
