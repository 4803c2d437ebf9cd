"""Tokens that say which regions may be seen and until when, and prove that we wrote them. Pure.

``<key id>.<content>.<signature>``, the latter two in base64url. The key id names the key that signed, so that two keys
are good at once while links are replaced. What a token is for is signed with it: one of a link is no session.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime, ValidationError

from shared.errors import InvalidError
from shared.events.base import Frozen

Purpose = Literal["link", "session"]
_SIGNATURE_BYTES = 16
_KEY_ID_DIGITS = 8
_KEY = re.compile(r"[0-9a-fA-F]{64}")


class Pass(Frozen):
    """Whoever holds it may see ``regions`` and all that lies within them, before ``expires``."""

    regions: tuple[str, ...]
    expires: AwareDatetime


class TokenError(InvalidError):
    """A token opens nothing; the reason says why."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Secret keys, newest first. The first signs, all of them are good for reading. There is at least one."""

    secrets: tuple[bytes, ...]

    def written(self, purpose: Purpose, content: Pass) -> str:
        """The token of a pass."""
        return self.signed(purpose, content.model_dump_json().encode())

    def read(self, purpose: Purpose, token: str, now: datetime) -> Pass:
        """The pass that a token is. ``now`` is aware.

        Raises:
            TokenError: it is not ours, was changed, is for something else, or is too old.
        """
        content = self.opened(purpose, token)
        try:
            found = Pass.model_validate_json(content)
        except ValidationError as error:
            raise TokenError("it was written by another version of Laju") from error
        if now >= found.expires:
            raise TokenError(f"it was valid until {found.expires.astimezone(UTC):%Y-%m-%d %H:%M} UTC")
        return found

    def signed(self, purpose: str, content: bytes) -> str:
        """Any content as a token for one purpose."""
        secret = self.secrets[0]
        return ".".join((_id(secret), text_of(content), text_of(_signature(secret, purpose, content))))

    def opened(self, purpose: str, token: str) -> bytes:
        """The content of a token that was written for this purpose.

        Raises:
            TokenError: it was not, or not by us, or was changed.
        """
        try:
            key_id, *parts = token.split(".")
            content, signature = (urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts)
        except ValueError as error:
            raise TokenError("it is not whole") from error
        secret = next((secret for secret in self.secrets if _id(secret) == key_id), None)
        if secret is None:
            raise TokenError("it was written with a key that is no longer in use")
        if not hmac.compare_digest(signature, _signature(secret, purpose, content)):
            raise TokenError("it is not whole, or was not written by this Laju")
        return content


def keys_of(text: str, where: str) -> Keys:
    """Keys from their text: 64 hex digits each, newest first, apart by commas or line ends.

    Raises:
        InvalidError: it is something else.
    """
    found = re.split(r"[,\s]+", text.strip())
    if not all(map(_KEY.fullmatch, found)):
        raise InvalidError(f"reading the keys of the pages failed: {where} must be 64 hex digits for each key")
    return Keys(tuple(map(bytes.fromhex, found)))


def text_of(content: bytes) -> str:
    """Bytes in base64url without padding."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _id(secret: bytes) -> str:
    return hashlib.sha256(b"laju/pages/key/" + secret).hexdigest()[:_KEY_ID_DIGITS]


def _signature(secret: bytes, purpose: str, content: bytes) -> bytes:
    return hmac.new(secret, f"laju/pages/{purpose}/".encode() + content, hashlib.sha256).digest()[:_SIGNATURE_BYTES]
