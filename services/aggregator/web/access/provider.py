"""The OpenID Connect provider: what it says of itself, its keys, and what it says of somebody who signed in.

Authlib and joserfc know the rules of OAuth and of tokens (RFC 6749, 7636, 7519, OpenID Connect Core 1.0); here is when
the provider is asked, and what becomes of its answers.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlencode

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import InvalidError, RecoverableError

log = logging.getLogger(__name__)
_SECONDS = 5.0
_KEPT_SECONDS = 3600.0
_LEEWAY_SECONDS = 60
# With a public key only: whoever knows a shared secret could sign, too. Never "none".
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
Model = TypeVar("Model", bound=BaseModel)


class ProviderAwayError(RecoverableError):
    """The provider does not answer, or not as it should."""


class NotSignedInError(InvalidError):
    """The provider did not let somebody in, or what it says proves nothing."""


@dataclass(frozen=True, slots=True)
class Client:
    """What the provider knows us by."""

    issuer: str
    id: str
    secret: str
    redirect_uri: str


class Metadata(BaseModel):
    """As much as matters here of what a provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None


class _Tokens(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id_token: str
    access_token: str


class _Refusal(BaseModel):
    model_config = ConfigDict(extra="ignore")

    error: str = "unknown"


@dataclass(frozen=True, slots=True)
class _Known:
    metadata: Metadata
    keys: KeySet
    since: float


class Provider:
    """One provider, seen by one client. What it says of itself and its keys are kept for an hour, and asked for anew
    when a token names a key that is not among them.

    Every method that asks raises :class:`ProviderAwayError` if it does not answer.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: _Known | None = None

    async def address(self, *, state: str, nonce: str, verifier: str) -> str:
        """Where somebody signs in. ``verifier`` is the secret that the code is bound to (RFC 7636)."""
        known = await self._asked()
        return cast(
            "str",
            prepare_grant_uri(
                known.metadata.authorization_endpoint,
                self._client.id,
                "code",
                redirect_uri=self._client.redirect_uri,
                scope="openid",
                state=state,
                nonce=nonce,
                code_challenge=create_s256_code_challenge(verifier),
                code_challenge_method="S256",
            ),
        )

    async def claims(self, code: str, *, nonce: str, verifier: str) -> Mapping[str, Any]:
        """What the provider says of whoever came back with ``code``, once it is proved.

        Raises:
            NotSignedInError: the code is not taken, or the ID token is not for us, not for this sign-in, or too old.
        """
        known = await self._asked()
        tokens = await self._exchanged(known.metadata, code, verifier)
        try:
            token = _decoded(tokens.id_token, known.keys)
        except (InvalidKeyIdError, BadSignatureError):
            known = await self._asked(anew=True)
            try:
                token = _decoded(tokens.id_token, known.keys)
            except (JoseError, ValueError) as error:
                raise NotSignedInError(f"reading the ID token failed: {error}") from error
        except (JoseError, ValueError) as error:
            raise NotSignedInError(f"reading the ID token failed: {error}") from error
        claims = CodeIDToken(
            token.claims,
            token.header,
            {
                "iss": {"essential": True, "value": self._client.issuer},
                "aud": {"essential": True, "value": self._client.id},
                "nonce": {"essential": True, "value": nonce},
            },
            {"client_id": self._client.id, "nonce": nonce, "access_token": tokens.access_token},
        )
        try:
            claims.validate(leeway=_LEEWAY_SECONDS)
        except JoseError as error:
            raise NotSignedInError(f"checking the ID token failed: {error}") from error
        return dict(claims)

    async def sign_out_address(self, back: str) -> str | None:
        """Where somebody signs out of the account itself and comes ``back``; ``None`` if the provider has no such
        address, or does not answer."""
        try:
            endpoint = (await self._asked()).metadata.end_session_endpoint
        except ProviderAwayError:
            return None
        if endpoint is None:
            return None
        asked = urlencode({"client_id": self._client.id, "post_logout_redirect_uri": back})
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{asked}"

    async def _asked(self, *, anew: bool = False) -> _Known:
        """What is known of the provider."""
        known = self._known
        if known is None or anew or time.monotonic() - known.since > _KEPT_SECONDS:
            address = f"{self._client.issuer.rstrip('/')}/.well-known/openid-configuration"
            metadata = _read(Metadata, await _answer("GET", address), address)
            if metadata.issuer != self._client.issuer:
                raise _away(f"{address} is of issuer {metadata.issuer}, and LAJU_OIDC_ISSUER is {self._client.issuer}")
            answer = await _answer("GET", metadata.jwks_uri)
            try:
                keys = KeySet.import_key_set(answer.json())
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise _away(f"{metadata.jwks_uri} has no keys that can be read: {type(error).__name__}") from error
            known = self._known = _Known(metadata, keys, time.monotonic())
        return known

    async def _exchanged(self, metadata: Metadata, code: str, verifier: str) -> _Tokens:
        """The tokens for a code (RFC 6749, section 4.1.3)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_uri,
            "code_verifier": verifier,
        }
        # Encoded as in a form before they are put together (RFC 6749, section 2.3.1).
        auth = httpx.BasicAuth(quote(self._client.id, safe=""), quote(self._client.secret, safe=""))
        answer = await _answer("POST", metadata.token_endpoint, form=form, auth=auth)
        if answer.is_success:
            return _read(_Tokens, answer, metadata.token_endpoint)
        refusal = _read(_Refusal, answer, metadata.token_endpoint).error
        if refusal == "invalid_client":
            raise _away(f"{metadata.token_endpoint} does not know us: are LAJU_OIDC_CLIENT_ID and its secret right?")
        raise NotSignedInError(f"the provider did not take the code: {refusal[:100]!r}")


def _decoded(token: str, keys: KeySet) -> jwt.Token:
    return jwt.decode(token, keys, registry=JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False))


async def _answer(
    method: str, url: str, *, form: Mapping[str, str] | None = None, auth: httpx.Auth | None = None
) -> httpx.Response:
    try:
        async with httpx.AsyncClient(timeout=_SECONDS) as http:
            answer = await http.request(method, url, data=form, auth=auth, headers={"Accept": "application/json"})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _away(f"asking {url} failed: {type(error).__name__}") from error
    # A refused form is an answer; to a GET, only success is.
    if answer.is_server_error or (form is None and not answer.is_success):
        raise _away(f"asking {url} failed: it answered {answer.status_code}")
    return answer


def _read(model: type[Model], answer: httpx.Response, url: str) -> Model:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError as error:
        raise _away(f"{url} answered in another form: {error.title}") from error


def _away(why: str) -> ProviderAwayError:
    log.warning("signing in is not possible: %s", why)
    return ProviderAwayError(why)
