"""Passes: which regions somebody may see on the pages and in the read API, until when, and that we wrote it. Pure.

A token is ``<key id>.<content>.<signature>``. The key id names the key that signed, so that two keys are good at once
while links are replaced. What a token is for is signed with it: one of a link is no session.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlencode

from pydantic import AwareDatetime, ValidationError

from shared import signing
from shared.errors import InvalidError
from shared.events.base import Frozen

Purpose = Literal["link", "session"]
LINK = "/access/link/"
"""Where links lead at the aggregator; the token follows."""
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
        return f"{_id(secret)}.{signing.signed(secret, _label(purpose), content)}"

    def opened(self, purpose: str, token: str) -> bytes:
        """The content of a token that was written for this purpose.

        Raises:
            TokenError: it was not, or not by us, or was changed.
        """
        key_id, _, rest = token.partition(".")
        if rest.count(".") != 1:
            raise TokenError("it is not whole")
        secret = next((secret for secret in self.secrets if _id(secret) == key_id), None)
        if secret is None:
            raise TokenError("it was written with a key that is no longer in use")
        try:
            return signing.opened(secret, _label(purpose), rest)
        except signing.SignatureError as error:
            raise TokenError(error.reason) from error


def keys_of(text: str, where: str) -> Keys:
    """Keys from their text: 64 hex digits each, newest first, apart by commas or line ends.

    Raises:
        InvalidError: it is something else.
    """
    found = re.split(r"[,\s]+", text.strip())
    if not all(map(_KEY.fullmatch, found)):
        raise InvalidError(f"reading the keys of the pages failed: {where} must be 64 hex digits for each key")
    return Keys(tuple(map(bytes.fromhex, found)))


def link_to(url: str, keys: Keys, content: Pass, page: str | None = None) -> str:
    """The link that opens what a pass is for, and leads to ``page``, a path of ours, or where its region begins.
    ``url`` is where the pages are reached from outside."""
    query = "" if page is None else "?" + urlencode({"next": page}, safe="/")
    return f"{url.rstrip('/')}{LINK}{keys.written('link', content)}{query}"


def _id(secret: bytes) -> str:
    return hashlib.sha256(b"laju/pages/key/" + secret).hexdigest()[:_KEY_ID_DIGITS]


def _label(purpose: str) -> str:
    return f"laju/pages/{purpose}/"
