"""The addresses of the pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date
from functools import partial

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import HTMLResponse, Response

from services.aggregator.briefing import Line
from services.aggregator.generation import Generation
from services.aggregator.live.channel import Listener
from services.aggregator.live.feed import Feed
from services.aggregator.notices import Notices
from services.aggregator.web.live import HEADERS as STREAM_HEADERS
from services.aggregator.web.live import EventStream, heard
from services.aggregator.web.pages import alerts, below, language, regions
from services.aggregator.web.pages.live import Telling
from services.aggregator.web.pages.rendering import rendered, statics
from services.aggregator.web.pages.shell import Crumb, Shell, crumbs_of
from services.aggregator.web.pages.visit import NotThereError, Visit, known
from shared.events import Programme
from shared.events.region import Authority
from shared.wilayah import NATION

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


def routes(generation: Callable[[], Generation], notices: Notices, feed: Feed, telling: Telling) -> APIRouter:
    """All pages. ``generation`` gives the projection that serves, asked anew at each request."""
    router = APIRouter(include_in_schema=False)

    def arrived(request: Request) -> Visit:
        return Visit(request, generation())

    arriving = Depends(arrived)

    @router.get("/")
    async def nation(visit: Visit = arriving) -> Response:
        return await regions.page(visit, known(NATION))

    @router.get("/regions/{code}")
    async def region(code: str, visit: Visit = arriving) -> Response:
        return await regions.page(visit, known(code))

    @router.get("/regions/{code}/targets/{programme}/{authority}/{due_on}")
    async def target(
        code: str, programme: Programme, authority: Authority, due_on: date, visit: Visit = arriving
    ) -> Response:
        return await below.target(visit, known(code), Line(programme, authority, due_on))

    @router.get("/regions/{code}/claims")
    async def claims(code: str, visit: Visit = arriving) -> Response:
        return await below.claims(visit, known(code))

    @router.get("/regions/{code}/interventions")
    async def interventions(code: str, visit: Visit = arriving) -> Response:
        return await below.interventions(visit, known(code))

    @router.get("/regions/{code}/quality")
    async def quality(code: str, visit: Visit = arriving) -> Response:
        return await below.trust(visit, known(code))

    @router.get("/regions/{code}/alerts")
    async def told(code: str, visit: Visit = arriving) -> Response:
        return await alerts.page(visit, known(code), notices)

    @router.get("/regions/{code}/mails/{name}")
    async def mail(code: str, name: str, visit: Visit = arriving) -> Response:
        return await alerts.mail(visit, known(code), name, notices)

    @router.get("/regions/{code}/mails/{name}/letter")
    async def letter(code: str, name: str, visit: Visit = arriving) -> Response:
        return await alerts.letter(visit, known(code), name, notices)

    async def listening(code: str, visit: Visit = arriving) -> AsyncIterator[Listener]:
        async with heard(feed, known(code).code, visit.request.headers.get("last-event-id")) as listener:
            yield listener

    hearing = Depends(listening)

    @router.get("/regions/{code}/live")
    async def live(code: str, visit: Visit = arriving, listener: Listener = hearing) -> Response:
        messages = telling.told(listener, code, visit.programme, await visit.shell(code))
        return EventStream(messages, headers=STREAM_HEADERS)

    @router.get("/about")
    async def about(visit: Visit = arriving) -> Response:
        shell = await visit.shell(NATION, Crumb(visit.say("shell.about"), None))
        return rendered("about.html", shell, title=visit.say("shell.about"), policy=visit.generation.policy)

    for path, content in statics().items():
        headers = {**_FOR_EVER, "Content-Type": _TYPES[path.rpartition(".")[2]]}
        router.add_api_route(path, partial(_static, content, headers), methods=["GET"])
    return router


def install(
    app: FastAPI, generation: Callable[[], Generation], notices: Notices, feed: Feed, *, heartbeat_seconds: float
) -> None:
    """Serve all pages, and a page for those that are not there; open ones get a comment when nothing was said for
    ``heartbeat_seconds``."""
    app.include_router(routes(generation, notices, feed, Telling(generation, heartbeat_seconds)))

    @app.exception_handler(NotThereError)
    async def on_missing(request: Request, error: NotThereError) -> HTMLResponse:
        return _missing(request, error)


def _missing(request: Request, error: NotThereError) -> HTMLResponse:
    say = language.words(language.language_of(request))
    shell = Shell(say.language, say, request.url.path, {}, crumbs_of(NATION, Crumb(say("missing.title"), None)))
    return rendered("missing.html", shell, 404, title=say("missing.title"), why=say(error.key, **error.values))


def _static(content: bytes, headers: Mapping[str, str]) -> Response:
    return Response(content, headers=dict(headers))
