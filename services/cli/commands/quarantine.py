"""``laju quarantine`` and its commands."""

# ruff: noqa: PLC0415 - the aggregator and the NATS client are loaded only when they are run

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.commands.common import MONGO_URL, NATS_URL, MongoUrl, NatsUrl, out, plainly, say

if TYPE_CHECKING:
    from services.cli.quarantine import Entry

_EntryId = Annotated[str, typer.Argument(metavar="ID", help="Id of the entry, from the list.")]
quarantine = typer.Typer(
    help="Look at events that could not be applied, try them again, or drop them.", no_args_is_help=True
)


@quarantine.command("list")
def quarantine_list(
    nats_url: NatsUrl = NATS_URL,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array instead of a table.")] = False,
) -> None:
    """List what is in quarantine: id, position, identity, reason, time."""
    from services.cli import streams
    from services.cli.quarantine import entries, entries_table

    async def run() -> list[Entry]:
        async with streams.connection(nats_url) as client:
            return await entries(client.jetstream())

    with plainly():
        found = asyncio.run(run())
    if as_json:
        out.print_json(data=[entry.shown() for entry in found])
    elif found:
        out.print(entries_table(found))
    else:
        say("Nothing is in quarantine.")


@quarantine.command("show")
def quarantine_show(key: _EntryId, nats_url: NatsUrl = NATS_URL) -> None:
    """Show one entry with its event as JSON, pseudonyms shortened and long numbers left out."""
    from services.cli import streams
    from services.cli.quarantine import entry

    async def run() -> Entry:
        async with streams.connection(nats_url) as client:
            return await entry(client.jetstream(), key)

    with plainly():
        out.print_json(data=asyncio.run(run()).shown(event=True))


@quarantine.command("retry")
def quarantine_retry(
    key: Annotated[str | None, typer.Argument(metavar="ID", help="Id of the entry, from the list.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every entry of EVENTS.")] = False,
    nats_url: NatsUrl = NATS_URL,
    mongo_url: MongoUrl = MONGO_URL,
) -> None:
    """Project the envelope of an entry again, with the rules of this version; applied entries leave quarantine.

    Exit code 0: all applied; 2: some still cannot be; 1: could not begin, or a server failed.
    """
    from services.cli import streams
    from services.cli.quarantine import Retried, chosen, retry
    from services.cli.serving import serving, settings_at

    if every == (key is not None):
        raise typer.BadParameter("give either the id of an entry or --all")

    async def run() -> int:
        rejected = 0
        settings = settings_at(mongo_url)
        async with streams.connection(nats_url) as client, serving(settings) as projection:
            js = client.jetstream()
            for entry in await chosen(js, key):
                result: Retried = await retry(js, projection, entry)
                say(result.told())
                rejected += result.outcome == "rejected"
        return rejected

    with plainly():
        rejected = asyncio.run(run())
    if rejected:
        raise typer.Exit(2)


@quarantine.command("drop")
def quarantine_drop(
    key: _EntryId,
    reason: Annotated[str, typer.Option(help="Why it is given up, for the log.")],
    nats_url: NatsUrl = NATS_URL,
) -> None:
    """Give an entry up: it leaves quarantine, the event stays in its stream and is not counted."""
    from services.cli import streams
    from services.cli.quarantine import drop

    async def run() -> Entry:
        async with streams.connection(nats_url) as client:
            return await drop(client.jetstream(), key, reason)

    with plainly():
        dropped = asyncio.run(run())
    say(
        f"{dropped.id} was dropped. Its event stays at sequence {dropped.content.sequence} of {dropped.content.stream}."
    )
