"""An OpenID Connect provider on a real port that can be made to misbehave.

It is the provider of ``oidc-provider-mock``; only the key it signs with is ours, so that it can be changed.
"""

from __future__ import annotations

import hmac
import json
import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import httpx
import oidc_provider_mock
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import BaseWSGIServer, make_server

from tests.servers import free_port

CLIENT_ID, CLIENT_SECRET = "laju pages", "s3cret/with:signs"
PEOPLE: dict[str, dict[str, Any]] = {
    "denpasar": {"laju_region": "51.71", "email": "kepala@disdukcapil.denpasar.example"},
    "bali": {"laju_region": ["51"]},
    "directorate": {"laju_region": "ID"},
    "two": {"laju_region": ["51.71", "35.73", "51.71.01", "99.99"]},
    "nobody": {},
    "retired": {"laju_region": "92.71"},
}
Change = Callable[[dict[str, Any]], dict[str, Any]]


def _key() -> RSAKey:
    return RSAKey.generate_key(2048, auto_kid=True)


class Provider:
    """``change`` is made to the claims of each ID token, ``algorithm`` signs it: with ``none`` nothing does, with HS256
    our public key, which anybody has."""

    def __init__(self) -> None:
        self.url = f"http://localhost:{free_port()}"
        self.key = _key()
        self.change: Change = dict
        self.algorithm = "RS256"
        self.published = True
        self.asked: list[str] = []
        self.code_verifiers: list[str] = []
        self._server: BaseWSGIServer | None = None
        users = [oidc_provider_mock.User(sub=name, claims=claims) for name, claims in PEOPLE.items()]
        self._app = oidc_provider_mock.app(require_nonce=True, user_claims=users)
        self._app.after_request(self._altered)

    def well(self) -> None:
        """It behaves as it should again."""
        self.change, self.algorithm = dict, "RS256"
        if not self.published:
            self.new_key()

    def new_key(self, *, published: bool = True) -> None:
        """From now on it signs with another key."""
        self.key, self.published = _key(), published

    def start(self) -> None:
        """Listen, on the same port each time."""
        port = urlsplit(self.url).port
        assert port is not None
        self._server = make_server("127.0.0.1", port, self._app, threaded=True)
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Be away."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def signed_in(self, address: str, who: str) -> str:
        """Where somebody is sent back to after signing in at an address."""
        answer = httpx.post(address, data={"sub": who})
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def refused(self, address: str) -> str:
        """Where somebody is sent back to who did not want to."""
        return httpx.post(address, data={"action": "deny"}).headers["Location"]

    def _altered(self, response: flask.Response) -> flask.Response:
        path = flask.request.path
        self.asked.append(path)
        if path == "/jwks":
            published = KeySet([self.key if self.published else _key()])
            response.data = json.dumps(published.as_dict(private=False))
        elif path == "/oauth2/token" and response.status_code == 200:
            self.code_verifiers += parse_qs(flask.request.get_data(as_text=True)).get("code_verifier", [])
            self.code_verifiers += flask.request.form.getlist("code_verifier")
            tokens = json.loads(response.data)
            claims = _claims(tokens["id_token"])
            tokens["id_token"] = self._signed(self.change(claims))
            response.data = json.dumps(tokens)
        return response

    def _signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.algorithm, "kid": self.key.kid}
        if self.algorithm == "RS256":
            return jwt.encode(header, claims, self.key)
        # No library does this any more.
        signed = ".".join(_text(json.dumps(part).encode()) for part in (header, claims))
        secret = self.key.as_pem(private=False)
        signature = hmac.digest(secret, signed.encode(), "sha256") if self.algorithm == "HS256" else b""
        return f"{signed}.{_text(signature)}"


def expired(claims: dict[str, Any]) -> dict[str, Any]:
    """As of a token of an hour ago."""
    return claims | {"exp": int(time.time()) - 3600, "iat": int(time.time()) - 7200}


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider that listens. What it is built from refuses plain HTTP unless told that it is a test."""
    before = os.environ.get("AUTHLIB_INSECURE_TRANSPORT")
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    found = Provider()
    found.start()
    try:
        yield found
    finally:
        found.stop()
        if before is None:
            del os.environ["AUTHLIB_INSECURE_TRANSPORT"]


def _claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return dict(json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def _text(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()
