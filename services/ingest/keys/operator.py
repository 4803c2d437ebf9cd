"""Who may send events: bearer keys ``laju_<id>_<secret>``. For now one operator key opens everything."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from services.ingest.secrets import kept_in
from services.ingest.settings import IngestSettings
from shared.errors import InvalidError


def operator_key(settings: IngestSettings) -> str:
    """The configured key, or the one in ``<data>/operator.key``, which is made at first start.

    Raises:
        InvalidError: the file is empty.
    """
    if settings.api_key is not None:
        return settings.api_key.get_secret_value()
    path = settings.data / "operator.key"
    key = kept_in(path, lambda: f"laju_operator_{secrets.token_urlsafe(32)}")
    if not key:
        raise InvalidError(f"reading the operator key failed: {path} is empty; delete it and a new key is made")
    return key


class Keyring:
    """Checks keys without keeping them: only the hash stays in memory."""

    def __init__(self, key: str) -> None:
        self._hash = _hashed(key)

    def opens(self, authorization: str | None) -> bool:
        """Whether an ``Authorization`` header carries the key; compared in constant time."""
        scheme, _, key = (authorization or "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(_hashed(key.strip()), self._hash)


def _hashed(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
