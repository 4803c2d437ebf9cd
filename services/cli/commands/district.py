"""``laju district`` and its commands."""

# ruff: noqa: PLC0415 - the NATS client is loaded only when it is used

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from services.cli.commands.common import NATS_URL, NatsUrl, err, out, plainly, say

if TYPE_CHECKING:
    from nats.aio.client import Client

Result = TypeVar("Result")
_Code = Annotated[str, typer.Argument(metavar="CODE", help="Region code of the district, such as 51.71.")]
_Roster = Annotated[Path, typer.Argument(metavar="FILE", help="TOML file with the public key of each district.")]
district = typer.Typer(
    help="Join districts on a bad line: each has a NATS server of its own, which the hub copies.", no_args_is_help=True
)


@district.command("new")
def district_new(
    code: _Code,
    hub: Annotated[str, typer.Option(help="Where the hub awaits districts, such as tls://hub.example:7422.")],
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the two files are written.")],
    listen: Annotated[str, typer.Option(help="Where the district's system reaches its server.")] = "127.0.0.1:4222",
    store: Annotated[str, typer.Option(help="Folder in which the server keeps its streams.")] = "/var/lib/nats",
    ca_file: Annotated[
        str | None,
        typer.Option("--ca-file", help="Who signed the hub's certificate, if nobody whom the system trusts."),
    ] = None,
) -> None:
    """Make the key and the configuration of a district's server, and print its lines for the hub's accounts.toml."""
    from services.cli.districts.configuration import Place
    from services.cli.districts.files import write_leaf
    from services.cli.districts.roster import checked_code

    with plainly():
        link = checked_code(code)
        public = write_leaf(folder, link, Place(hub, listen, store, ca_file))
    for line in (
        f"{folder / 'leaf.conf'} and {folder / 'leaf.seed'} are for the server of {link.title}.",
        "The seed is a secret and stays on that server. These lines are for accounts.toml at the hub:",
    ):
        err.print(line, highlight=False, soft_wrap=True, markup=False)
    say(f'[districts."{link.code}"]\nnkey = "{public}"')


@district.command("connect")
def district_connect(roster: _Roster, nats_url: NatsUrl = NATS_URL) -> None:
    """Let INTAKE copy exactly the districts of the file. Repeating changes nothing; run it after each change."""
    from services.cli.districts import hub
    from services.cli.districts.link import Link
    from services.cli.districts.roster import read
    from shared.settings import ServiceSettings

    replicas = ServiceSettings().stream_replicas
    with plainly():
        links = [entry.link for entry in read(roster)]
        changes = _at(nats_url, lambda client: hub.connect(client, links, replicas=replicas))
    for code in changes.added:
        say(f"added {Link(code).title}")
    for code in changes.removed:
        say(f"removed {code}")
    say(f"districts that INTAKE copies: {len(links)}")


@district.command("prepare")
def district_prepare(code: _Code, nats_url: NatsUrl = NATS_URL) -> None:
    """At the district: create the streams of its server. Repeating changes nothing."""
    from services.cli.districts import leaf
    from services.cli.districts.roster import checked_code

    with plainly():
        link = checked_code(code)
        created = _at(nats_url, lambda client: leaf.prepare(client.jetstream(), link))
    say(f"created {' and '.join(created)}" if created else f"the server of {link.title} has all it needs")


@district.command("status")
def district_status(
    roster: _Roster,
    nats_url: NatsUrl = NATS_URL,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array instead of a table.")] = False,
) -> None:
    """Tell how each link stands, as the hub sees it."""
    from services.cli.districts.roster import read
    from services.cli.districts.states import states, states_table

    with plainly():
        links = [entry.link for entry in read(roster)]
        found = _at(nats_url, lambda client: states(client, links))
    if as_json:
        out.print_json(data=[state.shown() for state in found])
    else:
        out.print(states_table(found))


def _at(nats_url: str, work: Callable[[Client], Awaitable[Result]]) -> Result:
    from services.cli import streams

    async def run() -> Result:
        async with streams.connection(nats_url) as client:
            return await work(client)

    return asyncio.run(run())
