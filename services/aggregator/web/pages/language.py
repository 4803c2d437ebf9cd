"""In which language a page is written: as asked for just now, as asked for before, else Indonesian."""

from __future__ import annotations

from typing import cast, get_args

from starlette.requests import Request
from starlette.responses import Response

from shared.wording import Language, Wording, wording_in

COOKIE = "laju_language"
_YEAR_SECONDS = 365 * 24 * 3600


def language_of(request: Request) -> Language:
    """``?lang=`` before the cookie before ``id``. What the browser prefers does not count: these are Indonesian offices
    with computers in English."""
    for asked in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if asked in get_args(Language):
            return cast("Language", asked)
    return "id"


def keep(chosen: Language, response: Response) -> None:
    """Keep what was asked for just now for the next pages."""
    response.set_cookie(COOKIE, chosen, max_age=_YEAR_SECONDS, httponly=True, samesite="lax")


def words(language: Language) -> Wording:
    """The words of the pages."""
    return wording_in("services.aggregator.web.pages", language)
