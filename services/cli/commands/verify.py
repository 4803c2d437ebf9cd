"""``laju verify``."""

# ruff: noqa: PLC0415 - the aggregator and the NATS client are loaded only when it is run

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.commands.common import MONGO_URL, NATS_URL, MongoUrl, NatsUrl, plainly, say, steps

if TYPE_CHECKING:
    from services.cli.archive import Advance


def verify_projection(
    regions: Annotated[
        list[str] | None,
        typer.Option("--regions", metavar="CODE…", help="Only these; repeat it, or put commas in between."),
    ] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Only so many of them, chosen at random.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every region; so it is without --regions and --sample.")
    ] = False,
    wait_seconds: Annotated[
        float, typer.Option(min=0, help="How long the projection may stand still while it is behind.")
    ] = 60,
    nats_url: NatsUrl = NATS_URL,
    mongo_url: MongoUrl = MONGO_URL,
) -> None:
    """Compute regions anew from EVENTS and compare them with the projection that serves. Changes nothing.

    Exit code 0: no difference; 1: some, or it could not be done; 2: none, but some regions could not be compared
    because events kept arriving.
    """
    from services.cli import streams
    from services.cli.serving import serving, settings_at
    from services.cli.verify import Verdict, Verification

    if every and (regions or sample):
        raise typer.BadParameter("--all does not go with --regions or --sample")
    codes = [code.strip() for given in regions or () for code in given.split(",") if code.strip()]

    async def run(advance: Advance) -> Verdict:
        settings = settings_at(mongo_url)
        async with streams.connection(nats_url) as client, serving(settings) as projection:
            verification = Verification(
                client.jetstream(), projection, settings, wait_seconds=wait_seconds, advance=advance
            )
            return await verification.run(codes, sample)

    with plainly(), steps("recomputing") as advance:
        verdict = asyncio.run(run(advance))
    for line in verdict.told():
        say(line)
    if verdict.differences or verdict.moving:
        raise typer.Exit(1 if verdict.differences else 2)
