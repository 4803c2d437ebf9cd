"""What commands share: where they print, how they fail, and the options that more than one of them has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.cli.errors import CliError

if TYPE_CHECKING:
    from services.cli.archive import Advance

out, err = Console(), Console(stderr=True)

NatsUrl = Annotated[str, typer.Option("--nats-url", envvar="LAJU_NATS_URL", help="NATS with JetStream.")]
MongoUrl = Annotated[str | None, typer.Option("--mongo-url", envvar="LAJU_MONGO_URL", help="MongoDB replica set.")]
ReadApiToken = Annotated[
    str | None,
    typer.Option("--token", envvar="LAJU_READ_API_TOKEN", help="From `laju pages link CODE --token`, if it is needed."),
]
NATS_URL = "nats://127.0.0.1:4222"
MONGO_URL = None  # as the aggregator's settings say: it holds a password, which may be in a file


def date_of(value: str | date) -> date:
    """The date that an option gives: options come as text, their defaults as dates.

    Raises:
        typer.BadParameter: the text is no date in ISO 8601.
    """
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise typer.BadParameter(f"{value!r} is not a date such as 2024-06-27") from error


@contextmanager
def plainly() -> Iterator[None]:
    """Tell an expected failure as a sentence and exit with 1."""
    try:
        yield
    except CliError as error:
        err.print(f"[red]laju:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


def say(line: str) -> None:
    """A line as it is: neither wrapped nor coloured, brackets are no markup."""
    out.print(line, highlight=False, soft_wrap=True, markup=False)


@contextmanager
def steps(what: str) -> Iterator[Advance]:
    """A progress bar for a known number of steps; it is told how many are done and of how many."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
