"""Group commit: what arrives while one commit is in flight shares the next one.

One durable write costs far more than one item, so items wait for each other only as long as the server is busy
anyway: an idle lane commits at once, a busy one in ever larger groups.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class GroupCommit(Generic[Item]):
    """A lane through which items are committed in groups, one group at a time.

    ``commit`` gets one to many items whose weights add up to at most ``max_weight`` (a single heavier item goes
    alone); what it raises reaches everyone whose item was in the group. Items of one ``kin`` go in order of arrival
    and together, the kin that has waited longest first: what has much in common is cheaper to commit together.
    """

    def __init__(
        self,
        commit: Callable[[list[Item]], Awaitable[None]],
        *,
        weight: Callable[[Item], int],
        max_weight: int,
        kin: Callable[[Item], Hashable] = lambda item: None,
    ) -> None:
        self._commit = commit
        self._weight = weight
        self._max_weight = max_weight
        self._kin = kin
        self._waiting: dict[Hashable, deque[tuple[Item, asyncio.Future[None]]]] = {}  # longest waiting first
        self._task: asyncio.Task[None] | None = None

    async def add(self, item: Item) -> None:
        """Return once the item is committed, or raise what its commit raised."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(self._kin(item), deque()).append((item, done))
        if self._task is None:
            self._task = asyncio.create_task(self._drain())
        await done

    async def idle(self) -> None:
        """Return once nothing is in flight."""
        while self._task is not None:
            await asyncio.wait([self._task])

    async def _drain(self) -> None:
        try:
            while self._waiting:
                group = self._next_group()
                try:
                    await self._commit([item for item, _ in group])
                except Exception as error:  # noqa: BLE001 - not handled here: handed to everyone who waits for it
                    self._settle(group, error)
                else:
                    self._settle(group, None)
        finally:
            self._task = None

    def _next_group(self) -> list[tuple[Item, asyncio.Future[None]]]:
        group: list[tuple[Item, asyncio.Future[None]]] = []
        weight = 0
        while self._waiting:
            kin, items = next(iter(self._waiting.items()))
            while items and (not group or weight + self._weight(items[0][0]) <= self._max_weight):
                weight += self._weight(items[0][0])
                group.append(items.popleft())
            del self._waiting[kin]
            if items:
                self._waiting[kin] = items  # there was no room for these: behind those that have waited longer
                break
        return group

    @staticmethod
    def _settle(group: list[tuple[Item, asyncio.Future[None]]], error: Exception | None) -> None:
        for _, done in group:
            if done.cancelled():
                continue
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)
