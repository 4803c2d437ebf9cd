"""``laju rebuild``."""

# ruff: noqa: PLC0415 - the aggregator is loaded only when it is run

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from services.cli.commands.common import err, out, plainly


def rebuild_projection(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Fill and compare only, then throw away.")] = False,
) -> None:
    """Build the projection anew from EVENTS while the present one serves, compare, then switch over.

    Servers come from LAJU_NATS_URL and LAJU_MONGO_URL. Exit code 0: no difference; 2: some, and nothing was switched.
    """
    from services.cli import rebuild

    with plainly():
        outcome = asyncio.run(rebuild.rebuild(err, dry_run=dry_run))
    for line in rebuild.told(outcome):
        out.print(line, highlight=False, soft_wrap=True)
    if outcome.differences:
        raise typer.Exit(2)
