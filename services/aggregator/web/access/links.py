"""Links that open the pages of a region: opened once, a browser keeps what they say in a cookie."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.aggregator.web.access.cookies import Cookie, seconds_until
from services.aggregator.web.access.refusals import moved, refused
from services.aggregator.web.access.rules import covered, own_pages, own_path
from shared.passes import LINK, Keys, Pass, TokenError

Following = Annotated[str | None, Query(alias="next")]


def routes(keys: Keys, cookie: Cookie, clock: Callable[[], datetime]) -> APIRouter:
    """Opening a link. It goes on to the page that the link names, or to the region's, so that the token stays neither
    in the address nor in what browsers tell other servers.

    Who has a good pass already keeps it if it opens more than the link, or the same for longer, and goes on with it
    when the link is too old: links of mails open for some weeks, and are clicked years later.
    """
    router = APIRouter(include_in_schema=False)

    def remembered(request: Request, now: datetime) -> Pass | None:
        try:
            return keys.read("link", cookie.read(request) or "", now)
        except TokenError:
            return None

    @router.get(LINK + "{token}")
    async def opened(token: str, request: Request, following: Following = None) -> Response:
        now = clock()
        present = remembered(request, now)
        try:
            found = keys.read("link", token, now)
        except TokenError:
            return moved(own_path(following)) if present and following else refused("link", 403)
        answer = moved(own_path(following) if following else own_pages(found.regions)[0])
        if present is None or not keeps(present, found):
            cookie.write(request, answer, token, seconds=seconds_until(found.expires, now))
        return answer

    return router


def led_on() -> APIRouter:
    """Where no link is needed, those of mails that were sent before lead to their pages all the same."""
    router = APIRouter(include_in_schema=False)

    @router.get(LINK + "{token}")
    async def opened(token: str, following: Following = None) -> Response:
        return moved(own_path(following or "/"))

    return router


def keeps(present: Pass, found: Pass) -> bool:
    """Whether a pass is kept although another was ``found``: it opens all that the other does, and more or longer."""
    if not covered(found.regions, present.regions):
        return False
    return present.expires >= found.expires or not covered(present.regions, found.regions)
