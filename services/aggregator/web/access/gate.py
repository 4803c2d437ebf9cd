"""The gate in front of every route: the one place that lets a request through or does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.aggregator.web.access import refusals, rules
from services.aggregator.web.access.cookies import Cookie
from services.aggregator.web.access.visitor import EVERYBODY, Visitor
from shared.passes import Keys, Pass, Purpose, TokenError

SIGN_IN = f"{rules.PREFIX}/sign-in"


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Knows passes. ``purpose`` is of the tokens in the cookie; ``sign_in`` is the address at which one signs in, if
    one can. What a program sends as Bearer is the token of a link in either case."""

    keys: Keys
    purpose: Purpose
    cookie: Cookie
    clock: Callable[[], datetime]
    sign_in: str | None = None

    def visitor(self, request: Request) -> Visitor | None:
        """Who asks; ``None`` if nothing was shown.

        Raises:
            TokenError: what was shown opens nothing.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return Visitor(self._read("link", token.strip()).regions)
        if (remembered := self.cookie.read(request)) is not None:
            return Visitor(self._read(self.purpose, remembered).regions, remembered=True)
        return None

    def answer(self, request: Request) -> Visitor | Response:
        """Who asks, if they may have what they ask for; otherwise what they are told instead."""
        # As the router sees them: request.url is put together with the Host header, which the sender chooses.
        path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
        try:
            visitor, why = self.visitor(request), None
        except TokenError as error:
            visitor, why = None, error.reason
        if visitor is None:
            if self.sign_in and refusals.wants_page(request):
                return refusals.moved(f"{SIGN_IN}?next={quote(f'{path}?{query}' if query else path, safe='')}")
            return refusals.no_pass(request, why, sign_in=self.sign_in)
        if rules.covered(rules.asked_for(path, query), visitor.regions):
            return visitor
        if path == "/" and refusals.wants_page(request):
            pages = rules.own_pages(visitor.regions)
            return refusals.moved(pages[0]) if len(pages) == 1 else refusals.choice(visitor)
        return refusals.not_yours(request, visitor)

    def _read(self, purpose: Purpose, token: str) -> Pass:
        return self.keys.read(purpose, token, self.clock())


class Gate:
    """ASGI middleware. Without a ``doorkeeper`` everybody may see everything."""

    def __init__(self, app: ASGIApp, doorkeeper: Doorkeeper | None) -> None:
        self._app = app
        self._doorkeeper = doorkeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on with its visitor as ``request.state.visitor``, or answer it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        if scope["type"] != "http":  # there is no other kind; should there be one, it is closed
            await send({"type": "websocket.close", "code": 1008})
            return
        if self._doorkeeper is None or rules.is_open(scope["path"]):
            state["visitor"] = EVERYBODY
            await self._app(scope, receive, send)
            return
        answer = self._doorkeeper.answer(Request(scope))
        if isinstance(answer, Response):
            await answer(scope, receive, _private(send))
            return
        state["visitor"] = answer
        await self._app(scope, receive, _private(send))


def _private(send: Send) -> Send:
    """What is for one visitor is kept by no cache in between, and asked for again after a sign-out."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if "no-store" not in headers.get("cache-control", ""):
                headers["Cache-Control"] = "private, no-cache"
            headers.add_vary_header("Cookie")
            headers.add_vary_header("Authorization")
        await send(message)

    return sent
