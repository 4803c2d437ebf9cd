"""The keys as a replica of ingest knows them, kept up with the bucket."""

from __future__ import annotations

import asyncio
import hmac
import logging
from datetime import UTC, datetime

from nats.errors import Error as NatsError

from services.ingest.keys.bucket import Bucket
from services.ingest.keys.key import Key, digest_of, operator, parts_of
from shared.errors import BusUnavailableError

log = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0
_NOTE_SECONDS = 30.0


class Unauthorized(Exception):  # noqa: N818 - what HTTP calls it
    """A request shows no key that opens anything now; the message says why."""


class Keyring:
    """Finds the key that a request shows. The operator's is known from the start, the others once they were read."""

    def __init__(self, operator_token: str) -> None:
        self._operator = operator(operator_token, datetime.now(UTC))
        self._keys: dict[str, Key] | None = None
        self._used: dict[str, datetime] = {}

    def find(self, authorization: str, now: datetime) -> Key:
        """The key of an ``Authorization`` header, if it opens anything at ``now`` (aware).

        Raises:
            Unauthorized: it does not.
            BusUnavailableError: the keys could not be read yet.
        """
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized(
                "send the key as 'Authorization: Bearer laju_…'; `laju keys issue` makes one, the operator's is in "
                "operator.key in the data folder of ingest"
            )
        if hmac.compare_digest(digest_of(token), self._operator.digest):
            return self._operator
        parts = parts_of(token)
        if parts is not None and self._keys is None:
            raise BusUnavailableError("the keys could not be read from NATS yet")
        key = (self._keys or {}).get(parts[0]) if parts else None
        if key is None or parts is None or not key.opens(parts[1]):
            raise Unauthorized("the key is not known; was it copied whole? `laju keys list` shows those that there are")
        if reason := key.ended(now):
            raise Unauthorized(reason)
        self._used[key.id] = now
        return key

    async def follow(self, bucket: Bucket) -> None:
        """Keep up with the bucket until cancelled: what is changed there counts here about a second later.

        It is looked at, not watched: a watch that has silently ended would leave a revoked key open.
        """
        version, noted, there = -1, asyncio.get_running_loop().time(), False
        while True:
            try:
                if not there:
                    await bucket.ensure()
                    there = True
                if (present := await bucket.version()) != version:
                    self._keys, version = await bucket.keys(), present
                    log.info("%d keys are known", len(self._keys))
                if self._used and asyncio.get_running_loop().time() - noted >= _NOTE_SECONDS:
                    await self.note_use(bucket)
                    noted = asyncio.get_running_loop().time()
            except (NatsError, TimeoutError) as error:
                log.warning("reading the keys failed: %s; trying again", type(error).__name__)
                there = False
            await asyncio.sleep(_LOOK_SECONDS)

    async def note_use(self, bucket: Bucket) -> None:
        """Write down when keys were last used."""
        used, self._used = self._used, {}
        try:
            await bucket.note_use(used)
        except (NatsError, TimeoutError):
            self._used = used | self._used
            raise
