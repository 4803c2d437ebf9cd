"""``laju bus`` and its commands."""

# ruff: noqa: PLC0415 - what makes keys and configuration is loaded only when it is used

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services.cli.commands.common import err, plainly, say

bus = typer.Typer(help="Set up the bus: who may come to it, and do what on it.", no_args_is_help=True)


@bus.command("keys")
def bus_keys(
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where a folder for each of them is made.")],
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]…", help="ingest, operator, …; all if none is given.")
    ] = None,
) -> None:
    """Make the keys of services and operators, and print their lines for accounts.toml."""
    from services.cli.bus.keys import SEED_FILE, write_keys
    from services.cli.bus.roster import NAMES

    with plainly():
        public = write_keys(folder, names or NAMES)
    for line in (
        f"Each folder in {folder} is for one of them: LAJU_SECRETS names it. The file {SEED_FILE} is the secret.",
        "These lines are for accounts.toml at the server:",
    ):
        err.print(line, highlight=False, soft_wrap=True, markup=False)
    say("\n".join(("[accounts]", *(f'{name} = "{key}"' for name, key in public.items()))))


@bus.command("accounts")
def bus_accounts(
    roster: Annotated[Path, typer.Argument(metavar="FILE", help="TOML file with everybody's public key.")],
) -> None:
    """Print the accounts of the server, for the file that its configuration includes."""
    from services.cli.bus.configuration import accounts_conf
    from services.cli.bus.roster import read

    with plainly():
        say(accounts_conf(read(roster)).rstrip())
