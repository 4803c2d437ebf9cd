"""``laju pseudonyms`` and its commands."""

# ruff: noqa: PLC0415 - the database's client is loaded only when it is used

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.commands.common import MONGO_URL, MongoUrl, plainly, say

if TYPE_CHECKING:
    from services.cli.pseudonyms import Counted
    from services.ingest.settings import IngestSettings

pseudonyms = typer.Typer(
    help="Replace the key that makes NIKs pseudonyms, without counting anyone twice, and destroy the former one.",
    no_args_is_help=True,
)
Data = Annotated[Path, typer.Option(envvar="LAJU_DATA", help="Data folder of ingest.")]
DATA = Path(".laju")


@pseudonyms.command("rotate")
def pseudonyms_rotate(data: Data = DATA) -> None:
    """Make a new key. The present one stays beside it as the former: events then say both pseudonyms of a citizen."""
    from services.cli.pseudonyms import rotate

    with plainly():
        former, present = rotate(_settings(data))
    say(f"k{present.number} is the present key now, k{former.number} the former one. Both are in {data}: back them up.")
    say("Give both files to every ingest and restart it. Then let districts send once more, with NIK, what they sent:")
    say("under its old id it changes nothing but that. `laju pseudonyms status` tells how many citizens are left.")


@pseudonyms.command("status")
def pseudonyms_status(data: Data = DATA, mongo_url: MongoUrl = MONGO_URL) -> None:
    """Tell how many citizens are counted under which key."""
    with plainly():
        rows = _counted(_settings(data), mongo_url)
    if not rows:
        say("no citizen is counted yet")
    for row in rows:
        say(f"k{row.key}: {row.leading:,} citizens are counted under it, {row.led_over:,} are led over to a newer key")


@pseudonyms.command("destroy")
def pseudonyms_destroy(
    data: Data = DATA,
    mongo_url: MongoUrl = MONGO_URL,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy the former key. Who is not led over by then would be counted again when a NIK comes once more."""
    from services.cli.pseudonyms import destroy_former, former_key

    with plainly():
        settings = _settings(data)
        former = former_key(settings)
        left = sum(row.leading for row in _counted(settings, mongo_url) if row.key <= former.number)
    say(f"{left:,} citizens are counted under k{former.number} or an older key and not led over.")
    if left:
        say("Should their NIKs come again, they would be counted once more.")
    if not yes and not typer.confirm(f"Destroy k{former.number} for good?"):
        raise typer.Exit(1)
    with plainly():
        destroy_former(settings)
    say(f"k{former.number} is destroyed here. Restart ingest, and destroy every copy and backup of the key as well.")


def _settings(data: Path) -> IngestSettings:
    from services.ingest.settings import IngestSettings

    return IngestSettings(data=data)


def _counted(settings: IngestSettings, mongo_url: str | None) -> list[Counted]:
    from services.cli.pseudonyms import counted, present_key
    from services.cli.serving import serving, settings_at

    newest = present_key(settings).number

    async def run() -> list[Counted]:
        async with serving(settings_at(mongo_url)) as projection:
            return await counted(projection.database, newest)

    return asyncio.run(run())
