"""Whom a process believes on its lines: certificates and host names are always verified."""

from __future__ import annotations

import ssl
from pathlib import Path

from shared.errors import InvalidError


def trust(ca: Path | None, *, setting: str = "LAJU_CA") -> ssl.SSLContext:
    """What the system trusts, and the certificates in the PEM file ``ca``, which ``setting`` names.

    Raises:
        InvalidError: the file cannot be read or holds no certificate.
    """
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
    if ca is not None:
        try:
            context.load_verify_locations(cafile=ca)
        except OSError as error:
            raise InvalidError(
                f"reading {ca} failed: {type(error).__name__}. {setting} must name a file of PEM certificates"
            ) from error
    return context
