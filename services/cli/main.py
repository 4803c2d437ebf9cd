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
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.cli import http_client, sending, simulate
from services.cli.errors import CliError

if TYPE_CHECKING:
    from services.cli.archive import Advance
    from services.cli.archive_lines import Manifest
    from services.cli.quarantine import Entry

app = typer.Typer(
    name="laju",
    help="Tells every Indonesian region whether its identity programmes will reach their targets in time.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_FIRST, _LAST = date(2024, 1, 1), date(2024, 12, 31)  # what is simulated unless told otherwise
_out, _err = Console(), Console(stderr=True)

Data = Annotated[Path, typer.Option("--data", help="Folder for everything that is kept.")]
_NatsUrl = Annotated[str, typer.Option("--nats-url", envvar="LAJU_NATS_URL", help="NATS with JetStream.")]
_MongoUrl = Annotated[str, typer.Option("--mongo-url", envvar="LAJU_MONGO_URL", help="MongoDB replica set.")]
_EntryId = Annotated[str, typer.Argument(metavar="ID", help="Id of the entry, from the list.")]
_NATS_URL, _MONGO_URL = "nats://127.0.0.1:4222", "mongodb://127.0.0.1:27017"


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


@app.command("rebuild")
def rebuild_projection(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Fill and compare only, then throw away.")] = False,
) -> None:
    """Build the projection anew from EVENTS while the present one serves, compare, then switch over.

    Servers come from LAJU_NATS_URL and LAJU_MONGO_URL. Exit code 0: no difference; 2: some, and nothing was switched.
    """
    from services.cli import rebuild

    with _plainly():
        outcome = asyncio.run(rebuild.rebuild(_err, dry_run=dry_run))
    for line in rebuild.told(outcome):
        _out.print(line, highlight=False, soft_wrap=True)
    if outcome.differences:
        raise typer.Exit(2)


@app.command("export")
def export_events(
    file: Annotated[Path, typer.Argument(help="Archive to write, such as events.ndjson.gz.")],
    nats_url: _NatsUrl = _NATS_URL,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
) -> None:
    """Write everything in EVENTS to one file: gzip NDJSON with a manifest and a digest. Services may go on running."""
    from services.cli import archive, streams

    async def run(advance: Advance) -> Manifest:
        async with streams.connection(nats_url) as client:
            return await archive.export(client.jetstream(), file, force=force, advance=advance)

    with _plainly(), _steps("exporting") as advance:
        manifest = asyncio.run(run(advance))
    _say(
        f"{file}: {manifest.messages:,} messages with {manifest.events:,} events, "
        f"sequence {manifest.first_sequence} to {manifest.last_sequence}, SHA-256 {manifest.sha256}"
    )


@app.command("import")
def import_events(
    file: Annotated[Path, typer.Argument(help="Archive that laju export wrote.")],
    nats_url: _NatsUrl = _NATS_URL,
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

    with _plainly():
        with _steps("checking") as advance:
            manifest = archive.inspect(file, advance)
        with _steps("importing") as advance:
            stored = asyncio.run(run(manifest, advance))
    _say(
        f"{file}: {stored:,} messages imported. EVENTS holds all {manifest.messages:,}, {manifest.events:,} events, "
        f"SHA-256 {manifest.sha256}."
    )
    _say("If there is a projection database, it was built from another stream: drop it, then start the services.")


def _say(line: str) -> None:
    """A line as it is: neither wrapped nor coloured, brackets are no markup."""
    _out.print(line, highlight=False, soft_wrap=True, markup=False)


quarantine = typer.Typer(
    help="Look at events that could not be applied, try them again, or drop them.", no_args_is_help=True
)
app.add_typer(quarantine, name="quarantine")


@quarantine.command("list")
def quarantine_list(
    nats_url: _NatsUrl = _NATS_URL,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array instead of a table.")] = False,
) -> None:
    """List what is in quarantine: id, position, identity, reason, time."""
    from services.cli import streams
    from services.cli.quarantine import entries, entries_table

    async def run() -> list[Entry]:
        async with streams.connection(nats_url) as client:
            return await entries(client.jetstream())

    with _plainly():
        found = asyncio.run(run())
    if as_json:
        _out.print_json(data=[entry.shown() for entry in found])
    elif found:
        _out.print(entries_table(found))
    else:
        _say("Nothing is in quarantine.")


@quarantine.command("show")
def quarantine_show(key: _EntryId, nats_url: _NatsUrl = _NATS_URL) -> None:
    """Show one entry with its event as JSON, pseudonyms shortened and long numbers left out."""
    from services.cli import streams
    from services.cli.quarantine import entry

    async def run() -> Entry:
        async with streams.connection(nats_url) as client:
            return await entry(client.jetstream(), key)

    with _plainly():
        _out.print_json(data=asyncio.run(run()).shown(event=True))


@quarantine.command("retry")
def quarantine_retry(
    key: Annotated[str | None, typer.Argument(metavar="ID", help="Id of the entry, from the list.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every entry of EVENTS.")] = False,
    nats_url: _NatsUrl = _NATS_URL,
    mongo_url: _MongoUrl = _MONGO_URL,
) -> None:
    """Project the envelope of an entry again, with the rules of this version; applied entries leave quarantine.

    Exit code 0: all applied; 2: some still cannot be; 1: could not begin, or a server failed.
    """
    from services.aggregator.settings import AggregatorSettings
    from services.cli import streams
    from services.cli.quarantine import Retried, chosen, retry
    from services.cli.serving import serving

    if every == (key is not None):
        raise typer.BadParameter("give either the id of an entry or --all")

    async def run() -> int:
        rejected = 0
        settings = AggregatorSettings(mongo_url=mongo_url)
        async with streams.connection(nats_url) as client, serving(settings) as projection:
            js = client.jetstream()
            for entry in await chosen(js, key):
                result: Retried = await retry(js, projection, entry)
                _say(result.told())
                rejected += result.outcome == "rejected"
        return rejected

    with _plainly():
        rejected = asyncio.run(run())
    if rejected:
        raise typer.Exit(2)


@quarantine.command("drop")
def quarantine_drop(
    key: _EntryId,
    reason: Annotated[str, typer.Option(help="Why it is given up, for the log.")],
    nats_url: _NatsUrl = _NATS_URL,
) -> None:
    """Give an entry up: it leaves quarantine, the event stays in its stream and is not counted."""
    from services.cli import streams
    from services.cli.quarantine import drop

    async def run() -> Entry:
        async with streams.connection(nats_url) as client:
            return await drop(client.jetstream(), key, reason)

    with _plainly():
        dropped = asyncio.run(run())
    _say(
        f"{dropped.id} was dropped. Its event stays at sequence {dropped.content.sequence} of {dropped.content.stream}."
    )


@app.command("verify")
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
    nats_url: _NatsUrl = _NATS_URL,
    mongo_url: _MongoUrl = _MONGO_URL,
) -> None:
    """Compute regions anew from EVENTS and compare them with the projection that serves. Changes nothing.

    Exit code 0: no difference; 1: some, or it could not be done; 2: none, but some regions could not be compared
    because events kept arriving.
    """
    from services.aggregator.settings import AggregatorSettings
    from services.cli import streams
    from services.cli.serving import serving
    from services.cli.verify import Verdict, Verification

    if every and (regions or sample):
        raise typer.BadParameter("--all does not go with --regions or --sample")
    codes = [code.strip() for given in regions or () for code in given.split(",") if code.strip()]

    async def run(advance: Advance) -> Verdict:
        settings = AggregatorSettings(mongo_url=mongo_url)
        async with streams.connection(nats_url) as client, serving(settings) as projection:
            verification = Verification(
                client.jetstream(), projection, settings, wait_seconds=wait_seconds, advance=advance
            )
            return await verification.run(codes, sample)

    with _plainly(), _steps("recomputing") as advance:
        verdict = asyncio.run(run(advance))
    for line in verdict.told():
        _say(line)
    if verdict.differences or verdict.moving:
        raise typer.Exit(1 if verdict.differences else 2)


@contextmanager
def _steps(what: str) -> Iterator[Advance]:
    """A progress bar for a known number of steps; it is told how many are done and of how many."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_err, disable=not _err.is_terminal, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


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
