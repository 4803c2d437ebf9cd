"""A NIK never goes further than this module: it leaves as ``k1:`` and 32 hex digits."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from services.ingest.settings import IngestSettings
from shared.errors import InvalidError
from shared.secrets import kept_in

KEY_ID = "k1"
_KEY_HEX_DIGITS = 64


class Pseudonyms:
    """Turns NIKs into pseudonyms with one secret key. Without the key nobody can: destroying it is erasure."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, nik: str) -> str:
        """``k1:`` and the first 16 bytes (hex) of HMAC-SHA256(key, nik)."""
        digest = hmac.new(self._key, nik.encode(), hashlib.sha256).digest()
        return f"{KEY_ID}:{digest[:16].hex()}"


def pseudonyms(settings: IngestSettings) -> Pseudonyms:
    """With the configured key, or the one in ``<data>/pseudonym.key``, which is made at first start.

    Raises:
        InvalidError: the key is not 64 hex digits.
    """
    if settings.pseudonym_key is not None:
        text = settings.pseudonym_key.get_secret_value()
    else:
        text = kept_in(settings.data / "pseudonym.key", lambda: secrets.token_hex(_KEY_HEX_DIGITS // 2))
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) * 2 != _KEY_HEX_DIGITS:
        raise InvalidError(
            "reading the pseudonym key failed: LAJU_PSEUDONYM_KEY or <data>/pseudonym.key must be 64 hex digits. "
            "Do not replace a lost key: citizens already counted would be counted again"
        )
    return Pseudonyms(key)
