"""``laju send``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from services.cli import http_client, sending
from services.cli.commands.common import err, out, plainly
from services.cli.errors import CliError


def send(
    file: Annotated[Path, typer.Argument(help="NDJSON: one CloudEvent on each line; - reads standard input.")],
    url: Annotated[str, typer.Option(help="Ingest.")] = "http://127.0.0.1:8080",
    key: Annotated[str | None, typer.Option(envvar="LAJU_API_KEY", help="API key.")] = None,
    data: Annotated[Path, typer.Option(help="Without --key, operator.key in this folder is used.")] = Path(".laju"),
    give_up_seconds: Annotated[
        float, typer.Option(min=0, help="How long to retry while ingest is busy or does not answer.")
    ] = 60,
) -> None:
    """Send events to ingest. Repeating is always safe.

    Exit code 0: all accepted; 2: some rejected; 1: gave up, or could not begin.
    """
    with plainly():
        secret = sending.key_from(key, data)
        with _lines(file) as lines, http_client.client(url) as service, _progress(file) as progress:
            task = progress.add_task("sending", total=file.stat().st_size if file.is_file() else None)
            try:
                outcome = sending.send(
                    lines,
                    service,
                    secret,
                    give_up_seconds=give_up_seconds,
                    on_sent=lambda size: progress.advance(task, size),
                )
            except sending.SendStoppedError as stopped:
                _tell(stopped.outcome)
                raise
        _tell(outcome)
    if outcome.rejected:
        raise typer.Exit(2)


def _tell(outcome: sending.Outcome) -> None:
    out.print(f"{outcome.accepted} accepted, {outcome.rejected} rejected", highlight=False)
    for rejection in outcome.shown:
        name = f" ({rejection.id})" if rejection.id else ""
        out.print(
            escape(f"line {rejection.line}{name}: {'; '.join(rejection.reasons)}"), highlight=False, soft_wrap=True
        )
    if outcome.rejected > len(outcome.shown):
        out.print(f"… and {outcome.rejected - len(outcome.shown)} more", highlight=False)


@contextmanager
def _lines(file: Path) -> Iterator[Iterator[bytes]]:
    if str(file) == "-":
        yield iter(sys.stdin.buffer)
        return
    try:
        opened = file.open("rb")
    except OSError as error:
        raise CliError(f"{file} cannot be read: {error.strerror}") from error
    with opened:
        yield iter(opened)


def _progress(file: Path) -> Progress:
    columns = (TextColumn(f"{escape(file.name)}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, disable=not err.is_terminal, transient=True)
