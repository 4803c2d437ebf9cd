"""Group commit: what arrives while one commit is in flight shares the next one.

One durable write costs far more than one item, so items wait for each other only as long as the server is busy
anyway: an idle lane commits at once, a busy one in ever larger groups.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class GroupCommit(Generic[Item]):
    """A lane through which items are committed in groups, one group at a time, in order of arrival.

    ``commit`` gets one to many items whose weights add up to at most ``max_weight`` (a single heavier item goes
    alone); what it raises reaches everyone whose item was in the group.
    """

    def __init__(
        self, commit: Callable[[list[Item]], Awaitable[None]], *, weight: Callable[[Item], int], max_weight: int
    ) -> None:
        self._commit = commit
        self._weight = weight
        self._max_weight = max_weight
        self._waiting: deque[tuple[Item, asyncio.Future[None]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def add(self, item: Item) -> None:
        """Return once the item is committed, or raise what its commit raised."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
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
        group = [self._waiting.popleft()]
        weight = self._weight(group[0][0])
        while self._waiting and (weight := weight + self._weight(self._waiting[0][0])) <= self._max_weight:
            group.append(self._waiting.popleft())
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
