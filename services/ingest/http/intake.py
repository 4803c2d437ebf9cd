"""``POST /v1/events``: the intake over HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs

from pydantic import TypeAdapter, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from services.ingest import bodies
from services.ingest.admission import Rejected, Rules
from services.ingest.intake import Judged, judge
from services.ingest.keys import Keyring
from services.ingest.metrics import Metrics
from services.ingest.pseudonym import Pseudonyms
from services.ingest.settings import IngestSettings
from services.ingest.writer import EnvelopeWriter
from shared.envelope import Wire
from shared.errors import BusFullError, BusUnavailableError
from shared.events import DISTRICT_EVENT
from shared.events.base import Frozen
from shared.problems import Problem, response, unavailable

PATH = "/v1/events"
_BOOLEAN = TypeAdapter(bool)
_REFERENCE = "#/components/schemas/{model}"


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


class Intake:
    """ASGI in front of the app: answers everything about ``/v1/events`` and passes the rest on.

    Plain ASGI, because it is called for every single event: routing, dependencies and response models of the framework
    cost more than all that is done here.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: IngestSettings,
        keyring: Keyring,
        pseudonyms: Pseudonyms,
        writer: Callable[[], EnvelopeWriter],
        metrics: Metrics,
    ) -> None:
        self._app = app
        self._settings = settings
        self._keyring = keyring
        self._pseudonyms = pseudonyms
        self._writer = writer
        self._metrics = metrics
        self._allowance = timedelta(seconds=settings.clock_allowance_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or let the app behind do it."""
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        try:
            if scope["method"] != "POST":
                raise _ONLY_POST
            strict = _is_strict(scope)
            judged = await self._judged(scope, receive)
            refusals = [_refusal(index, event) for index, event in judged.refused]
            if refusals and (strict or not judged.accepted):
                raise _nothing_accepted(judged, refusals)
            await self._store(judged.accepted)
        except Problem as problem:
            await response(problem)(scope, receive, send)
        else:
            receipt = Receipt(accepted=len(judged.accepted), rejected=refusals)
            body = receipt.model_dump_json().encode()
            headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": 202, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    async def _judged(self, scope: Scope, receive: Receive) -> Judged:
        headers = dict(scope["headers"])
        if not self._keyring.opens(headers.get(b"authorization", b"").decode("latin-1")):
            self._metrics.refused.labels("unauthorized").inc()
            raise _UNAUTHORIZED
        rules = Rules(
            now=datetime.now(UTC),
            pseudonym=self._pseudonyms.of,
            nik_allowed=self._settings.nik_over_http or _is_private_line(scope),
            allowance=self._allowance,
        )
        try:
            body = await bodies.read(receive, self._settings.max_body_bytes)
            judged = judge(headers.get(b"content-type", b"").decode("latin-1"), body, rules)
        except Problem as problem:
            self._metrics.refused.labels(_REASONS[problem.status]).inc()
            raise
        if judged.refused:
            self._metrics.refused.labels("invalid").inc(len(judged.refused))
        return judged

    async def _store(self, events: list[Wire]) -> None:
        try:
            await self._writer().write(events)
        except BusFullError as error:
            self._metrics.refused.labels("full").inc()
            raise unavailable(str(error)) from error
        except BusUnavailableError as error:
            self._metrics.refused.labels("unavailable").inc()
            raise unavailable(f"{error}. Nothing is lost: send the same events again") from error
        for kind, count in Counter(event["type"] for event in events).items():
            self._metrics.accepted.labels(kind).inc(count)


def describe(document: dict[str, Any]) -> dict[str, Any]:
    """The app's OpenAPI document with ``POST /v1/events``."""
    described = DISTRICT_EVENT.json_schema(ref_template=_REFERENCE)["$defs"]
    described |= Receipt.model_json_schema(ref_template=_REFERENCE)["$defs"]
    return document | {
        "paths": document["paths"] | {PATH: {"post": _operation()}},
        "components": {"schemas": document.get("components", {}).get("schemas", {}) | described},
    }


def _operation() -> dict[str, Any]:
    schema = DISTRICT_EVENT.json_schema(ref_template=_REFERENCE)
    schema.pop("$defs")
    receipt = Receipt.model_json_schema(ref_template=_REFERENCE)
    receipt.pop("$defs")
    strict = {"type": "boolean", "default": False, "description": "Accept all events of the request or none"}
    return {
        "tags": ["intake"],
        "summary": "Hand in events",
        "parameters": [
            {"name": "strict", "in": "query", "schema": strict},
            {"name": "authorization", "in": "header", "schema": {"type": "string", "description": "Bearer key"}},
        ],
        "requestBody": {
            "required": True,
            "content": {
                bodies.STRUCTURED: {"schema": schema, "example": _EXAMPLE},
                bodies.BATCH: {"schema": {"type": "array", "items": schema}, "example": [_EXAMPLE]},
                bodies.NDJSON: {"schema": {"type": "string", "description": "one event a line"}},
            },
        },
        "responses": {
            "202": {"description": "Stored for good", "content": {"application/json": {"schema": receipt}}},
            **{str(code): {"description": text} for code, text in _ANSWERS.items()},
        },
    }


_ANSWERS = {
    400: "The body is not the JSON that its content type promises",
    401: "No valid key",
    413: "The body is too large",
    415: "Not a content type of CloudEvents or NDJSON",
    422: "No event was accepted; `rejected` says why",
    503: "The bus is away or full; Retry-After says when to send the same again",
}
_REASONS = {400: "malformed", 413: "too_large", 415: "content_type"}
_ONLY_POST = Problem(
    405, "Method Not Allowed", f"{PATH} takes events by POST and nothing else", headers={"Allow": "POST"}
)
_UNAUTHORIZED = Problem(
    401,
    "Unauthorized",
    "send the key as 'Authorization: Bearer laju_…'; the operator's is in operator.key in the data folder of ingest",
    headers={"WWW-Authenticate": "Bearer"},
)


def _refusal(index: int, event: Rejected) -> Refusal:
    errors = [Wrong(path=error.path, message=error.message) for error in event.errors]
    return Refusal(index=index, id=event.id, errors=errors)


def _nothing_accepted(judged: Judged, refusals: list[Refusal]) -> Problem:
    rejected = [refusal.model_dump() for refusal in refusals]
    if judged.single:
        wrongs = "; ".join(f"{wrong.path} {wrong.message}".strip() for wrong in refusals[0].errors)
        return Problem(
            422,
            "Unprocessable Content",
            f"the event was not accepted: {wrongs}",
            accepted=0,
            rejected=rejected,
            errors=rejected[0]["errors"],
        )
    detail = (
        f"no event was accepted: {len(refusals)} of {len(refusals) + len(judged.accepted)} are invalid, see rejected"
    )
    return Problem(422, "Unprocessable Content", detail, accepted=0, rejected=rejected)


def _is_strict(scope: Scope) -> bool:
    """The parameter ``strict``; false if it is not there.

    Raises:
        Problem: 422, it is neither true nor false.
    """
    told = parse_qs(scope["query_string"].decode("latin-1")).get("strict", ["false"])[-1]
    try:
        return _BOOLEAN.validate_python(told)
    except ValidationError:
        errors = [{"path": "strict", "message": "is neither true nor false"}]
        raise Problem(422, "Unprocessable Content", "a parameter is not as it must be", errors=errors) from None


def _is_private_line(scope: Scope) -> bool:
    """Whether nobody can listen in: HTTPS (also as told by a trusted proxy), or this machine itself."""
    client = scope.get("client")
    return scope["scheme"] == "https" or (client is not None and _is_loopback(client[0]))


@lru_cache(maxsize=1000)
def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
