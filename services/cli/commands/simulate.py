"""``laju simulate``."""

from __future__ import annotations

import sys
from datetime import date
from itertools import chain
from typing import Annotated

import typer

from services.cli import simulate
from services.cli.commands.common import date_of

_FIRST, _LAST = date(2024, 1, 1), date(2024, 12, 31)  # what is simulated unless told otherwise


def simulate_events(
    events: Annotated[int, typer.Option(min=0, help="Citizen events; facts about the regions come on top.")],
    regions: Annotated[int, typer.Option(min=1, max=514, help="Kab/kota with counters.")] = 10,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    start: Annotated[date, typer.Option("--from", parser=date_of, help="First day.")] = _FIRST,
    end: Annotated[date, typer.Option("--to", parser=date_of, help="Last day.")] = _LAST,
) -> None:
    """Write simulated events as NDJSON to standard output, region facts first."""
    try:
        plan = simulate.plan(events, regions, seed, start, end)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    for event in chain(simulate.facts(plan), simulate.citizens(plan)):
        sys.stdout.buffer.write(event.model_dump_json(exclude_none=True).encode() + b"\n")
