"""Which replica projects which partitions: each says every second that it is there, and they deal the partitions out.

Batches of one partition have the same few kab/kota, so replicas that keep to their own hardly meet in the database.
Nothing depends on it being right: the consumers are shared, and while two replicas disagree about who is there (one has
just come, has died, stood still or was cut off) a partition is pulled by both, or by nobody for some seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable
from contextlib import suppress

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from pydantic import BaseModel, ConfigDict, ValidationError

log = logging.getLogger(__name__)
_BEAT_SECONDS = 1.0
_MISSED_BEATS = 5


class Presence(BaseModel):
    """What a replica says: that it is there, or that it is leaving."""

    model_config = ConfigDict(frozen=True)

    replica: str
    leaving: bool = False


def assigned(replica: str, replicas: Collection[str], partitions: Iterable[int]) -> frozenset[int]:
    """The partitions of one of the replicas: dealt out in the order of their names."""
    names = sorted(replicas)
    return frozenset(partition for partition in partitions if names[partition % len(names)] == replica)


class Roll:
    """Who is there, as one replica knows it. Time is its own beats: while it stands still, nobody goes missing."""

    def __init__(self, own: str) -> None:
        self._own = own
        self._missed: dict[str, int] = {}

    def present(self) -> frozenset[str]:
        """The names of all that are there, its own among them."""
        return frozenset({self._own, *self._missed})

    def heard(self, presence: Presence) -> bool:
        """Take note of what a replica said; whether that was news."""
        if presence.replica == self._own:
            return False
        known = presence.replica in self._missed
        if presence.leaving:
            self._missed.pop(presence.replica, None)
            return known
        self._missed[presence.replica] = 0
        return not known

    def beat(self) -> bool:
        """One more of its own beats; whether somebody has been silent for too many of them and is gone."""
        self._missed = {name: missed + 1 for name, missed in self._missed.items()}
        gone = [name for name, missed in self._missed.items() if missed > _MISSED_BEATS]
        for name in gone:
            del self._missed[name]
        return bool(gone)


class Replicas:
    """The replicas that say on ``subject`` that they are there; this one is ``own``."""

    def __init__(self, client: Client, subject: str, own: str) -> None:
        self._client = client
        self._subject = subject
        self._own = own
        self._roll = Roll(own)
        self._changed = asyncio.Event()

    def share(self, partitions: Iterable[int]) -> frozenset[int]:
        """Those of the partitions that are for this replica now."""
        return assigned(self._own, self._roll.present(), partitions)

    async def changed(self) -> None:
        """Return when who is there has changed since the last call, or at once if it has."""
        await self._changed.wait()
        self._changed.clear()

    async def run(self) -> None:
        """Say that this one is there and listen to the others, until cancelled; then say that it leaves.

        Raises:
            NatsError: the connection is closed.
        """
        listening = await self._client.subscribe(self._subject, cb=self._heard)
        try:
            while True:
                await self._say(Presence(replica=self._own))
                await asyncio.sleep(_BEAT_SECONDS)
                # Who is cut off hears nobody, and that says nothing about the others.
                if self._client.is_connected and self._roll.beat():
                    self._tell()
        finally:
            with suppress(NatsError):  # then the others will miss it
                await listening.unsubscribe()
                await self._say(Presence(replica=self._own, leaving=True))

    async def _heard(self, message: Msg) -> None:
        try:
            presence = Presence.model_validate_json(message.data)
        except ValidationError:
            log.warning("something that is no presence of a replica was said on %s", self._subject)
            return
        if self._roll.heard(presence):
            self._tell()
            if not presence.leaving:  # who has just come should not wait a beat's time to know us
                await self._say(Presence(replica=self._own))

    def _tell(self) -> None:
        log.info("aggregators on %s: %s", self._subject, ", ".join(sorted(self._roll.present())))
        self._changed.set()

    async def _say(self, presence: Presence) -> None:
        await self._client.publish(self._subject, presence.model_dump_json().encode())
