"""The pages behind the links of a mail: what is about to happen, and, after the button, that it did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from nats.js import JetStreamContext
from pydantic import ValidationError

from services.notifier.alerts import Alerts
from services.notifier.links import Act, Grant, LinkError, Links
from services.notifier.record import publish
from services.notifier.words import word
from shared.errors import RecoverableError
from shared.notes import Notes
from shared.wilayah import find

_LONGEST_BODY = 4096
_page = Notes("services.notifier.http", "pages").page


def routes(
    links: Links,
    js: Callable[[], JetStreamContext],
    alerts: Alerts,
    days: dict[Act, int],
    clock: Callable[[], datetime],
) -> APIRouter:
    """``days`` is how long each act holds."""
    router = APIRouter(prefix="/v1/acts", tags=["acts"])

    def granted(token: str, now: datetime) -> Grant | HTMLResponse:
        """What a link is for, or the page that says why it does nothing."""
        try:
            grant = links.read(token, now)
        except LinkError as error:
            return _page("refused.html", 410, reason=error.reason)
        if not alerts.known:
            return _page("refused.html", 503, reason="what was told is not known yet: try again in a minute")
        state = alerts.of(grant.line)
        # An old mail must not quiet what began after it.
        if not state.open or state.episode != grant.episode:
            return _page("over.html", 410, **_about(grant, days[grant.act], now))
        return grant

    @router.get("/{token}", summary="What a link of a mail would do; it does nothing yet", response_class=HTMLResponse)
    async def shown(token: str) -> HTMLResponse:
        now = clock()
        grant = granted(token, now)
        return (
            grant if isinstance(grant, HTMLResponse) else _page("ask.html", 200, **_about(grant, days[grant.act], now))
        )

    @router.post("/{token}", summary="Do it", response_class=HTMLResponse)
    async def done(token: str, request: Request) -> HTMLResponse:
        now, reason = clock(), await _reason(request)
        grant = granted(token, now)
        if isinstance(grant, HTMLResponse):
            return grant
        until, episode = now + timedelta(days=days[grant.act]), grant.episode
        try:
            event = word(grant.act, grant.line, until=until, by="link", reason=reason, now=now, episode=episode)
        except ValidationError:
            return _page("ask.html", 422, **_about(grant, days[grant.act], now, wrong=True))
        try:
            await publish(js(), event)
        except RecoverableError:
            return _page("refused.html", 503, reason="the note could not be kept just now: try again in a minute")
        return _page("done.html", 200, **_about(grant, days[grant.act], now))

    return router


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
