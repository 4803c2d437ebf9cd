"""Sends the demo through ingest, waits until everybody has done their part, and shows what came of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.cli import demo
from services.cli.errors import CliError
from services.cli.http_client import client, get
from services.cli.sending import Outcome, key_from, numbered, send
from services.cli.tables import Standings, standings_table
from services.cli.up.folder import DataFolder
from services.cli.up.readiness import Pause
from shared.events.standing import Standing
from shared.wilayah import find

SETTLE_SECONDS = 180.0
_POLL_SECONDS = 0.5
# Longer than the aggregator gathers changes before it assesses, and the notifier needs to take note.
_STABLE_SECONDS = 2.5
_HOSTS = {
    demo.DENPASAR: "denpasar.example",
    demo.MALANG: "malang.example",
    demo.SERANG: "serang.example",
    demo.BENGKULU: "bengkulu.example",
}


class _AggregatorProgress(BaseModel):
    lag_events: int


class _NotifierProgress(BaseModel):
    pending_standings: int
    looks_pending: int
    outbox_pending: int


class _Mail(BaseModel):
    message_id: str
    kind: str
    region: str
    subject: str
    state: str
    sent_at: datetime | None = None


class _Mails(BaseModel):
    mails: list[_Mail]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the services say at one moment; ``busy`` says what is still to be done."""

    standings: list[Standing]
    mails: list[_Mail]
    busy: str | None


def recipients() -> str:
    """The recipients file of the demo: heads of the four regions, at addresses reserved for examples (RFC 2606)."""
    entries = [
        f'[[recipient]]\nregion = "{code}"\nrole = "head"\ntitle = "Kepala Disdukcapil {find(code).name}"\n'
        f'email = "kepala.{code}@{host}"\n'
        for code, host in _HOSTS.items()
    ]
    return "\n".join(entries)


def run_demo(
    folder: DataFolder, services: Mapping[str, str], console: Console, pause: Pause, token: str | None
) -> None:
    """Send the demo events and print standings and mails. A repeat sends the same events and changes nothing. The
    ``token`` is shown to the aggregator.

    Raises:
        CliError: ingest cannot be reached or refuses events of the demo.
    """
    with folder.demo_events.open("w", encoding="utf-8") as out:
        out.writelines(f"{event.model_dump_json(exclude_none=True)}\n" for event in demo.events())
    key = key_from(None, folder.root)
    with folder.demo_events.open("rb") as lines, client(services["ingest"]) as ingest:
        outcome = Outcome()
        send(numbered(lines), ingest, key, outcome, give_up_seconds=60, pause=pause)
    if outcome.rejected:
        first = outcome.shown[0]
        raise CliError(
            f"ingest refused {outcome.rejected} events of the demo, first line {first.number} of {folder.demo_events}: "
            f"{'; '.join(first.reasons)}"
        )
    console.print(f"Sent {outcome.accepted:,} demo events ({folder.demo_events}); waiting for what follows from them …")
    with client(services["aggregator"], token=token) as aggregator, client(services["notifier"]) as notifier:
        _report(_settled(aggregator, notifier, console, pause), console)


def _settled(aggregator: httpx.Client, notifier: httpx.Client, console: Console, pause: Pause) -> _Seen:
    """What the services say once nothing is left to do and nothing changes any more, or when time is up."""
    deadline = time.monotonic() + SETTLE_SECONDS
    seen, since = _look(aggregator, notifier), time.monotonic()
    while seen.busy or time.monotonic() - since < _STABLE_SECONDS:
        if time.monotonic() > deadline:
            busy = seen.busy or "the answers still change"
            console.print(f"[yellow]Not everything was done after {SETTLE_SECONDS:g} s:[/yellow] {escape(busy)}")
            break
        pause(_POLL_SECONDS)
        before, seen = seen, _look(aggregator, notifier)
        if seen != before:
            since = time.monotonic()
    return seen


def _look(aggregator: httpx.Client, notifier: httpx.Client) -> _Seen:
    rows: list[Standing] = []
    mails: list[_Mail] = []
    try:
        busy = _busy(aggregator, notifier)
        for code in demo.REGIONS:
            found = get(aggregator, f"/v1/regions/{code}/standings", Standings).standings
            busy = busy or (None if found else f"{code} is not assessed yet")
            rows += found
        mails = get(notifier, "/v1/mails", _Mails).mails
    except CliError as error:
        busy = str(error)
    return _Seen(rows, mails, busy)


def _busy(aggregator: httpx.Client, notifier: httpx.Client) -> str | None:
    if lag := get(aggregator, "/v1/progress", _AggregatorProgress).lag_events:
        return f"{lag} events are not counted yet"
    progress = get(notifier, "/v1/progress", _NotifierProgress)
    looks = progress.pending_standings + progress.looks_pending
    if looks or progress.outbox_pending:
        return f"{looks} standings and regions are not looked at, {progress.outbox_pending} mails not sent"
    return None


def _report(seen: _Seen, console: Console) -> None:
    date = seen.standings[0].on if seen.standings else demo.BUSINESS_DATE
    console.print(standings_table(seen.standings, f"Standings on {date}"))
    table = Table("region", "kind", "subject", "state", "sent", title="Mails that went out")
    for mail in seen.mails:
        sent = f"{mail.sent_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if mail.sent_at else "–"
        table.add_row(mail.region, mail.kind, escape(mail.subject), mail.state, sent)
    console.print(table)
    console.print(
        "[bold]Part of this is simulated.[/bold] Counts, targets, claims and interventions are published figures of "
        "2023 and 2024 (assumptions among them say so); the citizen events around them are made up."
    )
