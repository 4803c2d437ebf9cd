"""``laju up``, and the mail catcher that it starts."""

# ruff: noqa: PLC0415 - libraries of the embedded extra are loaded only when they are run

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from services.cli.commands.common import date_of, out, plainly


def up(
    data: Annotated[Path, typer.Option("--data", help="Folder for everything that is kept.")] = Path(".laju"),
    demo: Annotated[bool, typer.Option("--demo", help="Send the demo events and show what comes of them.")] = False,
    as_of: Annotated[
        date | None,
        typer.Option(parser=date_of, help="Business date; today if not given, with --demo 2024-06-27."),
    ] = None,
    port_base: Annotated[
        int, typer.Option(min=1, max=65_529, help="First of seven ports: ingest, aggregator, notifier, servers.")
    ] = 8080,
) -> None:
    """Run everything on this machine, servers and a mail catcher included, until Ctrl-C."""
    from services.cli.up.run import Wish
    from services.cli.up.run import up as run

    with plainly():
        run(Wish(data, demo, as_of, port_base), out)


def mail_catcher(
    host: Annotated[str, typer.Option()],
    port: Annotated[int, typer.Option()],
    folder: Annotated[Path, typer.Option(exists=True, file_okay=False)],
) -> None:
    """Keep every mail sent to HOST:PORT as an .eml file in FOLDER."""
    from services.cli.mail_catcher import catch

    with plainly():
        asyncio.run(catch(host, port, folder))
