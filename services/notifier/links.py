"""Signed links in mails: what may be done with one stands in it, for how long, and that we wrote it. Pure.

A link shows a page; only the button on it acts. So whatever opens links to look at them, such as a mail scanner, does
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime, ValidationError

from shared import signing
from shared.errors import InvalidError
from shared.events.base import Frozen

Act = Literal["acknowledge", "silence"]
PATH = "/v1/acts/"
"""Where links lead at the notifier; the token follows."""
_LABEL = "laju/link/"


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
        return signing.signed(self.key, _LABEL, grant.model_dump_json().encode())

    def read(self, token: str, now: datetime) -> Grant:
        """What a token is for. ``now`` is aware.

        Raises:
            LinkError: it is not ours, was changed, or is too old.
        """
        try:
            content = signing.opened(self.key, _LABEL, token)
        except signing.SignatureError as error:
            raise LinkError(f"{error.reason}: open the link from the mail again") from error
        try:
            grant = Grant.model_validate_json(content)
        except ValidationError as error:
            raise LinkError("the link is of another version of Laju: use that of a newer mail") from error
        if now >= grant.expires:
            raise LinkError(f"the link was valid until {grant.expires.astimezone(UTC):%Y-%m-%d}: use a newer mail's")
        return grant
