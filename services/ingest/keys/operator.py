"""The operator's key: there from the first start on, to begin with and to issue the others."""

from __future__ import annotations

import secrets

from services.ingest.settings import IngestSettings
from shared.errors import InvalidError
from shared.secrets import kept_in


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
