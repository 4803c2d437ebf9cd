"""``POST /v1/events``: the intake over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse

from services.ingest import bodies
from services.ingest.admission import FieldError, Rejected, Rules, admit
from services.ingest.bodies import Body, Malformed
from services.ingest.keys import Keyring
from services.ingest.metrics import Metrics
from services.ingest.pseudonym import Pseudonyms
from services.ingest.settings import IngestSettings
from services.ingest.writer import EnvelopeWriter
from shared.errors import BusFullError, BusUnavailableError
from shared.events import DISTRICT_EVENT, CitizenEvent, RegionEvent
from shared.events.base import Frozen
from shared.problems import Problem, unavailable


class Wrong(Frozen):
    """What is wrong with one field."""

    path: str
    message: str


class Refusal(Frozen):
    """A refused event: its position in the request (from 0), its id if it has one, and every field error."""

    index: int
    id: str | None
    errors: list[Wrong]


class Receipt(Frozen):
    """``accepted`` events are stored for good; ``rejected`` ones are not and never cost the others."""

    accepted: int
    rejected: list[Refusal]


_EXAMPLE = {
    "specversion": "1.0",
    "id": "2024-05-23/000017",
    "source": "siak/51.71",
    "type": "ikd.activated.v1",
    "time": "2024-05-23T10:04:00+08:00",
    "data": {
        "citizen": "k1:6f1ed002ab5595859014ebf0951522d9",
        "home": "51.71.01.1001",
        "service": "51.71",
        "channel": "outreach_opd",
        "place": "Dinas PUPR",
        "group": "asn",
    },
}


def routes(
    settings: IngestSettings,
    keyring: Keyring,
    pseudonyms: Pseudonyms,
    writer: Callable[[], EnvelopeWriter],
    metrics: Metrics,
) -> APIRouter:
    """The intake's routes."""
    router = APIRouter(prefix="/v1", tags=["intake"])
    schema = DISTRICT_EVENT.json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs")

    async def admitted(request: Request, body: Body) -> list[CitizenEvent | RegionEvent | Rejected]:
        rules = Rules(
            now=datetime.now(UTC),
            pseudonym=pseudonyms.of,
            nik_allowed=settings.nik_over_http or _is_private_line(request),
            allowance=timedelta(seconds=settings.clock_allowance_seconds),
        )
        return [
            Rejected(None, [FieldError("", raw.reason)]) if isinstance(raw, Malformed) else admit(raw, rules)
            for raw in body.events
        ]

    async def store(events: list[CitizenEvent | RegionEvent]) -> None:
        try:
            await writer().write(events)
        except BusFullError as error:
            metrics.refused.labels("full").inc()
            raise unavailable(str(error)) from error
        except BusUnavailableError as error:
            metrics.refused.labels("unavailable").inc()
            raise unavailable(f"{error}. Nothing is lost: send the same events again") from error
        for event in events:
            metrics.accepted.labels(event.type).inc()

    @router.post(
        "/events",
        status_code=202,
        summary="Hand in events",
        response_model=Receipt,
        responses={code: {"description": text} for code, text in _ANSWERS.items()},
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    bodies.STRUCTURED: {"schema": schema, "example": _EXAMPLE},
                    bodies.BATCH: {"schema": {"type": "array", "items": schema}, "example": [_EXAMPLE]},
                    bodies.NDJSON: {"schema": {"type": "string", "description": "one event a line"}},
                },
            }
        },
    )
    async def post_events(
        request: Request,
        *,
        strict: Annotated[bool, Query(description="Accept all events of the request or none")] = False,
        authorization: Annotated[str | None, Header(description="Bearer key")] = None,
    ) -> JSONResponse:
        if not keyring.opens(authorization):
            metrics.refused.labels("unauthorized").inc()
            raise _UNAUTHORIZED
        try:
            body = bodies.parse(
                request.headers.get("content-type"), await bodies.read(request.stream(), settings.max_body_bytes)
            )
        except Problem as problem:
            metrics.refused.labels(_REASONS[problem.status]).inc()
            raise
        judged = await admitted(request, body)
        events = [event for event in judged if not isinstance(event, Rejected)]
        refusals = [_refusal(at, event) for at, event in enumerate(judged) if isinstance(event, Rejected)]
        metrics.refused.labels("invalid").inc(len(refusals))
        if refusals and (strict or not events):
            raise _nothing_accepted(body, refusals)
        await store(events)
        return JSONResponse(Receipt(accepted=len(events), rejected=refusals).model_dump(), 202)

    return router


_ANSWERS: dict[int | str, str] = {
    400: "The body is not the JSON that its content type promises",
    401: "No valid key",
    413: "The body is too large",
    415: "Not a content type of CloudEvents or NDJSON",
    422: "No event was accepted; `rejected` says why",
    503: "The bus is away or full; Retry-After says when to send the same again",
}
_REASONS = {400: "malformed", 413: "too_large", 415: "content_type"}
_UNAUTHORIZED = Problem(
    401,
    "Unauthorized",
    "send the key as 'Authorization: Bearer laju_…'; the operator's is in operator.key in the data folder of ingest",
    headers={"WWW-Authenticate": "Bearer"},
)


def _refusal(index: int, event: Rejected) -> Refusal:
    errors = [Wrong(path=error.path, message=error.message) for error in event.errors]
    return Refusal(index=index, id=event.id, errors=errors)


def _nothing_accepted(body: Body, refusals: list[Refusal]) -> Problem:
    rejected = [refusal.model_dump() for refusal in refusals]
    if body.single:
        wrongs = "; ".join(f"{wrong.path} {wrong.message}".strip() for wrong in refusals[0].errors)
        return Problem(
            422,
            "Unprocessable Content",
            f"the event was not accepted: {wrongs}",
            accepted=0,
            rejected=rejected,
            errors=rejected[0]["errors"],
        )
    detail = f"no event was accepted: {len(refusals)} of {len(body.events)} are invalid, see rejected"
    return Problem(422, "Unprocessable Content", detail, accepted=0, rejected=rejected)


def _is_private_line(request: Request) -> bool:
    """Whether nobody can listen in: HTTPS (also as told by a trusted proxy), or this machine itself."""
    if request.url.scheme == "https":
        return True
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False
