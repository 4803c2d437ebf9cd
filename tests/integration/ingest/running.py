"""A running ingest with its bus."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import nats

from shared.bus import EVENTS
from shared.envelope import WHOLE, open_envelope
from tests.servers import Process, free_port, service

KEY = "laju_test_key"
BATCH = "application/cloudevents-batch+json"
ONE = "application/cloudevents+json"
LINES = "application/x-ndjson"


class Intake:
    """A running ingest and its bus."""

    def __init__(self, url: str, nats_url: str, process: Process, data: Path) -> None:
        self.url, self.nats_url, self.process, self.data = url, nats_url, process, data
        self.http = httpx.Client(timeout=20)

    def post(self, body: Any, content_type: str = BATCH, *, key: str | None = KEY, **params: Any) -> httpx.Response:
        content = body if isinstance(body, str | bytes) else json.dumps(body)
        headers = {"Content-Type": content_type} | ({"Authorization": f"Bearer {key}"} if key else {})
        return self.http.post(f"{self.url}/v1/events", content=content, headers=headers, params=params)

    def stored(self) -> list[Any]:
        """Every event in EVENTS, in order."""
        return asyncio.run(self._stored())

    async def _stored(self) -> list[Any]:
        client = await nats.connect(self.nats_url)
        try:
            js = client.jetstream()
            last = (await js.stream_info(EVENTS)).state.last_seq
            messages = [await js.get_msg(EVENTS, seq) for seq in range(1, last + 1)]
            return [item for message in messages for item in open_envelope(message.data or b"", WHOLE).events]
        finally:
            await client.close()


@contextmanager
def intake(folder: Path, nats_url: str, **settings: str) -> Iterator[Intake]:
    port, data = free_port(), folder / "data"
    environment = {
        "LAJU_DATA": str(data),
        "LAJU_NATS_URL": nats_url,
        "LAJU_API_KEY": KEY,
        "LAJU_INGEST_PORT": str(port),
        "LAJU_PUBLISH_TIMEOUT_SECONDS": "2",
        **settings,
    }
    with service("ingest", port, folder, environment) as process:
        yield Intake(f"http://127.0.0.1:{port}", nats_url, process, data)
