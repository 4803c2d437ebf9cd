"""A mail as it was sent, for people who look at what heads were told. Nobody can act with what is shown."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from services.notifier.delivery import facsimile
from services.notifier.delivery.outbox import Outbox
from services.notifier.http.regions import problem
from shared.problems import Problem

# A letter holds words of others, such as titles of interventions: nothing in it runs, and nothing is fetched.
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
Id = Annotated[
    str,
    Path(
        description="As in /v1/mails, or the Message-ID: the copies of a mail are all the same letter. With its angle "
        "brackets, percent-encoded (%3C and %3E); the slash may be encoded or not",
        examples=["<0123456789abcdef0123456789abcdef@laju.go.id>/0123456789abcdef"],
        max_length=400,
    ),
]


def routes(outbox: Outbox) -> APIRouter:
    """The route of letters."""
    router = APIRouter(prefix="/v1", tags=["mails"])

    @router.get(
        "/mails/{id:path}/letter",
        summary="A mail as it was sent, without what only its recipient may do",
        description="A page that needs nothing else, or its plain text. The links to acknowledge and to silence are "
        "taken out, the passes in links to pages, and the recipients' addresses.",
        response_class=HTMLResponse,
        responses={
            200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
            404: problem("There is no such mail"),
            410: problem("What it said was kept for LAJU_KEEP_LETTERS_DAYS and is forgotten"),
        },
    )
    async def letter(
        id: Id,  # noqa: A002 - the name in the path, as it is in /v1/mails
        form: Annotated[Literal["html", "text"], Query(description="Which of its two forms")] = "html",
    ) -> Response:
        entry = await outbox.letter(id)
        if entry is None:
            raise Problem(404, "Unknown mail", "there is no mail with this id: /v1/mails lists them")
        if not entry.html:
            raise Problem(410, "Letter no longer kept", "what this mail said was kept for a time and is forgotten")
        headers = {**_HEADERS, "Content-Language": entry.language}
        if form == "text":
            return PlainTextResponse(facsimile.text(entry), headers=headers)
        return HTMLResponse(facsimile.page(entry), headers=headers)

    return router
