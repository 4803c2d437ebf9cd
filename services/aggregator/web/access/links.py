"""Links that open the pages of a region: opened once, a browser keeps what they say in a cookie."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, Request, Response

from services.aggregator.web.access.cookies import Cookie, seconds_until
from services.aggregator.web.access.refusals import moved, refused
from services.aggregator.web.access.rules import PREFIX, own_pages
from services.aggregator.web.access.tokens import Keys, Pass, TokenError

_PATH = f"{PREFIX}/link"


def link_to(url: str, keys: Keys, content: Pass) -> str:
    """The link that opens what a pass is for; ``url`` is where the pages are reached from outside."""
    return f"{url.rstrip('/')}{_PATH}/{keys.written('link', content)}"


def routes(keys: Keys, cookie: Cookie, clock: Callable[[], datetime]) -> APIRouter:
    """Opening a link. It goes on to the region's page, so that the token stays neither in the address nor in what
    browsers tell other servers."""
    router = APIRouter(include_in_schema=False)

    @router.get(_PATH + "/{token}")
    async def opened(token: str, request: Request) -> Response:
        now = clock()
        try:
            found = keys.read("link", token, now)
        except TokenError:
            return refused("link", 403)
        answer = moved(own_pages(found.regions)[0])
        cookie.write(request, answer, token, seconds=seconds_until(found.expires, now))
        return answer

    return router
