"""``laju pages`` and its commands."""

# ruff: noqa: PLC0415 - the aggregator is loaded only when it is used

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.commands.common import err, plainly, say

if TYPE_CHECKING:
    from services.aggregator.settings import AggregatorSettings

pages = typer.Typer(
    help="Let people see the pages of their region where LAJU_ACCESS is link, and programs the read API.",
    no_args_is_help=True,
)
Data = Annotated[Path, typer.Option(envvar="LAJU_DATA", help="Data folder of the aggregator.")]
DATA = Path(".laju")


@pages.command("link")
def pages_link(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A region, with all that lies in it; ID for all.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it opens anything.")] = 365,
    bare: Annotated[
        bool, typer.Option("--token", help="Only the token, for a program: it sends it as Bearer.")
    ] = False,
    data: Data = DATA,
) -> None:
    """Print a link that opens a region's pages. Whoever has it can open them: hand it over like a password.

    LAJU_PAGES_URL says where the pages are reached, and LAJU_PAGES_KEY holds the key if it is no file.
    """
    from services.cli.pages import expiry, link, token

    with plainly():
        settings, expires = _settings(data), expiry(datetime.now(UTC), days)
        say((token if bare else link)(settings, code, expires))
    err.print(f"good until {expires:%Y-%m-%d %H:%M} UTC", highlight=False, markup=False)


@pages.command("rotate")
def pages_rotate(
    revoke: Annotated[bool, typer.Option("--revoke", help="Links and sessions so far end at once.")] = False,
    data: Data = DATA,
) -> None:
    """Make a new key. Links of the one before open until the next rotation, those of older ones no more."""
    from services.cli.pages import rotate

    with plainly():
        rotate(_settings(data), revoke=revoke)
    say("There is a new key. Give its file to every aggregator and the notifier, and restart them in that order.")


def _settings(data: Path) -> AggregatorSettings:
    from services.aggregator.settings import AggregatorSettings

    return AggregatorSettings(data=data)
