"""What every service shows of itself: JSON logs, ``/metrics``, ``/healthz`` and an end-to-end ``/readyz``."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from shared.errors import RecoverableError

Check = Callable[[], Awaitable[None]]
_CHECK_SECONDS = 4.0  # longer than the drivers take to say what is wrong


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the error's type and text if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure_logging(level: str) -> None:
    """Send every log line of the process to standard output as JSON."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # At DEBUG it shows whole commands, with whatever is in the documents: addresses, for one.
    logging.getLogger("pymongo").setLevel(logging.INFO)
    # FastStream brings a coloured handler of its own; its lines belong among ours.
    faststream = logging.getLogger("faststream")
    faststream.handlers.clear()
    faststream.propagate = True
    faststream.setLevel(logging.WARNING)


def routes(
    registry: CollectorRegistry, checks: Mapping[str, Check], before_scrape: Callable[[], Awaitable[None]] | None = None
) -> APIRouter:
    """The three operational routes.

    ``/healthz`` says that the event loop turns; ``/readyz`` runs every check against the real server and answers 503
    with the failed ones otherwise; ``before_scrape`` may bring gauges up to date.
    """
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", summary="The process answers")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz", summary="Everything the service needs can be reached", responses={503: {}})
    async def readyz() -> JSONResponse:
        failed = {name: reason for name, check in checks.items() if (reason := await _reason(check))}
        return JSONResponse(
            {"status": "unavailable" if failed else "ok", "failed": failed}, status_code=503 if failed else 200
        )

    @router.get("/metrics", summary="Prometheus metrics", response_class=Response)
    async def metrics() -> Response:
        if before_scrape is not None:
            await before_scrape()
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


async def _reason(check: Check) -> str | None:
    try:
        await asyncio.wait_for(check(), _CHECK_SECONDS)
    except TimeoutError:
        return f"no answer within {_CHECK_SECONDS:g} s"
    except RecoverableError as error:
        return str(error)
    return None
