"""Content with the proof that we wrote it, as ``<content>.<signature>``, both in base64url without padding. Pure.

The signature is the first 16 bytes of HMAC-SHA256 over a label and the content. The label says what the content is for:
what was signed for one thing is good for no other.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from shared.errors import InvalidError

_SIGNATURE_BYTES = 16


class SignatureError(InvalidError):
    """It was not signed with this secret for this, or is not whole; the reason says what is wrong with "it"."""


def signed(secret: bytes, label: str, content: bytes) -> str:
    """The content and its signature."""
    return f"{text_of(content)}.{text_of(_signature(secret, label, content))}"


def opened(secret: bytes, label: str, text: str) -> bytes:
    """The content of what was signed with this secret under this label.

    Raises:
        SignatureError: it was not, or was changed.
    """
    try:
        content, signature = (urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in text.split("."))
    except ValueError as error:
        raise SignatureError("it is not whole") from error
    if not hmac.compare_digest(signature, _signature(secret, label, content)):
        raise SignatureError("it is not whole, or was not written by this Laju")
    return content


def text_of(content: bytes) -> str:
    """Bytes in base64url without padding."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _signature(secret: bytes, label: str, content: bytes) -> bytes:
    return hmac.new(secret, label.encode() + content, hashlib.sha256).digest()[:_SIGNATURE_BYTES]
