"""The command ``laju``. Commands only read their options, call what does the work, and print."""

# ruff: noqa: PLC0415 - each command loads only what it runs: the services, and libraries of the embedded extra

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from services.cli import http_client, sending, simulate
from services.cli.errors import CliError

app = typer.Typer(
    name="laju",
    help="Tells every Indonesian region whether its identity programmes will reach their targets in time.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_FIRST, _LAST = date(2024, 1, 1), date(2024, 12, 31)  # what is simulated unless told otherwise
_out, _err = Console(), Console(stderr=True)

Data = Annotated[Path, typer.Option("--data", help="Folder for everything that is kept.")]


def _date(value: str | date) -> date:
    """Options come as text, their defaults as dates."""
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise typer.BadParameter(f"{value!r} is not a date such as 2024-06-27") from error


@contextmanager
def _plainly() -> Iterator[None]:
    """Tell an expected failure as a sentence and exit with 1."""
    try:
        yield
    except CliError as error:
        _err.print(f"[red]laju:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


@app.command()
def ingest() -> None:
    """Run ingest: takes events over HTTP and NATS. Settings come from LAJU_* variables."""
    from services.ingest.app import run

    run()


@app.command()
def aggregator() -> None:
    """Run the aggregator: projections, pace, read API and pages. Settings come from LAJU_* variables."""
    from services.aggregator.app import run

    run()


@app.command()
def notifier() -> None:
    """Run the notifier: mails the heads. Settings come from LAJU_* variables."""
    from services.notifier.app import run

    run()


@app.command()
def up(
    data: Data = Path(".laju"),
    demo: Annotated[bool, typer.Option("--demo", help="Send the demo events and show what comes of them.")] = False,
    as_of: Annotated[
        date | None,
        typer.Option(parser=_date, help="Business date; today if not given, with --demo 2024-06-27."),
    ] = None,
    port_base: Annotated[
        int, typer.Option(min=1, max=65_529, help="First of seven ports: ingest, aggregator, notifier, servers.")
    ] = 8080,
) -> None:
    """Run everything on this machine, servers and a mail catcher included, until Ctrl-C."""
    from services.cli.up.run import Wish
    from services.cli.up.run import up as run

    with _plainly():
        run(Wish(data, demo, as_of, port_base), _out)


@app.command("mail-catcher", hidden=True)
def mail_catcher(
    host: Annotated[str, typer.Option()],
    port: Annotated[int, typer.Option()],
    folder: Annotated[Path, typer.Option(exists=True, file_okay=False)],
) -> None:
    """Keep every mail sent to HOST:PORT as an .eml file in FOLDER."""
    from services.cli.mail_catcher import catch

    with _plainly():
        asyncio.run(catch(host, port, folder))


@app.command()
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
    with _plainly():
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
    _out.print(f"{outcome.accepted} accepted, {outcome.rejected} rejected", highlight=False)
    for rejection in outcome.shown:
        name = f" ({rejection.id})" if rejection.id else ""
        _out.print(
            escape(f"line {rejection.line}{name}: {'; '.join(rejection.reasons)}"), highlight=False, soft_wrap=True
        )
    if outcome.rejected > len(outcome.shown):
        _out.print(f"… and {outcome.rejected - len(outcome.shown)} more", highlight=False)


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
    return Progress(*columns, console=_err, disable=not _err.is_terminal, transient=True)


@app.command()
def status(
    code: Annotated[str, typer.Argument(help="Region code, such as 51.71, or ID for the nation.")],
    on: Annotated[date | None, typer.Option("--on", parser=_date, help="Business date.")] = None,
    url: Annotated[str, typer.Option(help="Aggregator.")] = "http://127.0.0.1:8081",
) -> None:
    """Show a region's figures and how it stands against its targets."""
    from services.cli.status import status as shown

    with _plainly(), http_client.client(url) as service:
        for part in shown(service, code, on):
            _out.print(part)


@app.command("simulate")
def simulate_events(
    events: Annotated[int, typer.Option(min=0, help="Citizen events; facts about the regions come on top.")],
    regions: Annotated[int, typer.Option(min=1, max=514, help="Kab/kota with counters.")] = 10,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    start: Annotated[date, typer.Option("--from", parser=_date, help="First day.")] = _FIRST,
    end: Annotated[date, typer.Option("--to", parser=_date, help="Last day.")] = _LAST,
) -> None:
    """Write simulated events as NDJSON to standard output, region facts first."""
    try:
        plan = simulate.plan(events, regions, seed, start, end)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    for event in chain(simulate.facts(plan), simulate.citizens(plan)):
        sys.stdout.buffer.write(event.model_dump_json(exclude_none=True).encode() + b"\n")
