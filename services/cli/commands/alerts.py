"""``laju alerts`` and its commands."""

# ruff: noqa: PLC0415 - the aggregator, the notifier and the NATS client are loaded only when they are run

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from services.cli.commands.common import MONGO_URL, NATS_URL, MongoUrl, NatsUrl, date_of, out, plainly, say, steps

if TYPE_CHECKING:
    from nats.js import JetStreamContext

    from services.notifier.links import Act

Result = TypeVar("Result")
Scope = Annotated[
    str,
    typer.Argument(metavar="SCOPE", help="A region such as 51.71, or a line such as 51.71/ikd/national/2024-12-31."),
]
Why = Annotated[str | None, typer.Option("--reason", help="In your words, without personal data.")]
alerts = typer.Typer(
    help="See what heads were told, answer for them, and find out why something is told or is not.",
    no_args_is_help=True,
)


@alerts.command("list")
def alerts_list(
    nats_url: NatsUrl = NATS_URL,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array instead of a table.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
) -> None:
    """List the alerts: since when, how grave, when last told, acknowledged, silenced."""
    from services.cli.alerts.known import alerts_until
    from services.cli.alerts.tables import alerts_table, shown

    known = _on_bus(nats_url, alerts_until)
    now = datetime.now(UTC)
    rows = [shown(line, state, now) for line, state in sorted(known.lines()) if every or state.open]
    if as_json:
        out.print_json(data=rows)
    elif rows:
        out.print(alerts_table(rows))
    else:
        say("No alert is open.")


@alerts.command("acknowledge")
def alerts_acknowledge(
    scope: Scope,
    days: Annotated[int, typer.Option(min=1, help="How long it holds.")] = 14,
    reason: Why = None,
    nats_url: NatsUrl = NATS_URL,
) -> None:
    """Say that somebody is dealing with it: no repeats and nothing to the province, unless it gets graver."""
    _say_word("acknowledge", scope, days, reason, nats_url)


@alerts.command("silence")
def alerts_silence(
    scope: Scope,
    days: Annotated[int, typer.Option(min=0, help="How long; 0 ends a silence.")] = 30,
    reason: Why = None,
    nats_url: NatsUrl = NATS_URL,
) -> None:
    """Say nothing about it for a while. Digests go on."""
    _say_word("silence", scope, days, reason, nats_url)


@alerts.command("explain")
def alerts_explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A kab/kota.")],
    on: Annotated[str | None, typer.Option(metavar="DATE", help="As on the morning of that day.")] = None,
    nats_url: NatsUrl = NATS_URL,
    mongo_url: MongoUrl = MONGO_URL,
) -> None:
    """Print what its head is told, or not, with every number and the rule."""
    from services.cli.alerts.run import explain

    with plainly():
        for line in asyncio.run(explain(code, date_of(on) if on else None, nats_url, mongo_url)):
            say(line)


@alerts.command("simulate")
def alerts_simulate(
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="First day.")],
    last: Annotated[str, typer.Option("--to", metavar="DATE", help="Last day.")],
    regions: Annotated[
        list[str] | None, typer.Option("--region", metavar="CODE", help="Only in these; all if not given. Repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Every telling as a JSON array.")] = False,
    mongo_url: MongoUrl = MONGO_URL,
) -> None:
    """Replay a past and tell which mails would have gone with the present rules. Mails nothing."""
    from services.cli.alerts.run import simulated
    from services.cli.alerts.tables import telling, totals

    begin, end = date_of(first), date_of(last)
    if end < begin:
        raise typer.BadParameter("--to is before --from")
    with plainly(), steps("replaying") as advance:
        found = asyncio.run(simulated(begin, end, regions or [], mongo_url, advance))
    if as_json:
        out.print_json(data=[telling(told) for told in found.told])
        return
    for told in found.told:
        say(f"{told.on} {told.audience:<11} {told.line}: {told.reason}")
    for line in totals(found):
        say(line)


def _say_word(act: Act, scope: str, days: int, reason: str | None, nats_url: str) -> None:
    from services.cli.alerts.known import say as put

    now = datetime.now(UTC)
    until = now + timedelta(days=days)
    _on_bus(nats_url, lambda js: put(js, act, scope, until=until, reason=reason, now=now))
    done = "acknowledged" if act == "acknowledge" else "silenced"
    say(f"{scope} is {done} until {until:%Y-%m-%d %H:%M} UTC" if days else f"{scope} is not silenced any more")


def _on_bus(nats_url: str, work: Callable[[JetStreamContext], Awaitable[Result]]) -> Result:
    from services.cli import streams

    async def run() -> Result:
        async with streams.connection(nats_url) as client:
            return await work(client.jetstream())

    with plainly():
        return asyncio.run(run())
