"""Signing in with OpenID Connect: off to the provider, back with a code, and a session of ours for some hours.

A sign-in belongs to one browser. What binds it is a random cookie: the state is signed for it, and nonce and verifier
follow from cookie and state. So nothing is kept here, and several sign-ins, in several tabs, do not disturb each other.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, ValidationError

from services.aggregator.web.access.cookies import Cookie, seconds_until
from services.aggregator.web.access.gate import SIGN_IN
from services.aggregator.web.access.provider import NotSignedInError, Provider, ProviderAwayError
from services.aggregator.web.access.refusals import moved, refused
from services.aggregator.web.access.rules import PREFIX, own_path, widest
from shared.events.base import Frozen
from shared.passes import Keys, Pass, TokenError
from shared.problems import RETRY_SECONDS
from shared.signing import text_of

log = logging.getLogger(__name__)
CALLBACK = f"{PREFIX}/callback"
_BROWSER_BYTES = 32
_TIME_TO_SIGN_IN = timedelta(minutes=15)
_MOST_REGIONS = 100  # more do not fit into a cookie; who has them has a province, or the nation


class Begun(Frozen):
    """A sign-in under way: where to go afterwards, and until when it can be finished. ``salt`` makes it one of many."""

    next: str
    expires: AwareDatetime
    salt: str


@dataclass(frozen=True, slots=True)
class SigningIn:
    """Writes and reads sign-ins of one browser, whose random cookie is ``browser``."""

    keys: Keys
    browser: str

    def state(self, begun: Begun) -> str:
        """What goes to the provider and comes back."""
        return self.keys.signed(self._purpose, begun.model_dump_json().encode())

    def begun(self, state: str, now: datetime) -> Begun:
        """The sign-in that a state is of.

        Raises:
            TokenError: it is not of this browser, or too old.
        """
        try:
            found = Begun.model_validate_json(self.keys.opened(self._purpose, state))
        except ValidationError as error:
            raise TokenError("it was written by another version of Laju") from error
        if now >= found.expires:
            raise TokenError("the sign-in was begun too long ago")
        return found

    def nonce(self, state: str) -> str:
        """What the ID token must repeat."""
        return self._of(f"nonce/{state}")

    def verifier(self, state: str) -> str:
        """What the code is bound to, 43 characters (RFC 7636, section 4.1)."""
        return self._of(f"verifier/{state}")

    @property
    def _purpose(self) -> str:
        return f"sign-in/{self.browser}"

    def _of(self, what: str) -> str:
        return text_of(hmac.new(self.browser.encode(), what.encode(), hashlib.sha256).digest())


def regions_in(claim: object) -> tuple[str, ...]:
    """The regions that a claim names: a code, or a list of codes; what is no region we know is left out."""
    found = [claim] if isinstance(claim, str) else claim
    if not isinstance(found, list):
        return ()
    return widest(code for code in found if isinstance(code, str))


def routes(
    provider: Provider,
    keys: Keys,
    session: Cookie,
    browser: Cookie,
    *,
    claim: str,
    lasts: timedelta,
    clock: Callable[[], datetime],
) -> APIRouter:
    """``session`` and ``browser`` are the cookies; ``claim`` names the regions, a session ``lasts`` so long."""
    router = APIRouter(include_in_schema=False)

    @router.get(SIGN_IN)
    async def sign_in(request: Request, following: Annotated[str, Query(alias="next")] = "/") -> Response:
        secret = browser.read(request) or secrets.token_urlsafe(_BROWSER_BYTES)
        signing_in = SigningIn(keys, secret)
        begun = Begun(next=own_path(following), expires=clock() + _TIME_TO_SIGN_IN, salt=secrets.token_urlsafe(8))
        state = signing_in.state(begun)
        try:
            address = await provider.address(
                state=state, nonce=signing_in.nonce(state), verifier=signing_in.verifier(state)
            )
        except ProviderAwayError:
            return _away()
        answer = moved(address)
        browser.write(request, answer, secret)
        return answer

    @router.get(CALLBACK)
    async def callback(request: Request, state: str = "", code: str = "", error: str = "") -> Response:
        signing_in, now = SigningIn(keys, browser.read(request) or ""), clock()
        try:
            begun = signing_in.begun(state, now) if signing_in.browser else None
        except TokenError:
            begun = None
        if begun is None:
            return refused("begin_again", 400, again=SIGN_IN)
        if error or not code:
            log.info("the provider let somebody in not: %r", error[:100])
            return refused("not_signed_in", 403, again=SIGN_IN)
        try:
            claims = await provider.claims(code, nonce=signing_in.nonce(state), verifier=signing_in.verifier(state))
        except NotSignedInError as failure:
            log.warning("a sign-in failed: %s", failure.reason)
            return refused("not_signed_in", 403, again=SIGN_IN)
        except ProviderAwayError:
            return _away()
        regions = regions_in(claims.get(claim))
        if not 0 < len(regions) <= _MOST_REGIONS:
            log.warning("somebody signed in whose claim %s names %d regions", claim, len(regions))
            return refused("no_region", 403, again=SIGN_IN)
        answer = moved(begun.next)
        found = Pass(regions=regions, expires=now + lasts)
        session.write(request, answer, keys.written("session", found), seconds=seconds_until(found.expires, now))
        return answer

    return router


def _away() -> Response:
    answer = refused("provider_away", 503, again=SIGN_IN)
    answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer
