"""What is answered instead of a page or a document: to people in two languages, to programs as a problem document."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.aggregator.web.access.rules import own_pages
from services.aggregator.web.access.visitor import SIGN_OUT, Visitor
from shared import problems
from shared.notes import HEADERS, Notes
from shared.problems import Problem
from shared.wilayah import find

page = Notes("services.aggregator.web.access", "templates").page


def wants_page(request: Request) -> bool:
    """Whether a person asks with a browser, and not a program or for a document of the read API."""
    path = request.scope["path"]
    return path != "/v1" and not path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")


def moved(path: str) -> RedirectResponse:
    """On to another page, without telling where from."""
    return RedirectResponse(path, 303, headers=HEADERS)


def refused(why: str, status: int, *, again: str | None = None) -> Response:
    """The page that says why somebody does not get in; ``why`` is a key of its template, ``again`` where to try."""
    return page("refused.html", status, why=why, again=again)


def no_pass(request: Request, why: str | None, *, sign_in: str | None) -> Response:
    """Nothing says what may be seen; ``why`` if something was shown that opens nothing. ``sign_in``: the address at
    which people sign in, ``None`` where they need a link."""
    if wants_page(request):
        return page("no_pass.html", 403, why=why)
    way = f"Sign in at {sign_in} with a browser" if sign_in else "Open the link to your region that you were given"
    shown = f"What was sent opens nothing: {why}. " if why else ""
    return _problem(
        f"{shown}{way}; a program sends what `laju pages link CODE --token` prints, as `Authorization: Bearer …`"
    )


def not_yours(request: Request, visitor: Visitor) -> Response:
    """The pass is good, but for other regions."""
    if wants_page(request):
        return _own("not_yours.html", 403, visitor)
    return _problem(f"your pass is for {', '.join(visitor.regions)} and what lies within, not for this")


def choice(visitor: Visitor) -> Response:
    """The list of their regions, for who has several."""
    return _own("choice.html", 200, visitor)


def _own(template: str, status: int, visitor: Visitor) -> Response:
    names = [find(code).name for code in visitor.regions]
    pages = list(zip(names, own_pages(visitor.regions), strict=True))
    return page(template, status, pages=pages, sign_out=SIGN_OUT if visitor.remembered else None)


def _problem(detail: str) -> Response:
    return problems.response(Problem(403, "Forbidden", detail, headers={"Cache-Control": "no-store"}))
