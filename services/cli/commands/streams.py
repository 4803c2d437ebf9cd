"""``laju streams``: how streams are, and how they should be."""

# ruff: noqa: PLC0415 - the NATS client is loaded only when it is run

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from services.cli.commands.common import NATS_URL, NatsUrl, plainly, say

streams = typer.Typer(help="The streams of JetStream.", no_args_is_help=True)


@streams.callback()
def _group() -> None:
    """The streams of JetStream."""


@streams.command("create")
def create_streams(nats_url: NatsUrl = NATS_URL) -> None:
    """Create the streams and buckets that do not exist, with LAJU_STREAM_REPLICAS and LAJU_PARTITIONS.

    Needed before the first start where services have accounts of their own; then as administrator.
    """
    from services.cli import streams as nats_streams
    from services.cli.stream_creation import create
    from shared.settings import ServiceSettings

    settings = ServiceSettings()

    async def run() -> list[str]:
        async with nats_streams.connection(nats_url) as client:
            return await create(client.jetstream(), replicas=settings.stream_replicas, partitions=settings.partitions)

    with plainly():
        created = asyncio.run(run())
    say(f"created {', '.join(created)}" if created else "everything is there")


@streams.command("update")
def update_streams(
    replicas: Annotated[
        int, typer.Option(envvar="LAJU_STREAM_REPLICAS", min=1, max=5, help="Replicas of each stream.")
    ] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be changed.")] = False,
    nats_url: NatsUrl = NATS_URL,
) -> None:
    """Make existing streams as this version would create them, also with another number of replicas.

    No message is lost; a stream that does not exist is left to the services. How many partitions EVENTS has cannot be
    changed.
    """
    from services.cli import stream_update

    with plainly():
        for line in asyncio.run(stream_update.updated(nats_url, replicas, dry_run=dry_run)):
            say(line)
