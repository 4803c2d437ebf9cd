"""The addresses of the exports: tables beside the pages, the report beside the documents of the read API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from pydantic import BeforeValidator
from starlette.responses import Response

from services.aggregator.generation import Generation
from services.aggregator.web.api import From, Known, On, To, Which
from services.aggregator.web.exports import downloads
from services.aggregator.web.exports.downloads import KINDS, Kind, Span
from services.aggregator.web.exports.naming import file_name
from services.aggregator.web.exports.report.contents import report
from services.aggregator.web.exports.report.gathering import gathered
from services.aggregator.web.exports.report.printing import as_pdf
from services.aggregator.web.pages.visit import Visit, known
from shared.wilayah import find
from shared.wording import Language

_PDF = "application/pdf"
_FILE = {"type": "string", "format": "binary"}
In = Annotated[
    Language,
    BeforeValidator(lambda value: value or "id"),
    Query(description="Bahasa Indonesia or English"),
]


def install(app: FastAPI, generation: Callable[[], Generation], pages_url: str) -> None:
    """Serve all exports; ``generation`` gives the projection that serves, ``pages_url`` is where the pages are reached
    from outside."""
    app.include_router(tables(generation))
    app.include_router(reports(generation, pages_url))


def tables(generation: Callable[[], Generation]) -> APIRouter:
    """Each table as CSV and as XLSX."""
    router = APIRouter(include_in_schema=False)
    for kind in KINDS:
        _table(router, generation, kind)
    return router


def reports(generation: Callable[[], Generation], pages_url: str) -> APIRouter:
    """The report of a region."""
    router = APIRouter(prefix="/v1", tags=["regions"])

    @router.get(
        "/regions/{code}/report.pdf",
        summary="How a region stands, on one page to be printed",
        response_class=Response,
        responses={200: {"description": "The report", "content": {_PDF: {"schema": _FILE}}}},
    )
    async def pdf(code: Known, on: On = None, programme: Which = None, lang: In = "id") -> Response:
        """A4, upright, exactly one page, tagged and fit for an archive (PDF/UA-1, PDF/A-2a)."""
        current, region, now = generation(), find(code), _now()
        day = on or current.today(code)
        found = await gathered(current.reader, region, programme, on, day)
        # Some hundredths of a second of drawing and setting: not on the event loop.
        content = await asyncio.to_thread(lambda: as_pdf(report(found, now, pages_url, lang), now))
        what = (code, programme) if programme else (code,)
        return Response(
            content,
            media_type=_PDF,
            headers={
                "Content-Disposition": f'inline; filename="{file_name(what, day, "pdf")}"',
                "Cache-Control": "no-cache",
                "X-Content-Type-Options": "nosniff",
                "Laju-Projection": str(found.reading.projection),
                "Laju-Sequence": str(found.reading.sequence),
            },
        )

    return router


def _table(router: APIRouter, generation: Callable[[], Generation], kind: Kind) -> None:
    def arrived(request: Request) -> Visit:
        return Visit(request, generation())

    arriving = Depends(arrived)

    @router.get(f"/regions/{{code}}/table.{kind}")
    async def table(code: str, visit: Visit = arriving) -> Response:
        return await downloads.table(visit, known(code), kind, _now)

    @router.get(f"/regions/{{code}}/days.{kind}")
    async def days(code: str, visit: Visit = arriving, first: From = None, to: To = None) -> Response:
        return await downloads.days(visit, known(code), Span(first, to), kind, _now)

    @router.get(f"/regions/{{code}}/services.{kind}")
    async def services(code: str, visit: Visit = arriving, first: From = None, to: To = None) -> Response:
        return await downloads.services(visit, known(code), Span(first, to), kind, _now)


def _now() -> datetime:
    return datetime.now(UTC)
