"""Regions that fall behind their target and come back on the line while everything else happens."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from random import Random
from typing import Any

from pymongo.errors import PyMongoError

from tests.events import event, target
from tests.faults.load import Client, RawEvent, Receipts
from tests.faults.world import World

# The line of 60,000 people in 2024 stands at 29,344 on the business date.
_ACTIVATED = {"first": 20_000, "resolved": 34_000}
_AS_OF = "2024-06-26"


class Heads:
    """Takes each region down and up in turn; the next step is sent once the mail about the last one was decided on."""

    def __init__(self, world: World, receipts: Receipts, regions: Sequence[str], seed: int) -> None:
        self._world = world
        self._pause = threading.Event()
        self._give_up = threading.Event()
        self._client = Client(world.url("ingest"), receipts, Random(f"{seed}/heads"), self._give_up)
        self._rng = Random(f"{seed}/heads")
        self._regions = regions
        self._thread = threading.Thread(target=self._run, name="heads")
        self.told: list[tuple[str, str, int]] = []  # (region, reason, episode), as it should be
        self.wrong: list[str] = []

    def start(self) -> None:
        """Begin with the first region."""
        self._thread.start()

    def finish(self, *, seconds: float) -> None:
        """Begin no new step; return once the last one was decided on. If that does not happen in time it is wrong."""
        self._pause.set()
        self._thread.join(seconds)
        self._give_up.set()
        self._thread.join()

    def standing(self) -> dict[str, str]:
        """How each region that was touched stands at the end: ``first`` (behind) or ``resolved`` (on the line)."""
        return {region: reason for region, reason, _ in self.told}

    def _run(self) -> None:
        moment = 0
        episode = 0
        while not self._pause.is_set():
            episode += 1
            for reason in ("first", "resolved"):
                for region in self._rng.sample(self._regions, len(self._regions)):
                    if self._pause.is_set():
                        break
                    moment += 1
                    self._client.send(_facts(region, reason, moment, opening=episode == 1 and reason == "first"))
                    self.told.append((region, reason, episode))
                    if not self._decided(region):
                        self.wrong.append(f"{region}: no mail was decided on for {reason}, episode {episode}")
                        self._client.close()
                        return
                    self._pause.wait(self._rng.uniform(0, 3))
        self._client.close()

    def _decided(self, region: str) -> bool:
        """Whether as many mails about the region are in the outbox as there were steps."""
        steps = sum(told == region for told, _, _ in self.told)
        while not self._give_up.wait(0.2):
            try:
                outbox = self._world.database("laju_notifier")["outbox"]
                if outbox.count_documents({"region": region, "kind": "notice"}) >= steps:
                    return True
            except PyMongoError:  # the database is what has just been taken away
                continue
        return False


def _facts(region: str, reason: str, moment: int, *, opening: bool) -> list[RawEvent]:
    at = f"2024-06-27T{6 + moment // 3600:02}:{moment // 60 % 60:02}:{moment % 60:02}+07:00"
    common: dict[str, Any] = {"time": at, "system": f"siak/{region}"}
    counted = event("baseline.reported", region=region, as_of=_AS_OF, activated=_ACTIVATED[reason], **common)
    if not opening:
        return [counted]
    aim = target(region, 60_000, basis="absolute", system=f"siak/{region}")
    return [
        event("wajib_ktp.reported", region=region, as_of=_AS_OF, count=900_000, source="siak", **common),
        aim,
        counted,
    ]
