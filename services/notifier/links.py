"""Signed links in mails: what may be done with one stands in it, for how long, and that we wrote it. Pure.

A link shows a page; only the button on it acts. So whatever opens links to look at them, such as a mail scanner, does
nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime, ValidationError

from shared.errors import InvalidError
from shared.events.base import Frozen

Act = Literal["acknowledge", "silence"]
PATH = "/v1/acts/"
"""Where links lead at the notifier; the token follows."""
_SIGNATURE_BYTES = 16


class Grant(Frozen):
    """What a link is for: one act, on one line, in one episode, until ``expires``."""

    act: Act
    line: str
    episode: int
    expires: AwareDatetime


class LinkError(InvalidError):
    """A link opens nothing; the reason says why and what to do."""


@dataclass(frozen=True, slots=True)
class Links:
    """Writes and reads links with one secret key; ``url`` is where the notifier is reached from outside."""

    url: str
    key: bytes

    def to(self, grant: Grant) -> str:
        """The link."""
        return f"{self.url.rstrip('/')}{PATH}{self.token(grant)}"

    def token(self, grant: Grant) -> str:
        """The part of it that says and proves what it is for."""
        content = grant.model_dump_json().encode()
        return _text(content) + "." + _text(self._signature(content))

    def read(self, token: str, now: datetime) -> Grant:
        """What a token is for. ``now`` is aware.

        Raises:
            LinkError: it is not ours, was changed, or is too old.
        """
        try:
            content, signature = (urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split("."))
        except ValueError as error:
            raise LinkError("the link is not whole: open it from the mail again") from error
        if not hmac.compare_digest(signature, self._signature(content)):
            raise LinkError("the link is not whole, or was not written by this Laju: open it from the mail again")
        try:
            grant = Grant.model_validate_json(content)
        except ValidationError as error:
            raise LinkError("the link is of another version of Laju: use that of a newer mail") from error
        if now >= grant.expires:
            raise LinkError(f"the link was valid until {grant.expires.astimezone(UTC):%Y-%m-%d}: use a newer mail's")
        return grant

    def _signature(self, content: bytes) -> bytes:
        return hmac.new(self.key, b"laju/link/" + content, hashlib.sha256).digest()[:_SIGNATURE_BYTES]


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
