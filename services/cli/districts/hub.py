"""The hub's side of the links: the streams in the accounts of districts, and which of them INTAKE copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nats.aio.client import Client
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import (
    DiscardPolicy,
    ExternalStream,
    RetentionPolicy,
    StorageType,
    StreamConfig,
    StreamInfo,
    StreamSource,
)
from nats.js.errors import NotFoundError, ServiceUnavailableError

from services.cli.districts.link import Link, code_of
from services.cli.errors import CliError
from services.cli.streams import info_of
from shared.bus import INTAKE, REJECTED, intake_subject, rejected_subject

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Changes:
    """Codes of the districts that INTAKE copies since now, and does no more."""

    added: tuple[str, ...]
    removed: tuple[str, ...]


async def connect(client: Client, links: Sequence[Link], *, replicas: int = 1) -> Changes:
    """Let INTAKE copy exactly these districts; changes nothing when repeated.

    Raises:
        CliError: INTAKE or the account of a district is missing.
    """
    js = client.jetstream()
    intake = (await info_of(js, INTAKE)).config
    for link in links:
        for config in (_transit(link, replicas), _refusals(link, replicas)):
            if await stream_of(client, link, str(config.name)) is None:
                await _account(client, link).add_stream(config)
    before = {source.name: source for source in intake.sources or []}
    after = {link.transit: _source(link) for link in links}
    if before != after:
        # Without a window for duplicates: a message of one district would otherwise be dropped because another one
        # used the same id. A stream without sources has no choice.
        await js.update_stream(intake.evolve(sources=list(after.values()), duplicate_window=0))
    return Changes(
        added=tuple(sorted(map(code_of, after.keys() - before.keys()))),
        removed=tuple(sorted(map(code_of, before.keys() - after.keys()))),
    )


async def stream_of(client: Client, link: Link, name: str) -> StreamInfo | None:
    """A stream in the account of a district, ``None`` if there is none.

    Raises:
        CliError: the hub has no such account.
    """
    try:
        info: StreamInfo = await _account(client, link).stream_info(name)
    except NotFoundError:
        return None
    except (ServiceUnavailableError, NatsTimeoutError) as error:
        raise CliError(
            f"the hub has no account {link.account} for {link.title}. Write its accounts with `laju bus "
            "accounts`, let it read them (nats-server --signal reload), then run the command again"
        ) from error
    return info


def _transit(link: Link, replicas: int) -> StreamConfig:
    """What the district handed over. INTAKE copies it at once; a day is for mending what keeps it from that, and no
    longer, since a NIK that should not be in it is erased in INTAKE only."""
    leaf = ExternalStream(api=f"$JS.{link.domain}.API", deliver=link.carried)
    return StreamConfig(
        name=link.transit,
        description=f"on the way from {link.title} to {INTAKE}",
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.NEW,
        max_age=_DAY,
        max_msgs=-1,
        max_bytes=-1,
        num_replicas=replicas,
        sources=[StreamSource(name=INTAKE, external=leaf)],
    )


def _refusals(link: Link, replicas: int) -> StreamConfig:
    """What of it was refused. Its name is that of Laju's own stream: whoever publishes names the stream that is to
    store it. It does not answer: Laju's own does."""
    return StreamConfig(
        name=REJECTED,
        subjects=[rejected_subject(link.code)],
        description=f"what was refused of {link.title}, until its server has it",
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.OLD,
        max_age=100 * _DAY,
        max_msgs=-1,
        max_bytes=-1,
        num_replicas=replicas,
        no_ack=True,
    )


def _source(link: Link) -> StreamSource:
    return StreamSource(
        name=link.transit,
        filter_subject=intake_subject(link.code),
        external=ExternalStream(api=link.account_api, deliver=link.gathered),
    )


def _account(client: Client, link: Link) -> JetStreamContext:
    return client.jetstream(prefix=link.account_api)
