"""The bus: stream and subject names, how to connect, and what the streams must look like.

``EVENTS`` is the source of truth. It is created once, never recreated when lost, and nobody may delete from it. The
number of partitions is written into its metadata when it is created, so that publishers and consumers always agree.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from faststream.nats import NatsBroker
from faststream.nats.security import NatsNKey, NatsSecurity
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RawStreamMsg, RetentionPolicy, StorageType, StreamConfig, StreamInfo
from nats.js.errors import BadRequestError, NotFoundError, ServiceUnavailableError

from shared.errors import BusUnavailableError, RecoverableError, StreamLostError
from shared.settings import ServiceSettings
from shared.trust import trust

log = logging.getLogger(__name__)

EVENTS = "EVENTS"
PACE = "PACE"
ALERTS = "ALERTS"
QUARANTINE = "QUARANTINE"
INTAKE = "INTAKE"
REJECTED = "REJECTED"
_DAY = 86_400
_PATIENCE_SECONDS = 1.0
Value = TypeVar("Value")


def events_subject(partition: int) -> str:
    """Where the envelopes of a partition are published."""
    return f"events.{partition}"


def pace_subject(region: str) -> str:
    """Where the standings of a region are published; region codes become subject tokens (``pace.51.71``)."""
    return f"pace.{region}"


def alerts_subject(region: str) -> str:
    """Where the alerts of a region are recorded."""
    return f"alerts.{region}"


def quarantine_subject(stream: str, digest: str) -> str:
    """One subject for each quarantined event of a stream, so that quarantining it again replaces it."""
    return f"quarantine.{stream.lower()}.{digest}"


def intake_subject(region: str) -> str:
    """Where a district without HTTP, such as ``51.71``, puts its events."""
    return f"intake.{region}"


def rejected_subject(region: str) -> str:
    """Where such a district is told what of it was refused, and why."""
    return f"rejected.{region}"


def presence_subject(group: str) -> str:
    """Where the replicas of a group, such as ``aggregator.p1``, say that they are there; in no stream."""
    return f"presence.{group}"


def stream_configs(replicas: int, partitions: int) -> list[StreamConfig]:
    """All streams with every limit said explicitly (the server's own defaults would drop old messages).

    Only EVENTS is the source of truth; PACE can be recomputed and keeps 100 days.
    """
    common: dict[str, Any] = {
        "storage": StorageType.FILE,
        "retention": RetentionPolicy.LIMITS,
        "num_replicas": replicas,
        "max_msgs": -1,
        "max_bytes": -1,
        "max_consumers": -1,
        "max_msg_size": -1,
        "duplicate_window": 120,
        "allow_direct": True,
    }
    return [
        StreamConfig(
            name=EVENTS,
            subjects=["events.*"],
            description="CloudEvents batches by partition: the source of truth",
            discard=DiscardPolicy.NEW,
            max_age=0,
            deny_delete=True,
            deny_purge=True,
            metadata={"laju_partitions": str(partitions)},
            **common,
        ),
        StreamConfig(
            name=PACE,
            subjects=["pace.>"],
            description="pace.assessed: derived, can be recomputed",
            discard=DiscardPolicy.OLD,
            max_age=100 * _DAY,
            **common,
        ),
        StreamConfig(
            name=ALERTS,
            subjects=["alerts.>"],
            description="the life of each alert",
            discard=DiscardPolicy.NEW,
            max_age=0,
            deny_delete=True,
            deny_purge=True,
            **common,
        ),
        StreamConfig(
            name=QUARANTINE,
            subjects=["quarantine.>"],
            description="events that could not be applied, one subject each",
            discard=DiscardPolicy.OLD,
            max_age=0,
            max_msgs_per_subject=1,
            **common,
        ),
        # A district's own stream keeps its events for 30 days: INTAKE keeps them for longer, because the server finds
        # in it up to where it has copied a district's stream, and would begin anew if nothing of it were left.
        StreamConfig(
            name=INTAKE,
            subjects=["intake.>"],
            description="what districts put on the bus, not yet judged",
            discard=DiscardPolicy.NEW,
            max_age=40 * _DAY,
            **common,
        ),
        StreamConfig(
            name=REJECTED,
            subjects=["rejected.>"],
            description="what of it was refused, with the reasons",
            discard=DiscardPolicy.OLD,
            max_age=100 * _DAY,
            **common,
        ),
    ]


_COMPARED = (
    "subjects", "storage", "retention", "discard", "max_age", "max_msgs", "max_bytes", "max_msgs_per_subject",
    "num_replicas", "deny_delete", "deny_purge", "allow_direct",
)  # fmt: skip


def differing(present: StreamConfig, wanted: StreamConfig) -> dict[str, tuple[object, object]]:
    """In what a stream is not as it would be created now: each field with what it is, and what it should be. How many
    partitions EVENTS has was decided when it was created."""
    found = {}
    for field in _COMPARED:
        should = getattr(wanted, field)
        is_ = getattr(present, field)
        # The server leaves out what is off.
        is_ = type(should)() if is_ is None else is_
        if (is_ or 0) != (should or 0):
            found[field] = tuple(value.value if isinstance(value, Enum) else value for value in (is_, should))
    return found


def broker(settings: ServiceSettings, *, name: str, on_closed: Callable[[], None]) -> NatsBroker:
    """A broker of the service ``name`` that reconnects for ever, to whichever of its servers is there; ``on_closed`` is
    called if the client gives up all the same. What it asks is answered on inboxes of its own, ``_INBOX_<name>.>``.

    FastStream would otherwise stay alive and never come back.

    Raises:
        InvalidError: the certificate authorities cannot be read.
    """

    async def closed() -> None:
        on_closed()

    return NatsBroker(
        settings.nats_servers,
        name=f"laju-{name}",
        inbox_prefix=inbox_prefix(name),
        security=_security(settings),
        connect_timeout=2,
        reconnect_time_wait=1,
        # A line that died without a word is found within 15 s, not after the six minutes of the defaults.
        ping_interval=5,
        max_outstanding_pings=2,
        max_reconnect_attempts=-1,
        allow_reconnect=True,
        pending_size=64 * 1024 * 1024,
        drain_timeout=5,
        closed_cb=closed,
        graceful_timeout=10.0,
        logger=logging.getLogger("faststream"),
        log_level=logging.DEBUG,
    )


def inbox_prefix(name: str) -> str:
    """What the inboxes of a service begin with: it may be allowed to listen to those, and to nobody else's."""
    return f"_INBOX_{name}"


def encryption(settings: ServiceSettings) -> ssl.SSLContext | None:
    """Whom to trust on the lines to NATS, ``None`` if they are not encrypted. A client must begin with the handshake,
    before the server says a word: whoever can change what is on the line could otherwise tell it that the server knows
    no TLS, and it would believe that.

    Raises:
        InvalidError: the certificate authorities cannot be read.
    """
    return trust(settings.ca) if settings.nats_encrypted else None


def _security(settings: ServiceSettings) -> NatsSecurity | None:
    context = encryption(settings)
    handshake_first = context is not None
    if settings.nats_seed is not None:
        seed = settings.nats_seed.get_secret_value()
        return NatsNKey.from_seed(seed, ssl_context=context, tls_handshake_first=handshake_first)
    if context is not None:
        return NatsSecurity(ssl_context=context, tls_handshake_first=handshake_first)
    return None


async def connected(broker: NatsBroker, *, retry_seconds: float = 0.5) -> JetStreamContext:
    """Connect, waiting for a server that is not there yet for as long as it takes; readiness tells meanwhile."""
    while True:
        try:
            await broker.connect()
            js = js_of(broker)
            # The server answers before its JetStream has recovered its streams.
            await js.account_info()
        except (NatsError, OSError, TimeoutError) as error:
            log.warning("connecting to NATS failed: %s; trying again", described(error))
            await asyncio.sleep(retry_seconds)
        else:
            return js


def js_of(broker: NatsBroker) -> JetStreamContext:
    """JetStream over the connection of a broker that was connected."""
    js: JetStreamContext = broker.config.connection_state.stream
    return js


def client_of(broker: NatsBroker) -> Client:
    """The NATS client of a broker that was connected."""
    client: Client = broker.config.connection_state.connection
    return client


async def ensure_streams(js: JetStreamContext, *, replicas: int = 1, partitions: int = 16) -> None:
    """Create the streams that do not exist yet. Existing ones are left as they are: changing them is an operator's
    decision, and two services starting at once must not undo each other.

    Raises:
        StreamLostError: EVENTS, always the first to be created, is missing although others are there.
        BusUnavailableError: one is missing, and this process may not create it.
    """
    for config in stream_configs(replicas, partitions):
        try:
            await js.stream_info(str(config.name))
        except NotFoundError:
            # Asked again: another service may have created them all since.
            if config.name == EVENTS and await _exists(js, ALERTS) and not await _exists(js, EVENTS):
                raise _lost("is missing although the other streams are there") from None
            try:
                await js.add_stream(config)
            except BadRequestError:
                # Another service created it at this moment with other settings: the one that exists stands.
                await js.stream_info(str(config.name))
            except ServiceUnavailableError as error:
                # Nobody hears who may not ask.
                raise BusUnavailableError(
                    f"creating stream {config.name} failed: nobody answers. Where services have accounts of their own, "
                    "`laju streams create` does it"
                ) from error


async def opened(broker: NatsBroker, settings: ServiceSettings) -> JetStreamContext:
    """Connect and make sure of the streams, waiting for the server for as long as it takes.

    Raises:
        StreamLostError: EVENTS is missing although the other streams are there.
    """
    js = await connected(broker)
    await patiently(
        lambda: ensure_streams(js, replicas=settings.stream_replicas, partitions=settings.partitions),
        "preparing the streams",
    )
    return js


async def patiently(work: Callable[[], Awaitable[Value]], what: str) -> Value:
    """What ``work`` returns, tried again each second while a server is away; it must be safe to repeat.

    For the start of a service: readiness tells meanwhile, and an error that waiting cannot mend is raised.
    """
    while True:
        try:
            return await work()
        except (NatsError, RecoverableError) as error:
            log.warning("%s failed: %s; trying again", what, described(error))
            await asyncio.sleep(_PATIENCE_SECONDS)


def described(error: Exception) -> str:
    """What an error of the bus says, with its kind where it says nothing."""
    return str(error).removeprefix("nats: ") or type(error).__name__


async def stored(js: JetStreamContext, stream: str) -> int:
    """How many messages a stream holds.

    Raises:
        BusUnavailableError: JetStream does not answer.
    """
    try:
        return int((await js.stream_info(stream)).state.messages)
    except (NatsError, TimeoutError) as error:
        raise BusUnavailableError(f"asking about {stream} failed: {type(error).__name__}") from error


async def first_after(js: JetStreamContext, stream: str, subject: str, sequence: int) -> RawStreamMsg | None:
    """The first message of a subject (wildcards allowed) behind a sequence of a stream, ``None`` if there is none.

    Raises:
        NatsError: JetStream does not answer.
    """
    try:
        return await js.get_msg(stream, sequence + 1, subject=subject, direct=True, next=True)
    except NotFoundError:
        return None


async def _exists(js: JetStreamContext, name: str) -> bool:
    try:
        await js.stream_info(name)
    except NotFoundError:
        return False
    return True


async def partitions_of(js: JetStreamContext) -> int:
    """How many partitions EVENTS was created with."""
    info = await js.stream_info(EVENTS)
    return int((info.config.metadata or {}).get("laju_partitions", "16"))


@dataclass(slots=True)
class StreamWatch:
    """Stops a service when EVENTS is deleted, replaced or emptied, and mends a deleted consumer.

    A deleted stream or consumer makes a pull loop spin silently; only asking the server shows it.
    """

    js: JetStreamContext
    mend_consumers: Callable[[], Awaitable[None]]
    stop: Callable[[BaseException], None]
    interval_seconds: float = 3.0

    async def run(self) -> None:
        """Look every ``interval_seconds`` until cancelled or the stream is lost."""
        first: StreamInfo | None = None
        highest = 0
        while True:
            try:
                info = await self.js.stream_info(EVENTS)
                first = first or info
                highest = _still_the_same(first, info, highest)
                await self.mend_consumers()
            except NotFoundError:
                return self.stop(_lost("was deleted"))
            except StreamLostError as error:
                return self.stop(error)
            except (NatsError, RecoverableError) as error:
                log.warning("watching EVENTS failed: %s; trying again", described(error))
            await asyncio.sleep(self.interval_seconds)


def _still_the_same(first: StreamInfo, now: StreamInfo, highest: int) -> int:
    if now.created != first.created:
        raise _lost("was deleted and created anew")
    if now.state.last_seq < highest:
        raise _lost(f"went back from sequence {highest} to {now.state.last_seq}")
    return now.state.last_seq


def _lost(what: str) -> StreamLostError:
    return StreamLostError(
        f"stream EVENTS {what}. It is the only source of truth and is never recreated empty by a service: "
        "restore it from a backup, then start the service again"
    )
