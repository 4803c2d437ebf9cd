"""The pages behind the links of a mail: what is about to happen, and, after the button, that it did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from nats.js import JetStreamContext
from pydantic import ValidationError

from services.notifier.alert import AlertState
from services.notifier.links import Act, Grant, LinkError, Links
from services.notifier.record import publish
from services.notifier.words import word
from shared.errors import RecoverableError
from shared.wilayah import find

_LONGEST_BODY = 4096
_pages = Environment(
    loader=PackageLoader("services.notifier.http", "pages"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# Nothing of these pages may be kept, framed, or told to others by way of the address.
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
}


def routes(
    links: Links,
    js: Callable[[], JetStreamContext],
    state_of: Callable[[str], AlertState],
    days: dict[Act, int],
    clock: Callable[[], datetime],
) -> APIRouter:
    """``state_of`` knows the alert of a line; ``days`` is how long each act holds."""
    router = APIRouter(prefix="/v1/acts", tags=["acts"])

    @router.get("/{token}", summary="What a link of a mail would do; it does nothing yet", response_class=HTMLResponse)
    async def shown(token: str) -> HTMLResponse:
        try:
            grant = links.read(token, clock())
        except LinkError as error:
            return _page("refused.html", 410, reason=error.reason)
        about = _about(grant, days[grant.act], clock())
        return (
            _page("ask.html", 200, **about)
            if _current(grant, state_of(grant.line))
            else _page("over.html", 410, **about)
        )

    @router.post("/{token}", summary="Do it", response_class=HTMLResponse)
    async def done(token: str, request: Request) -> HTMLResponse:
        now, reason = clock(), await _reason(request)
        try:
            grant = links.read(token, now)
        except LinkError as error:
            return _page("refused.html", 410, reason=error.reason)
        if not _current(grant, state_of(grant.line)):
            return _page("over.html", 410, **_about(grant, days[grant.act], now))
        until = now + timedelta(days=days[grant.act])
        try:
            event = word(
                grant.act, grant.line, until=until, by="link", reason=reason, now=now, episode=grant.episode
            )  # fmt: skip
        except ValidationError:
            return _page("ask.html", 422, **_about(grant, days[grant.act], now, wrong=True))
        try:
            await publish(js(), event)
        except RecoverableError:
            return _page("refused.html", 503, reason="the note could not be kept just now: try again in a minute")
        return _page("done.html", 200, **_about(grant, days[grant.act], now))

    return router


def _current(grant: Grant, state: AlertState) -> bool:
    """Whether what the mail was about is still so: an old mail must not quiet what began after it."""
    return state.open and state.episode == grant.episode


async def _reason(request: Request) -> str | None:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_BODY:
            break
    form = parse_qs(bytes(body[:_LONGEST_BODY]).decode(errors="replace"))
    return " ".join(form.get("reason", [""])[0].split()) or None


def _about(grant: Grant, days: int, now: datetime, *, wrong: bool = False) -> dict[str, object]:
    region, programme, _, due = grant.line.split("/")
    until = (now + timedelta(days=days)).astimezone(UTC).date()
    return {
        "act": grant.act,
        "name": find(region).name,
        "programme": programme,
        "due": due,
        "days": days,
        "until": until,
        "wrong": wrong,
    }


def _page(template: str, status: int, **context: object) -> HTMLResponse:
    return HTMLResponse(_pages.get_template(template).render(context), status, headers=_HEADERS)
