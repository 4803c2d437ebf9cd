"""The load: district systems that send shuffled, repeated batches over HTTP and send again whatever was not answered
with 202."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import cycle
from random import Random
from typing import Any

import httpx

from services.cli import simulate
from tests.faults.world import AS_OF, KEY

RawEvent = dict[str, Any]
Identity = tuple[str, str]
_REPEATED = 0.15
_BUFFER = 400
_CLIENTS = 3
_RETRY_SECONDS = 0.3


def identity(event: RawEvent) -> Identity:
    """What makes an event the same event."""
    return str(event["source"]), str(event["id"])


def stream(seed: int, events: int, regions: Sequence[str]) -> Iterator[RawEvent]:
    """A simulated half year of citizens of these kab/kota up to the business date; the same for the same seed."""
    plan = simulate.Plan(
        events, tuple(regions), seed, date(2024, 1, 2), date.fromisoformat(AS_OF), f"simulation/seed-{seed}"
    )
    for event in simulate.citizens(plan):
        yield json.loads(event.model_dump_json(exclude_none=True))


class Receipts:
    """What was sent and what was acknowledged, from all clients; ``wrong`` are refusals of what is right."""

    def __init__(self) -> None:
        self.sent: dict[Identity, RawEvent] = {}
        self.acknowledged: set[Identity] = set()
        self.retries = 0
        self.wrong: list[str] = []
        self._lock = threading.Lock()

    def sending(self, events: Sequence[RawEvent]) -> None:
        """These events are about to leave."""
        with self._lock:
            self.sent |= {identity(event): event for event in events}

    def answered(self, events: Sequence[RawEvent], answer: httpx.Response | None) -> bool:
        """Note an answer, ``None`` if there was none; whether everything was accepted."""
        with self._lock:
            if answer is None or answer.status_code in (500, 502, 503):
                self.retries += 1
                if answer is not None and answer.status_code != 503:
                    self.wrong.append(f"ingest answered {answer.status_code}: {answer.text[:300]}")
                return False
            if answer.status_code != 202 or answer.json()["rejected"]:
                self.wrong.append(f"valid events were refused: {answer.status_code} {answer.text[:300]}")
                return True
            self.acknowledged |= {identity(event) for event in events}
            return True


class Client:
    """One sender. It never gives up; with several ``urls`` it goes to the next whenever one fails."""

    def __init__(
        self, urls: str | Sequence[str], receipts: Receipts, rng: Random, hurry: threading.Event, *, key: str = KEY
    ) -> None:
        self._http = httpx.Client(timeout=8, headers={"Authorization": f"Bearer {key}"})
        self._urls = cycle([urls] if isinstance(urls, str) else rng.sample(urls, len(urls)))
        self._url = next(self._urls)
        self._receipts = receipts
        self._rng = rng
        self._hurry = hurry

    def send(self, events: Sequence[RawEvent]) -> None:
        """Return once everything was acknowledged with 202, or the run is over."""
        batch = list(events)
        self._receipts.sending(batch)
        while not self._receipts.answered(batch, self._post(batch)):
            if self._hurry.wait(_RETRY_SECONDS):
                return
            self._url = next(self._urls)
            if self._rng.random() < 0.5:
                self._rng.shuffle(batch)

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def _post(self, batch: list[RawEvent]) -> httpx.Response | None:
        try:
            return self._http.post(
                f"{self._url}/v1/events",
                content=json.dumps(batch),
                headers={"Content-Type": "application/cloudevents-batch+json"},
            )
        except httpx.TransportError:
            return None


class Load:
    """Sends a stream at a steady rate (events a second) from several clients until told to finish."""

    def __init__(
        self,
        urls: str | Sequence[str],
        receipts: Receipts,
        events: Iterator[RawEvent],
        seed: int,
        *,
        rate: float,
        key: str = KEY,
    ) -> None:
        self._events = events
        self._lock = threading.Lock()
        self._pause = threading.Event()
        self._give_up = threading.Event()
        self._rate = rate / _CLIENTS
        self._receipts = receipts
        self._urls = urls
        self._key = key
        self._threads = [
            threading.Thread(target=self._run, args=(Random(f"{seed}/client/{number}"),), name=f"client-{number}")
            for number in range(_CLIENTS)
        ]

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    def finish(self, *, seconds: float) -> None:
        """Begin nothing new; return once everything begun was acknowledged. What is not in time is wrong."""
        self._pause.set()
        for thread in self._threads:
            thread.join(seconds)
        self._give_up.set()
        for thread in self._threads:
            thread.join()
        if seconds and (missing := len(self._receipts.sent.keys() - self._receipts.acknowledged)):
            self._receipts.wrong.append(f"{missing} events were not accepted within {seconds} s after the last fault")

    def _run(self, rng: Random) -> None:
        client = Client(self._urls, self._receipts, rng, self._give_up, key=self._key)
        buffer: list[RawEvent] = []
        sent: list[RawEvent] = []
        while not self._pause.is_set():
            buffer += self._next(_BUFFER - len(buffer))
            if not buffer:
                break
            rng.shuffle(buffer)
            size = rng.randint(10, 60)
            batch, buffer = buffer[:size], buffer[size:]
            repeated = [event for event in rng.sample(sent, min(len(sent), size)) if rng.random() < _REPEATED]
            client.send([*batch, *repeated])
            sent = [*sent, *batch][-5000:]
            self._pause.wait(len(batch) / self._rate)
        client.close()

    def _next(self, count: int) -> list[RawEvent]:
        with self._lock:
            return [event for _, event in zip(range(count), self._events, strict=False)]
