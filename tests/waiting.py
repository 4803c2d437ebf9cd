"""Waiting for a condition instead of sleeping: the one place in the tests that lets time pass."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Value = TypeVar("Value")
_PAUSE = 0.02


async def eventually(probe: Callable[[], Awaitable[Value]], *, seconds: float = 20.0) -> Value:
    """The first truthy answer of ``probe``; fails with its last answer if none comes in time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = await probe()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {seconds} s; the last answer was {answer!r}"
        await asyncio.sleep(_PAUSE)


def until(probe: Callable[[], Value], *, seconds: float = 20.0) -> Value:
    """As :func:`eventually`, outside an event loop."""
    deadline = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {seconds} s; the last answer was {answer!r}"
        time.sleep(_PAUSE)
