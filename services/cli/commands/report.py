"""``laju report``."""

# ruff: noqa: PLC0415 - the aggregator and what draws and sets are loaded only when it is run

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from services.cli.commands.common import MONGO_URL, MongoUrl, date_of, plainly, say


def report(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Region code, such as 51.71, or ID for the nation.")],
    on: Annotated[date | None, typer.Option("--on", parser=date_of, metavar="DATE", help="Business date.")] = None,
    language: Annotated[Literal["id", "en"], typer.Option(help="Bahasa Indonesia or English.")] = "id",
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to; by default laju-CODE-DATE.pdf, here.")
    ] = None,
    mongo_url: MongoUrl = MONGO_URL,
) -> None:
    """Write how a region stands as a PDF of one page, from the database. The read API has the same as report.pdf."""
    from services.cli.report import print_report

    with plainly():
        say(str(asyncio.run(print_report(code, on, language, output, mongo_url, datetime.now(UTC)))))
