"""``laju doctor``."""

# ruff: noqa: PLC0415 - the services' settings and their clients are loaded only when it is run

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from services.cli.commands.common import out, say

_EXIT = {"good": 0, "unknown": 0, "warning": 2, "fault": 1}
_SHOWN = {
    "good": "[green]ok[/green]",
    "unknown": "[dim]?[/dim]",
    "warning": "[yellow]![/yellow]",
    "fault": "[red]✗[/red]",
}


def doctor(
    context: typer.Context,
    ingest: Annotated[str, typer.Option(envvar="LAJU_INGEST_URL", help="Ingest.")] = "http://127.0.0.1:8080",
    aggregator: Annotated[
        str, typer.Option(envvar=["LAJU_READ_API_URL", "LAJU_AGGREGATOR_URL"], help="Aggregator.")
    ] = "http://127.0.0.1:8081",
    notifier: Annotated[
        str, typer.Option(envvar=["LAJU_NOTIFIER_API_URL", "LAJU_NOTIFIER_URL"], help="Notifier.")
    ] = "http://127.0.0.1:8082",
    nats_monitor: Annotated[
        str | None, typer.Option(envvar="LAJU_NATS_MONITOR_URL", help="Monitoring port of NATS, if it may be asked.")
    ] = None,
    port_base: Annotated[
        int | None, typer.Option(min=1, max=65529, help="Look at what `laju up` runs here at these ports.")
    ] = None,
    data: Annotated[Path, typer.Option(help="With --port-base: where `laju up` keeps its data.")] = Path(".laju"),
    as_json: Annotated[bool, typer.Option("--json", help="All findings as JSON.")] = False,
) -> None:
    """Look at an installation: settings, servers, streams, indexes, clocks, recipients, mail, certificates, disk.

    Settings are read from the environment, as the services read them. Nothing is changed, no mail is sent; each finding
    says what to do. Exit code 0: nothing to mend; 1: something does not work or data is in danger; 2: it works, but
    not as it should.
    """
    from services.aggregator.settings import AggregatorSettings
    from services.cli.doctor import installation as installations
    from services.cli.doctor.examination import examined, gravest
    from services.cli.up.environment import environment
    from services.cli.up.folder import DataFolder
    from services.cli.up.ports import HOST, Ports
    from services.ingest.settings import IngestSettings
    from services.notifier.settings import NotifierSettings

    given = dict(os.environ)
    if port_base is not None:
        ports = Ports.from_base(port_base)
        os.environ |= environment({}, DataFolder(data.absolute()), ports, None)
        ingest, aggregator, notifier, nats_monitor = (
            f"http://{HOST}:{port}" for port in (ports.ingest, ports.aggregator, ports.notifier, ports.nats_monitoring)
        )
    (of_ingest, wrong_there), (of_aggregator, wrong_here), (of_notifier, wrong) = (
        installations.read(IngestSettings),
        installations.read(AggregatorSettings),
        installations.read(NotifierSettings),
    )
    wrong += [
        *wrong_there,
        *wrong_here,
        *installations.misspelt(given, set(_read_by(context.find_root().command))),
    ]
    installation = installations.Installation(
        ingest=of_ingest,
        aggregator=of_aggregator,
        notifier=of_notifier,
        ingest_url=ingest,
        aggregator_url=aggregator,
        notifier_url=notifier,
        nats_monitor_url=nats_monitor,
    )
    found = [*installations.sound(wrong), *asyncio.run(examined(installation))]
    if as_json:
        say(json.dumps([asdict(finding) for finding in found], ensure_ascii=False, indent=2))
    else:
        for finding in found:
            out.print(f"{_SHOWN[finding.state]} [bold]{finding.about}[/bold]", end=" ")
            say(finding.what)
            if finding.mend:
                say(f"    → {finding.mend}")
    raise typer.Exit(_EXIT[gravest(found)])


def _read_by(command: object) -> Iterator[str]:
    """The variables that a command, or one below it, reads its options from."""
    for parameter in getattr(command, "params", ()):
        variables = getattr(parameter, "envvar", None) or ()
        yield from (variables,) if isinstance(variables, str) else variables
    for below in getattr(command, "commands", {}).values():
        yield from _read_by(below)
