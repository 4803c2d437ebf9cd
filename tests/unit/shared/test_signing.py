"""What was signed is read with the same secret for the same thing only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.signing import SignatureError, opened, signed

secrets = st.binary(min_size=32, max_size=32)
labels = st.text(max_size=20)


@given(secrets, labels, st.binary(max_size=200))
def test_what_is_signed_is_read(secret: bytes, label: str, content: bytes) -> None:
    text = signed(secret, label, content)

    assert opened(secret, label, text) == content
    assert text.isascii()
    assert not set(text) & set("/+=?&# ")


@given(secrets, secrets, labels, labels, st.binary(max_size=40))
def test_another_secret_or_label_reads_nothing(
    secret: bytes, other: bytes, label: str, another: str, content: bytes
) -> None:
    text = signed(secret, label, content)
    for tried in {(other, label), (secret, another), (other, another)} - {(secret, label)}:
        with pytest.raises(SignatureError, match="was not written by this Laju"):
            opened(*tried, text)


@given(st.text(max_size=100))
def test_garbage_is_nothing(text: str) -> None:
    with pytest.raises(SignatureError, match="it is not whole"):
        opened(bytes(32), "", text)
