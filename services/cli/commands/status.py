"""``laju status``."""

# ruff: noqa: PLC0415 - what it prints is loaded only when it is run

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from services.cli import http_client
from services.cli.commands.common import ReadApiToken, date_of, out, plainly


def status(
    code: Annotated[str, typer.Argument(help="Region code, such as 51.71, or ID for the nation.")],
    on: Annotated[date | None, typer.Option("--on", parser=date_of, help="Business date.")] = None,
    url: Annotated[
        str, typer.Option(envvar=["LAJU_READ_API_URL", "LAJU_AGGREGATOR_URL"], help="Aggregator.")
    ] = "http://127.0.0.1:8081",
    token: ReadApiToken = None,
) -> None:
    """Show a region's figures and how it stands against its targets."""
    from services.cli.status import status as shown

    with plainly(), http_client.client(url, token=token) as service:
        for part in shown(service, code, on):
            out.print(part)
