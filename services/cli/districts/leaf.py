"""The streams of a district's own server."""

from __future__ import annotations

from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, ExternalStream, RetentionPolicy, StorageType, StreamConfig, StreamSource
from nats.js.errors import NotFoundError

from services.cli.districts.link import HUB_DOMAIN, Link
from services.cli.errors import CliError
from shared.bus import INTAKE, REJECTED, intake_subject

_DAY = 86_400
INTAKE_DAYS, REJECTED_DAYS = 30, 100


async def prepare(js: JetStreamContext, link: Link) -> list[str]:
    """Create the streams that are missing; returns their names.

    Raises:
        CliError: a stream is there already and is another district's, or none of ours.
    """
    created = []
    for config in (_intake(link), _rejected(link)):
        name = str(config.name)
        try:
            found = (await js.stream_info(name)).config
        except NotFoundError:
            await js.add_stream(config)
            created.append(name)
        else:
            _check(found, config, link)
    return created


def _intake(link: Link) -> StreamConfig:
    """What the district puts on its subject. When the disk is full, nothing is taken: the sender hears of it, and
    nothing that was acknowledged is dropped for it."""
    return StreamConfig(
        name=INTAKE,
        subjects=[intake_subject(link.code)],
        description=f"events of {link.title} for the hub",
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.NEW,
        max_age=INTAKE_DAYS * _DAY,
        max_msgs=-1,
        max_bytes=-1,
        duplicate_window=120,
        num_replicas=1,
    )


def _rejected(link: Link) -> StreamConfig:
    """What the hub refused, copied from there."""
    hub = ExternalStream(api=f"$JS.{HUB_DOMAIN}.API", deliver=link.returned)
    return StreamConfig(
        name=REJECTED,
        description=f"what the hub refused of {link.title}, with the reasons",
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.OLD,
        max_age=REJECTED_DAYS * _DAY,
        max_msgs=-1,
        max_bytes=-1,
        num_replicas=1,
        sources=[StreamSource(name=REJECTED, external=hub)],
    )


def _check(found: StreamConfig, wanted: StreamConfig, link: Link) -> None:
    copied = [[source.external for source in config.sources or []] for config in (found, wanted)]
    if (found.subjects or []) != (wanted.subjects or []) or copied[0] != copied[1]:
        raise CliError(
            f"this server has a stream {found.name} that is not the one of {link.title}. Is it the right server, and "
            "the right code? Look with `nats stream info`; remove the stream by hand if nothing in it is needed"
        )
