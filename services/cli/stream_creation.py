"""The streams and buckets before the first start of the services, where these may not create them."""

from __future__ import annotations

from nats.js import JetStreamContext

from services.cli.errors import CliError
from services.ingest.keys.bucket import Bucket
from shared.bus import ensure_streams
from shared.errors import RecoverableError, StreamLostError


async def create(js: JetStreamContext, *, replicas: int, partitions: int) -> list[str]:
    """Create the streams and buckets that do not exist yet; those that do are left as they are. Returns the names of
    those that were created.

    Raises:
        CliError: EVENTS is missing although other streams are there, or the server did not do it.
        NatsError: the server does not answer.
    """
    before = await _names(js)
    try:
        await ensure_streams(js, replicas=replicas, partitions=partitions)
        await Bucket(js, replicas=replicas).ensure()
    except (StreamLostError, RecoverableError) as error:
        raise CliError(str(error)) from error
    return sorted(await _names(js) - before)


async def _names(js: JetStreamContext) -> set[str]:
    return {str(info.config.name) for info in await js.streams_info()}
