"""``laju send`` and ``laju template``."""

# ruff: noqa: PLC0415 - what reads and writes spreadsheets is loaded only when it is used

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.cli import http_client, sending
from services.cli.commands.common import err, out, plainly, say
from services.cli.errors import CliError

if TYPE_CHECKING:
    from services.cli.files.row import Cell
    from services.cli.files.vocabulary import Field
    from services.cli.sources import Rows, Source

_SHOWN_ROWS = 3
_Data = Annotated[
    Path, typer.Option(help="Folder of this command's own files; without --key, operator.key in it is used.")
]


def send(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV, XLSX, ODS, or NDJSON with one CloudEvent on each line; - reads NDJSON from standard input."
        ),
    ],
    url: Annotated[str, typer.Option(envvar="LAJU_INGEST_URL", help="Ingest.")] = "http://127.0.0.1:8080",
    key: Annotated[str | None, typer.Option(envvar="LAJU_API_KEY", help="API key.")] = None,
    data: _Data = Path(".laju"),
    give_up_seconds: Annotated[
        float, typer.Option(min=0, help="How long to retry while ingest is busy or does not answer.")
    ] = 60,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Send nothing: show what would be sent, and every bad row with its reasons."),
    ] = False,
    event_type: Annotated[
        str | None, typer.Option("--type", help="What the rows are, if no column says it: perekaman, aktivasi, …")
    ] = None,
    system: Annotated[
        str, typer.Option("--source", help="Name of the sending system, if no column says it.")
    ] = "laju/berkas",
    mapping: Annotated[
        Path | None, typer.Option(help="TOML file with names of columns, words for values, and defaults.")
    ] = None,
    refused: Annotated[
        Path | None, typer.Option(help="Where refused rows go; beside FILE, as NAME.ditolak.…, if not given.")
    ] = None,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Do not go on where an interrupted run of the same file ended.")
    ] = False,
) -> None:
    """Send events to ingest. Repeating is always safe.

    Exit code 0: all accepted; 2: some rejected; 1: gave up, or could not begin.
    """
    outcome = sending.Outcome()
    with plainly():
        if str(file) == "-":
            if dry_run:
                raise CliError("--dry-run looks at tables; give a file")
            secret = sending.key_from(key, data)
            with http_client.client(url) as service, _telling(outcome):
                lines = sending.numbered(sys.stdin.buffer)
                sending.send(lines, service, secret, outcome, give_up_seconds=give_up_seconds)
        else:
            source = _source(file, data, mapping, {"type": event_type, "source": system}, refused)
            if dry_run:
                _look(source, file)
                return
            _send_file(source, file, url, sending.key_from(key, data), data, outcome, give_up_seconds, from_start)
    if outcome.rejected:
        raise typer.Exit(2)


def template(
    kind: Annotated[
        str, typer.Argument(help="perekaman, aktivasi, pembatalan, penonaktifan or pindah.", metavar="KIND")
    ],
    target: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output if not given.")
    ] = None,
) -> None:
    """Write an empty XLSX file for `laju send`: columns, drop-down lists, examples and instructions."""
    from services.cli.files.templates import write

    with plainly():
        if target is None and sys.stdout.isatty():
            raise CliError(f"an XLSX file is nothing to read: laju template {kind} > {kind}.xlsx")
        write(kind, target or sys.stdout.buffer)


def _source(file: Path, data: Path, mapping: Path | None, defaults: dict[Field, Cell], refused: Path | None) -> Source:
    from services.cli.files.columns import STANDARD, load_mapping
    from services.cli.sources import source_of

    reading = load_mapping(mapping) if mapping else STANDARD
    own = {name: value for name, value in defaults.items() if value is not None and name not in reading.defaults}
    return source_of(file, data, reading, own, refused)


def _send_file(
    source: Source,
    file: Path,
    url: str,
    secret: str,
    data: Path,
    outcome: sending.Outcome,
    give_up_seconds: float,
    from_start: bool,
) -> None:
    from services.cli.files.resume import ResumePoint

    point = ResumePoint.of(file, data / "sending", url)
    outcome.unit = source.unit
    after = 0 if from_start else point.row
    if after:
        err.print(f"going on behind {source.unit} {after}, where an earlier run ended", highlight=False)
    with _telling(outcome), source, http_client.client(url) as service, _progress() as progress:
        task = progress.add_task("sending", total=source.total, completed=after)

        def on_answered(chunk: Sequence[sending.Line], rejections: Sequence[sending.Rejection]) -> None:
            source.refuse(rejections)
            point.reached(chunk[-1][0])
            progress.update(task, completed=chunk[-1][0])

        lines = source.lines(after, outcome)
        sending.send(
            lines,
            service,
            secret,
            outcome,
            give_up_seconds=give_up_seconds,
            on_answered=on_answered,
            named=source.named,
        )
    point.finished()
    if outcome.rejected:
        say(f"what was refused is in {source.refused_path}: correct it there and send that file")


def _look(source: Source, file: Path) -> None:
    """What a table would become; bad rows with all their reasons.

    Raises:
        CliError: it is no table.
    """
    from services.cli.sources import Rows

    if not isinstance(source, Rows):
        raise CliError(f"{file}: --dry-run looks at tables; NDJSON is checked by ingest, which refuses what is wrong")
    _tell_columns(source)
    good = bad = 0
    for row, made in source.judged():
        if isinstance(made, tuple):
            bad += 1
            say(f"row {row.number}: {'; '.join(problem.reason for problem in made)}")
        else:
            good += 1
            if good <= _SHOWN_ROWS:
                event = made["data"]
                where = event.get("service", event["home"])
                say(f"row {row.number} becomes {made['type']} at {where}, {made['time']}, id {made['id']}")
    say(f"{good} rows can be sent, {bad} cannot; nothing was sent")
    if bad:
        raise typer.Exit(2)


def _tell_columns(source: Rows) -> None:
    for header, name in source.columns.fields.items():
        say(f"column {header}: {name}")
    if source.columns.ignored:
        say(f"not used: {', '.join(source.columns.ignored)}")


@contextmanager
def _telling(outcome: sending.Outcome) -> Iterator[None]:
    """Say what became of everything, also if sending ended early."""
    try:
        yield
    finally:
        out.print(f"{outcome.accepted} accepted, {outcome.rejected} rejected", highlight=False)
        for rejection in outcome.shown:
            name = f" ({rejection.id})" if rejection.id else ""
            say(f"{outcome.unit} {rejection.number}{name}: {'; '.join(rejection.reasons)}")
        if outcome.rejected > len(outcome.shown):
            say(f"… and {outcome.rejected - len(outcome.shown)} more")


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, disable=not err.is_terminal, transient=True)
