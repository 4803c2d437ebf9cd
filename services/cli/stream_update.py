"""Makes existing streams as this version would create them."""

from __future__ import annotations

from nats.js.errors import APIError, NotFoundError

from services.cli import streams
from services.cli.errors import CliError
from services.ingest.keys.bucket import KEYS, USED
from shared.bus import differing, stream_configs


async def updated(nats_url: str, replicas: int, *, dry_run: bool) -> list[str]:
    """A line for each stream: what was changed, or would be.

    Raises:
        CliError: the server cannot be reached, or does not make a stream so; those before it were changed.
    """
    told: list[str] = []
    async with streams.connection(nats_url) as client:
        js = client.jetstream()
        for wanted in stream_configs(replicas, partitions=1):  # of which nothing is compared
            try:
                present = (await js.stream_info(str(wanted.name))).config
            except NotFoundError:
                told.append(f"{wanted.name}: does not exist; the services make it when they start")
                continue
            changes = differing(present, wanted)
            if not changes:
                told.append(f"{wanted.name}: as it should be")
                continue
            named = ", ".join(f"{field} {is_} → {should}" for field, (is_, should) in changes.items())
            if not dry_run:
                try:
                    await js.update_stream(present.evolve(**{field: getattr(wanted, field) for field in changes}))
                except APIError as error:
                    raise CliError(f"NATS does not change {wanted.name} ({named}): {error.description}") from error
            told.append(f"{wanted.name}: {named}")
        for name in (f"KV_{KEYS}", f"KV_{USED}"):
            try:
                present = (await js.stream_info(name)).config
            except NotFoundError:
                continue
            if present.num_replicas != replicas:
                if not dry_run:
                    await js.update_stream(present.evolve(num_replicas=replicas))
                told.append(f"{name}: num_replicas {present.num_replicas} → {replicas}")
    return told
