"""``laju keys`` and its commands."""

# ruff: noqa: PLC0415 - the NATS client is loaded only when it is used

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from services.cli.commands.common import NATS_URL, NatsUrl, date_of, err, out, plainly, say

if TYPE_CHECKING:
    from services.ingest.keys.bucket import Bucket

Result = TypeVar("Result")
keys = typer.Typer(help="Say who may send which events: issue, list and revoke keys.", no_args_is_help=True)


@keys.command("issue")
def keys_issue(
    name: Annotated[str, typer.Argument(help="Whose key it is, such as 'Disdukcapil Kota Denpasar'.")],
    region: Annotated[
        list[str],
        typer.Option(help="Region that it may report about, with all that lies in it; ID for all. Repeatable."),
    ],
    event_type: Annotated[
        list[str] | None,
        typer.Option("--type", help="Event type or pattern such as 'ikd.*'; all if not given. Repeatable."),
    ] = None,
    national: Annotated[bool, typer.Option(help="It may set and withdraw national targets.")] = False,
    expires: Annotated[
        str | None, typer.Option(metavar="DATE", help="Last day on which it opens anything, in UTC.")
    ] = None,
    requests_per_second: Annotated[int, typer.Option("--rate", min=1, help="Most requests a second.")] = 100,
    nats_url: NatsUrl = NATS_URL,
) -> None:
    """Make a key and print it: once, nobody can tell it again. It opens within seconds."""
    from services.cli.keys import checked_regions, checked_types, end_of_day
    from services.ingest.keys.key import issued

    last = date_of(expires) if expires else None
    with plainly():
        key, token = issued(
            name,
            types=checked_types(event_type or ["*"]),
            regions=checked_regions(region),
            national=national,
            requests_per_second=requests_per_second,
            now=datetime.now(UTC),
            expires_at=end_of_day(last) if last else None,
        )
        _with_bucket(nats_url, lambda bucket: bucket.add(key))
    say(token)
    err.print(f"key {key.id} for {name}; it cannot be shown again", highlight=False, markup=False)


@keys.command("list")
def keys_list(
    nats_url: NatsUrl = NATS_URL,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array instead of a table.")] = False,
) -> None:
    """List the keys: scopes, times, when each was last used, and whether it still opens anything."""
    from services.cli.keys import keys_table, shown

    with plainly():
        found = _with_bucket(nats_url, lambda bucket: bucket.keys())
        used = _with_bucket(nats_url, lambda bucket: bucket.last_used())
    rows = [shown(key, used.get(key.id), datetime.now(UTC)) for key in found.values()]
    rows.sort(key=lambda row: str(row["issued_at"]))
    if as_json:
        out.print_json(data=rows)
    elif rows:
        out.print(keys_table(rows))
    else:
        say("There are no keys but the operator's.")


@keys.command("revoke")
def keys_revoke(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Id of the key, from the list.")],
    nats_url: NatsUrl = NATS_URL,
) -> None:
    """End a key for good. It opens nothing any more within seconds."""
    with plainly():
        key = _with_bucket(nats_url, lambda bucket: bucket.revoke(identity, datetime.now(UTC)))
    say(f"key {key.id} for {key.name} is revoked since {key.revoked_at:%Y-%m-%d %H:%M} UTC")


def _with_bucket(nats_url: str, work: Callable[[Bucket], Awaitable[Result]]) -> Result:
    from services.cli import streams
    from services.cli.errors import CliError
    from services.ingest.keys.bucket import Bucket
    from shared.errors import InvalidError
    from shared.settings import ServiceSettings

    async def run() -> Result:
        async with streams.connection(nats_url) as client:
            bucket = Bucket(client.jetstream(), replicas=ServiceSettings().stream_replicas)
            await bucket.ensure()
            return await work(bucket)

    try:
        return asyncio.run(run())
    except InvalidError as error:
        raise CliError(error.reason) from error
