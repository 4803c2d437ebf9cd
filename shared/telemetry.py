"""What every service shows of itself: JSON logs, ``/metrics``, ``/healthz`` and an end-to-end ``/readyz``."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, ProcessCollector, generate_latest

from shared.errors import RecoverableError

log = logging.getLogger(__name__)
Check = Callable[[], Awaitable[None]]
NOTHING_OF_ITS_OWN: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""What FastAPI would send by itself: addresses with the tokens of links in them, and what exceptions say. Our own spans
are in tracing.py."""
_CHECK_SECONDS = 4.0  # longer than the drivers take to say what is wrong


class Vitals:
    """The metrics that every service has, on its registry; with them those of the process itself."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        ProcessCollector(registry=registry)
        self.ready = Gauge(
            "laju_ready",
            "1 if what the service needs answered at this scrape, 0 if not: bus, database",
            ["check"],
            registry=registry,
        )
        self.clock = Gauge("laju_clock_timestamp_seconds", "The clock of the service at this scrape", registry=registry)


@dataclass(frozen=True, slots=True)
class Asked:
    """Figures that are asked for when the service is scraped: ``ask`` sets their metrics. If it cannot, or takes too
    long, ``unknown`` takes back what was known, because an old lag looks like a new one; without it they stay."""

    what: str
    ask: Check
    unknown: Callable[[], None] | None = None


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


def routes(vitals: Vitals, checks: Mapping[str, Check], asked: Sequence[Asked] = ()) -> APIRouter:
    """The three operational routes.

    ``/healthz`` says that the event loop turns; ``/readyz`` runs every check against the real server and answers 503
    with the failed ones otherwise; ``/metrics`` runs them too, and asks for what is ``asked`` at each scrape.
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
        vitals.clock.set(time.time())
        # All at once: with several servers away a scrape takes no longer than with one.
        checking, asking = map(_reason, checks.values()), map(_told, asked)
        reasons, _ = await asyncio.gather(asyncio.gather(*checking), asyncio.gather(*asking))
        for name, reason in zip(checks, reasons, strict=True):
            vitals.ready.labels(name).set(reason is None)
        # With all regions of the country it is more than a megabyte: not on the event loop.
        text = await asyncio.to_thread(generate_latest, vitals.registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return router


async def _told(asked: Asked) -> None:
    if reason := await _reason(asked.ask):
        log.warning("asking for %s failed: %s", asked.what, reason)
        if asked.unknown is not None:
            asked.unknown()


async def _reason(check: Check) -> str | None:
    try:
        await asyncio.wait_for(check(), _CHECK_SECONDS)
    except TimeoutError:
        return f"no answer within {_CHECK_SECONDS:g} s"
    except RecoverableError as error:
        return str(error)
    return None
