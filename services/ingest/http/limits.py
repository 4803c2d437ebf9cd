"""How much may come in at once: requests a second of a key, requests and bytes in hand of all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from services.ingest.keys.key import Key
from shared.problems import Problem

_BURST_SECONDS = 2.0
_RETRY_SECONDS = 1


class Rates:
    """A token bucket for each key: as many requests a second as it may send, and twice as many at once.

    ``now`` is a clock in seconds that never goes back.
    """

    def __init__(self) -> None:
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, key: Key, now: float) -> None:
        """Let one more request of the key in.

        Raises:
            Problem: 429, with the seconds after which there is room again.
        """
        rate = key.requests_per_second
        left, since = self._left.get(key.id, (rate * _BURST_SECONDS, now))
        left = min(left + (now - since) * rate, rate * _BURST_SECONDS)
        if left < 1:
            self._left[key.id] = (left, now)
            raise Problem(
                429,
                "Too Many Requests",
                f"key {key.id} may send {rate} requests a second: put several events into each",
                headers={"Retry-After": str(ceil((1 - left) / rate))},
            )
        self._left[key.id] = (left - 1, now)


class Room:
    """What is in hand, of all requests together: how many, and their bytes before and after inflating."""

    def __init__(self, *, requests: int, size: int) -> None:
        self._requests = requests
        self._size = size
        self.requests = 0
        self.size = 0

    @contextmanager
    def hold(self) -> Iterator[Held]:
        """Room for one more request, given back at the end.

        Raises:
            Problem: 503 with Retry-After, there is none.
        """
        if self.requests >= self._requests:
            raise _busy(f"{self.requests} requests are in hand")
        self.requests += 1
        held = Held(self)
        try:
            yield held
        finally:
            self.requests -= 1
            self.size -= held.size

    def take(self, size: int) -> None:
        """Use so many bytes more.

        Raises:
            Problem: 503 with Retry-After, there is no room for them.
        """
        if self.size + size > self._size:
            raise _busy(f"{self.size} bytes are in hand")
        self.size += size


class Held:
    """What one request uses of the room."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.size = 0

    def take(self, size: int) -> None:
        """Use so many bytes more; raises as :meth:`Room.take`."""
        self._room.take(size)
        self.size += size


def _busy(why: str) -> Problem:
    return Problem(
        503,
        "Service Unavailable",
        f"ingest is busy: {why}. Nothing of this request is stored, send it again",
        headers={"Retry-After": str(_RETRY_SECONDS)},
    )
