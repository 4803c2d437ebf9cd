"""Where keys lie: a bucket on the bus, one entry a key; another one says when each was last used."""

from __future__ import annotations

import logging
from datetime import datetime

from nats.js import JetStreamContext
from nats.js.api import KeyValueConfig
from nats.js.errors import BucketNotFoundError, KeyNotFoundError, KeyWrongLastSequenceError
from pydantic import ValidationError

from services.ingest.keys.key import Key
from shared.errors import InvalidError

log = logging.getLogger(__name__)
KEYS, USED = "laju_keys", "laju_keys_used"
_HISTORY = 8


class UnknownKeyError(InvalidError):
    """There is no key with this id."""


class Bucket:
    """Reads and writes of the keys. Every method raises :class:`nats.errors.Error` if the bus does not answer."""

    def __init__(self, js: JetStreamContext, *, replicas: int) -> None:
        self._js = js
        self._replicas = replicas

    async def ensure(self) -> None:
        """Create the buckets that do not exist yet."""
        for name, what, history in ((KEYS, "keys of senders, as hashes", _HISTORY), (USED, "when each was used", 1)):
            try:
                await self._js.key_value(name)
            except BucketNotFoundError:
                await self._js.create_key_value(
                    KeyValueConfig(bucket=name, description=what, history=history, replicas=self._replicas, direct=True)
                )

    async def version(self) -> int:
        """A number that grows with every change of any key."""
        info = await self._js.stream_info(f"KV_{KEYS}")
        return info.state.last_seq

    async def keys(self) -> dict[str, Key]:
        """All keys by id, revoked and expired ones too. What is no key is told in the log and left out."""
        bucket = await self._js.key_value(KEYS)
        found: dict[str, Key] = {}
        for name in await self._names(KEYS):
            entry = await bucket.get(name)
            try:
                found[name] = Key.model_validate_json(entry.value or b"")
            except ValidationError:
                log.warning("entry %s of bucket %s is no key; it opens nothing", name, KEYS)
        return found

    async def add(self, key: Key) -> None:
        """Keep a new key."""
        bucket = await self._js.key_value(KEYS)
        await bucket.create(key.id, key.model_dump_json().encode())

    async def revoke(self, identity: str, now: datetime) -> Key:
        """End a key for good; revoking it again changes nothing.

        Raises:
            UnknownKeyError: there is none with this id.
        """
        bucket = await self._js.key_value(KEYS)
        while True:
            try:
                entry = await bucket.get(identity)
            except KeyNotFoundError as error:
                raise UnknownKeyError(f"there is no key {identity}; `laju keys list` shows them") from error
            try:
                key = Key.model_validate_json(entry.value or b"")
            except ValidationError:
                raise UnknownKeyError(f"entry {identity} of bucket {KEYS} is no key and opens nothing") from None
            if key.revoked_at is not None:
                return key
            ended = key.model_copy(update={"revoked_at": now})
            try:
                await bucket.update(identity, ended.model_dump_json().encode(), entry.revision)
            except KeyWrongLastSequenceError:  # somebody changed it meanwhile
                continue
            return ended

    async def note_use(self, used: dict[str, datetime]) -> None:
        """Keep when keys were last used."""
        bucket = await self._js.key_value(USED)
        for identity, at in used.items():
            await bucket.put(identity, at.isoformat(timespec="seconds").encode())

    async def last_used(self) -> dict[str, datetime]:
        """When each key was last used, by id; those never used are left out."""
        bucket = await self._js.key_value(USED)
        found: dict[str, datetime] = {}
        for name in await self._names(USED):
            entry = await bucket.get(name)
            found[name] = datetime.fromisoformat((entry.value or b"").decode())
        return found

    async def _names(self, bucket: str) -> list[str]:
        """The names of all entries. Of the stream behind the bucket: the bucket's own list of keys is a consumer, which
        ingest may not create. Entries are never deleted."""
        prefix = f"$KV.{bucket}."
        info = await self._js.stream_info(f"KV_{bucket}", subjects_filter=f"{prefix}>")
        return [subject.removeprefix(prefix) for subject in info.state.subjects or {}]
