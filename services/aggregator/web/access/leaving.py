"""Signing out: the browser forgets what it may see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response

from services.aggregator.web.access.cookies import Cookie
from services.aggregator.web.access.refusals import moved, page
from services.aggregator.web.access.rules import PREFIX
from services.aggregator.web.access.visitor import SIGN_OUT

SIGNED_OUT = f"{PREFIX}/signed-out"


async def nowhere() -> str | None:
    """There is no provider at which one would be signed in still."""
    return None


def routes(
    cookie: Cookie, *, sign_in: str | None = None, provider: Callable[[], Awaitable[str | None]] = nowhere
) -> APIRouter:
    """``sign_in`` is where one signs in again; ``provider`` gives the address for signing out of the account itself."""
    router = APIRouter(include_in_schema=False)

    @router.post(SIGN_OUT)
    async def sign_out(request: Request) -> Response:
        answer = moved(SIGNED_OUT)
        # The forms of other sites come without it: they sign nobody out.
        if cookie.read(request) is not None:
            cookie.remove(request, answer)
        return answer

    @router.get(SIGNED_OUT)
    async def signed_out() -> Response:
        return page("signed_out.html", 200, sign_in=sign_in, provider=await provider())

    return router
