"""``laju export`` and ``laju import``."""

# ruff: noqa: PLC0415 - the NATS client is loaded only when it is run

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.commands.common import NATS_URL, NatsUrl, plainly, say, steps

if TYPE_CHECKING:
    from services.cli.archive import Advance
    from services.cli.archive_lines import Manifest


def export_events(
    file: Annotated[Path, typer.Argument(help="Archive to write, such as events.ndjson.gz.")],
    nats_url: NatsUrl = NATS_URL,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
) -> None:
    """Write everything in EVENTS to one file: gzip NDJSON with a manifest and a digest. Services may go on running."""
    from services.cli import archive, streams

    async def run(advance: Advance) -> Manifest:
        async with streams.connection(nats_url) as client:
            return await archive.export(client.jetstream(), file, force=force, advance=advance)

    with plainly(), steps("exporting") as advance:
        manifest = asyncio.run(run(advance))
    say(
        f"{file}: {manifest.messages:,} messages with {manifest.events:,} events, "
        f"sequence {manifest.first_sequence} to {manifest.last_sequence}, SHA-256 {manifest.sha256}"
    )


def import_events(
    file: Annotated[Path, typer.Argument(help="Archive that laju export wrote.")],
    nats_url: NatsUrl = NATS_URL,
    resume: Annotated[
        bool, typer.Option("--resume", help="EVENTS holds the beginning of this file: go on behind it.")
    ] = False,
) -> None:
    """Fill an empty EVENTS from an archive. The whole file is checked first; services should be stopped."""
    from services.cli import archive, streams
    from shared.settings import ServiceSettings

    async def run(manifest: Manifest, advance: Advance) -> int:
        async with streams.connection(nats_url) as client:
            replicas = ServiceSettings().stream_replicas
            return await archive.restore(
                client.jetstream(), file, manifest, replicas=replicas, resume=resume, advance=advance
            )

    with plainly():
        with steps("checking") as advance:
            manifest = archive.inspect(file, advance)
        with steps("importing") as advance:
            stored = asyncio.run(run(manifest, advance))
    say(
        f"{file}: {stored:,} messages imported. EVENTS holds all {manifest.messages:,}, {manifest.events:,} events, "
        f"SHA-256 {manifest.sha256}."
    )
    say("If there is a projection database, it was built from another stream: drop it, then start the services.")
