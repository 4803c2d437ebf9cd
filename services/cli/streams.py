"""The bus for an operator's commands: a connection, and a stream read in order from one sequence to another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, StreamInfo
from nats.js.errors import NotFoundError, ServiceUnavailableError
from pydantic import ValidationError

from services.cli.errors import CliError, NotAllowedError, NotLetInError, refused_setting
from shared.bus import described, encryption, inbox_prefix
from shared.errors import InvalidError
from shared.settings import ServiceSettings

log = logging.getLogger(__name__)

_FETCH = 64
_FETCH_SECONDS = 5.0
_SILENT_FETCHES = 6
_CONNECT_TRIES = 3
_CONNECT_SECONDS = 10.0


@asynccontextmanager
async def connection(url: str) -> AsyncIterator[Client]:
    """A connection to NATS, closed at the end. A short interruption is bridged.

    Raises:
        CliError: nobody answers at ``url`` (addresses with commas between them), a setting for it cannot be used, or
            NATS failed within the block; credentials are not repeated.
        NotLetInError: the key in LAJU_NATS_SEED is none of the server's, or it asks for one.
        NotAllowedError: something within the block takes another key.
    """
    heard: list[Exception] = []

    async def noted(error: Exception) -> None:
        # What matters reaches the caller as an exception; the client would print the rest with a traceback.
        log.debug("NATS client: %s", error)
        heard.append(error)

    try:
        settings = ServiceSettings(nats_url=url)
        trusted = encryption(settings)
    except ValidationError as error:
        raise CliError(refused_setting(error)) from error
    except InvalidError as error:
        raise CliError(error.reason) from error
    where = ", ".join(_address(server) for server in settings.nats_servers)
    try:
        # The client would try for ever where it gets a line and then no encryption, such as from an unknown authority.
        async with asyncio.timeout(_CONNECT_SECONDS):
            client = await nats.connect(
                settings.nats_servers,
                name="laju-cli",
                inbox_prefix=inbox_prefix("cli"),
                nkeys_seed_str=settings.nats_seed.get_secret_value() if settings.nats_seed else None,
                tls=trusted,
                tls_handshake_first=trusted is not None,
                connect_timeout=2,
                reconnect_time_wait=0.5,
                max_reconnect_attempts=_CONNECT_TRIES,
                pending_size=64 * 1024 * 1024,
                error_cb=noted,
            )
    except (NatsError, OSError, TimeoutError, ValueError) as error:
        if _about("authorization violation", heard):
            raise NotLetInError(
                f"NATS at {where} does not let us in: it does not know the key that LAJU_NATS_SEED belongs to, or asks "
                "for one. `laju bus keys` makes one, `laju bus accounts` lets it in."
            ) from error
        raise CliError(
            f"NATS at {where} cannot be reached ({described((*heard, error)[0])}). Is it running? Give its address "
            "with --nats-url or LAJU_NATS_URL."
        ) from error
    try:
        yield client
    except ServiceUnavailableError as error:
        raise CliError(f"NATS at {where} has no JetStream, or it is not ready: {error}") from error
    except (NatsError, TimeoutError) as error:
        if refused := _about("permissions violation", heard):
            raise NotAllowedError(
                f"NATS at {where} refused it: {described(refused)}. LAJU_NATS_SEED must be the operator's for most "
                "commands, the administrator's for some: LAJU_SECRETS names the folder with it."
            ) from error
        why = str(error) or type(error).__name__
        raise CliError(f"NATS at {where} failed: {why}. Look at its log, then run the command again.") from error
    finally:
        await client.close()


def _about(what: str, heard: Sequence[Exception]) -> Exception | None:
    return next((error for error in heard if what in str(error).lower()), None)


async def info_of(js: JetStreamContext, stream: str) -> StreamInfo:
    """What the server knows about a stream.

    Raises:
        CliError: there is no such stream.
    """
    try:
        info: StreamInfo = await js.stream_info(stream)
    except NotFoundError as error:
        raise CliError(
            f"this NATS server has no stream {stream}. Is it the right server? The services create their streams at "
            "their first start; --nats-url or LAJU_NATS_URL says where they run."
        ) from error
    return info


async def read(js: JetStreamContext, stream: str, *, start: int = 1, through: int) -> AsyncIterator[Msg]:
    """Every message with a sequence from ``start`` to ``through``, in order, a few at a time.

    Through a consumer of its own without acknowledgements; when it lost something or is gone, the next one goes on
    behind the last message that was yielded.

    Raises:
        CliError: the server stopped answering.
        NatsError: it refused.
    """
    following, silent = start, 0
    while following <= through:
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=following,
            ack_policy=AckPolicy.NONE,
            num_replicas=1,
            mem_storage=True,
            inactive_threshold=60,
        )
        subscription = await js.pull_subscribe(">", stream=stream, config=config)
        delivered, whole = 0, True
        try:
            while whole:
                try:
                    messages = await subscription.fetch(_FETCH, _FETCH_SECONDS)
                except TimeoutError:
                    silent += 1
                    if not (await subscription.consumer_info()).num_pending:
                        return
                    if silent >= _SILENT_FETCHES:
                        raise CliError(
                            f"reading stream {stream} stopped at sequence {following}: NATS does not answer any more. "
                            "Look at its log, then run the command again."
                        ) from None
                    break
                for message in messages:
                    metadata = message.metadata
                    delivered += 1
                    whole = metadata.sequence.consumer == delivered
                    if not whole:
                        break
                    if metadata.sequence.stream > through:
                        return
                    following, silent = metadata.sequence.stream + 1, 0
                    yield message
                    if following > through or metadata.num_pending == 0:
                        return
        except NotFoundError:
            log.debug("the consumer is gone: going on at sequence %d", following)
        finally:
            with suppress(NatsError, TimeoutError):
                await subscription.unsubscribe()
                await js.delete_consumer(stream, str(config.name))


def _address(url: str) -> str:
    try:
        parts = urlsplit(url if "://" in url else f"nats://{url}")
        port = parts.port or 4222
    except ValueError:
        return "the address given"
    return f"{parts.hostname}:{port}"
