"""``POST /v1/events``: the intake over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address
from time import monotonic
from urllib.parse import parse_qs

from pydantic import TypeAdapter, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from services.ingest.admission import Rules
from services.ingest.bodies import form_of
from services.ingest.encodings import inflated
from services.ingest.http.limits import Held, Rates, Room
from services.ingest.http.reading import read
from services.ingest.http.refusals import note_problem, note_rejected
from services.ingest.judging import Judged, judge
from services.ingest.keys.key import Key
from services.ingest.keys.ring import Keyring, Unauthorized
from services.ingest.metrics import Metrics
from services.ingest.pseudonym import Pseudonyms
from services.ingest.receipt import Receipt, receipt_of
from services.ingest.settings import IngestSettings
from services.ingest.tracing import describe
from services.ingest.writer import EnvelopeWriter
from shared.envelope import Wire
from shared.errors import BusFullError, BusUnavailableError
from shared.problems import Problem, response, unavailable
from shared.tracing.span import Span, Tracing
from shared.tracing.traceparent import Trail

PATH = "/v1/events"
_SPAN = f"POST {PATH}"
_STATUS = "http.response.status_code"
_SPAN_ATTRIBUTES = {"http.request.method": "POST", "http.route": PATH}
_BOOLEAN = TypeAdapter(bool)
_RECHECK_SECONDS = 0.5
_REASONS = {
    400: "malformed",
    401: "unauthorized",
    408: "slow",
    413: "too_large",
    415: "content_type",
    429: "rate",
    503: "unavailable",
}
_ONLY_POST = Problem(
    405, "Method Not Allowed", f"{PATH} takes events by POST and nothing else", headers={"Allow": "POST"}
)


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
        tracing: Tracing,
    ) -> None:
        self._app = app
        self._settings = settings
        self._keyring = keyring
        self._pseudonyms = pseudonyms
        self._writer = writer
        self._metrics = metrics
        self._tracing = tracing
        self._allowance = timedelta(seconds=settings.clock_allowance_seconds)
        self._rates = Rates()
        self._room = Room(requests=settings.requests_in_hand, size=settings.bytes_in_hand)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or let the app behind do it."""
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        if scope["method"] != "POST":
            await response(_ONLY_POST)(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        follows = self._tracing.told(headers)
        with self._tracing.span(_SPAN, "server", follows=follows, attributes=_SPAN_ATTRIBUTES) as span:
            try:
                receipt = await self._received(scope, headers, receive, span)
            except Problem as problem:
                span.set(_STATUS, problem.status)
                if problem.status >= 500:
                    span.fail(str(problem.status))
                note_problem(headers, problem)
                await response(problem)(scope, receive, send)
            else:
                span.set(_STATUS, 202)
                note_rejected(headers, receipt)
                body = receipt.model_dump_json().encode()
                answer = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
                await send({"type": "http.response.start", "status": 202, "headers": answer})
                await send({"type": "http.response.body", "body": body})

    async def _received(self, scope: Scope, headers: dict[str, str], receive: Receive, span: Span) -> Receipt:
        strict = _is_strict(scope)
        with ExitStack() as room:
            try:
                held = room.enter_context(self._room.hold())
                judged = await self._judged(scope, headers, receive, held, span.stamp)
            except Problem as problem:
                self._metrics.refused.labels(_REASONS[problem.status]).inc()
                raise
            self._metrics.rejected([event for _, event in judged.refused])
            describe(span, judged)
            receipt = receipt_of(judged, strict=strict)
            await self._store(judged.accepted, span.trail)
            return receipt

    def _key(self, headers: dict[str, str]) -> Key:
        try:
            return self._keyring.find(headers.get("authorization", ""), datetime.now(UTC))
        except Unauthorized as refused:
            raise Problem(401, "Unauthorized", str(refused), headers={"WWW-Authenticate": "Bearer"}) from None
        except BusUnavailableError as error:
            raise unavailable(str(error)) from error

    async def _judged(
        self, scope: Scope, headers: dict[str, str], receive: Receive, held: Held, stamp: str | None
    ) -> Judged:
        began, key = monotonic(), self._key(headers)
        self._rates.take(key, began)
        form = form_of(headers)
        body = await read(receive, self._settings.max_body_bytes, held.take)
        if encoding := headers.get("content-encoding"):
            body = inflated(body, encoding, self._settings.max_inflated_bytes, held.take)
        rules = Rules(
            now=datetime.now(UTC),
            person=self._pseudonyms.person,
            nik_allowed=self._settings.nik_over_http or _is_private_line(scope),
            allowance=self._allowance,
            traceparent=stamp,
        )
        if monotonic() - began > _RECHECK_SECONDS:  # the key may have been revoked meanwhile
            key = self._key(headers)
        return judge(form, body, rules, key, most_events=self._settings.max_events)

    async def _store(self, events: list[Wire], trail: Trail) -> None:
        try:
            await self._writer().write(events, trail)
        except BusFullError as error:
            self._metrics.refused.labels("full").inc()
            raise unavailable(str(error)) from error
        except BusUnavailableError as error:
            self._metrics.refused.labels("unavailable").inc()
            raise unavailable(f"{error}. Nothing is lost: send the same events again") from error
        self._metrics.stored(events)


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
