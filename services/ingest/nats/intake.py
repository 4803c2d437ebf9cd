"""``intake.<region>``: the intake over the bus, for districts that have a server of their own.

What is on a subject was put there by that region: the accounts of the server see to it. So the subject is the key.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from services.ingest.admission import Rules
from services.ingest.bodies import BATCH, STRUCTURED, form_of
from services.ingest.encodings import inflated
from services.ingest.judging import Judged, judge
from services.ingest.keys.key import Key, of_region
from services.ingest.metrics import Metrics
from services.ingest.nats.refusal import RefusedMessage
from services.ingest.pseudonym import Pseudonyms
from services.ingest.receipt import refusals_of
from services.ingest.settings import IngestSettings
from services.ingest.tracing import describe
from services.ingest.writer import EnvelopeWriter
from shared import wilayah
from shared.bus import INTAKE, REJECTED, intake_subject, rejected_subject
from shared.errors import BusUnavailableError, RecoverableError
from shared.events.base import holds_nik
from shared.problems import Problem, masked
from shared.pull import Pull
from shared.tracing.span import OFF, Span, Tracing

log = logging.getLogger(__name__)
DURABLE = "ingest"
_ACK_WAIT_SECONDS = 60
_RETRY_SECONDS = 2
_IN_FLIGHT = 64
_IN_FLIGHT_BYTES = 16 * 1024 * 1024
_PREFIX = intake_subject("")


@dataclass(frozen=True, slots=True)
class Backlog:
    """How far INTAKE is taken: messages that ``wait``, those in hand with them, and the sequence ``taken`` up to which
    all are stored or refused, 0 if there is none yet."""

    wait: int
    taken: int


@dataclass(frozen=True, slots=True)
class _Read:
    """A message judged: what it holds, or why it could not be read, and whether a NIK is in it."""

    judged: Judged
    problem: Problem | None
    with_nik: bool


class BusIntake:
    """Takes what is on INTAKE, one durable consumer shared by all replicas, and acknowledges a message once everything
    in it is stored or refused with the reasons."""

    def __init__(
        self,
        js: JetStreamContext,
        client: Client,
        writer: Callable[[], EnvelopeWriter],
        *,
        settings: IngestSettings,
        pseudonyms: Pseudonyms,
        metrics: Metrics,
        tracing: Tracing = OFF,
    ) -> None:
        self._js = js
        self._writer = writer
        self._settings = settings
        self._pseudonyms = pseudonyms
        self._metrics = metrics
        self._tracing = tracing
        self._allowance = timedelta(seconds=settings.clock_allowance_seconds)
        self._pull = Pull(client, INTAKE, DURABLE, self._take, in_flight=_IN_FLIGHT, in_flight_bytes=_IN_FLIGHT_BYTES)

    async def ensure(self) -> None:
        """Create the consumer if it is missing.

        Raises:
            NatsError: the server does not answer.
        """
        try:
            await self._js.consumer_info(INTAKE, DURABLE)
        except NotFoundError:
            # From the first message on: taking one again stores the same events again, which changes nothing.
            config = ConsumerConfig(
                name=DURABLE,
                durable_name=DURABLE,
                deliver_policy=DeliverPolicy.ALL,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=_ACK_WAIT_SECONDS,
                max_deliver=-1,
                max_ack_pending=_IN_FLIGHT * 16,
            )
            await self._js.add_consumer(INTAKE, config)

    async def run(self) -> None:
        """Take messages until cancelled."""
        await self._pull.start()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await self._pull.stop()

    async def backlog(self) -> Backlog:
        """How far all replicas together are.

        Raises:
            BusUnavailableError: JetStream does not answer.
        """
        try:
            info = await self._js.consumer_info(INTAKE, DURABLE)
        except NatsError as error:
            raise BusUnavailableError(f"asking about INTAKE failed: {type(error).__name__}") from error
        wait = (info.num_pending or 0) + (info.num_ack_pending or 0)
        return Backlog(wait, info.ack_floor.stream_seq if info.ack_floor else 0)

    async def _take(self, message: Msg) -> None:
        try:
            await self._taken(message)
        except RecoverableError as error:
            sequence = message.metadata.sequence.stream
            log.warning("taking message %d of INTAKE failed: %s; it comes again", sequence, error)
            await message.nak(delay=_RETRY_SECONDS)
        else:
            await message.ack()

    async def _taken(self, message: Msg) -> None:
        region = message.subject.removeprefix(_PREFIX)
        headers = {name.lower(): value for name, value in (message.headers or {}).items()}
        with self._tracing.span("process intake", "consumer", follows=self._tracing.told(headers)) as span:
            await self._stored_or_refused(message, region, headers, span)

    async def _stored_or_refused(self, message: Msg, region: str, headers: Mapping[str, str], span: Span) -> None:
        read = self._read(region, headers, message.data, span.stamp)
        describe(span, read.judged)
        await self._writer().write(read.judged.accepted, span.trail)
        self._metrics.stored(read.judged.accepted)
        if read.problem is not None or read.judged.refused:
            await self._refuse(message, region, headers, read)
        if read.with_nik:
            await self._erase(message.metadata.sequence.stream)

    def _read(self, region: str, headers: Mapping[str, str], data: bytes, stamp: str | None) -> _Read:
        body = data
        try:
            key = _key_of(region)
            body = inflated(data, headers.get("content-encoding", ""), self._settings.max_inflated_bytes, _welcome)
            form = form_of({"content-type": _guessed(body), **headers})
            rules = Rules(
                now=datetime.now(UTC),
                person=self._pseudonyms.person,
                nik_allowed=False,
                allowance=self._allowance,
                traceparent=stamp,
            )
            judged, problem = judge(form, body, rules, key, most_events=self._settings.max_events), None
        except Problem as refused:
            judged, problem = Judged([], [], single=False), refused
        everything = " ".join([*headers.values(), body.decode(errors="replace")])
        # What is in base64 is looked at when it is judged only.
        hidden = bool(judged.refused) and b'"data_base64"' in body
        return _Read(judged, problem, holds_nik(everything) or hidden)

    async def _refuse(self, message: Msg, region: str, headers: Mapping[str, str], read: _Read) -> None:
        sequence = message.metadata.sequence.stream
        refused = RefusedMessage(
            region=region,
            sequence=_own_sequence(headers) or sequence,
            message_id=masked(headers["nats-msg-id"]) if "nats-msg-id" in headers else None,
            problem=None if read.problem is None else masked(read.problem.detail),
            accepted=len(read.judged.accepted),
            rejected=refusals_of(read.judged),
        )
        told = {"Content-Type": "application/json", "Nats-Msg-Id": f"{INTAKE}/{sequence}"}
        try:
            await self._js.publish(
                rejected_subject(region), refused.model_dump_json().encode(), stream=REJECTED, headers=told
            )
        except NatsError as error:
            raise BusUnavailableError(f"telling {region} what was refused failed: {type(error).__name__}") from error
        if read.problem is not None:
            self._metrics.refused.labels("malformed").inc()
        self._metrics.rejected([event for _, event in read.judged.refused])
        log.info("refused %d events of message %d of INTAKE", len(refused.rejected), sequence)

    async def _erase(self, sequence: int) -> None:
        """A NIK must not stay on the bus: the message is overwritten there."""
        try:
            await self._js.delete_msg(INTAKE, sequence)
        except NotFoundError:
            return  # an earlier attempt has
        except NatsError as error:
            raise BusUnavailableError(f"erasing a message failed: {type(error).__name__}") from error
        log.warning(
            "erased message %d of INTAKE: it held what looks like a NIK, which may come over HTTPS only", sequence
        )


def _key_of(region: str) -> Key:
    if not wilayah.is_known(region):
        raise Problem(400, "Bad Request", f"the subject {intake_subject(region)[:60]} names no region")
    return of_region(region, datetime.now(UTC))


def _guessed(body: bytes) -> str:
    """The content type of a body that came without."""
    return BATCH if body.lstrip().startswith(b"[") else STRUCTURED


def _own_sequence(headers: Mapping[str, str]) -> int | None:
    """Where the message was before the server copied it, as it says: stream, sequence, …"""
    parts = headers.get("nats-stream-source", "").split()
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else None


def _welcome(size: int) -> None:
    """A message was bounded by the server; what it inflates to is by its own limit."""
