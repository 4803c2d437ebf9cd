"""Laju from HTTP on: batches of 1,000 over four connections, until all of them are in the database."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx

from bench.contender import Meter, Ran, arguments, report
from bench.contenders.laju_common import Laju, laju, projected
from bench.http_load import KEY

_BATCH, _CONNECTIONS, _AGGREGATORS = 1000, 4, 2


def batches_in(path: Path) -> list[bytes]:
    """The events of a file as bodies of requests."""
    lines = path.read_bytes().splitlines()
    return [b"[" + b",".join(lines[start : start + _BATCH]) + b"]" for start in range(0, len(lines), _BATCH)]


def send(running: Laju, bodies: list[bytes]) -> None:
    """Hand in all batches, each until it is acknowledged."""
    url = f"http://127.0.0.1:{running.ports['ingest']}/v1/events"
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/cloudevents-batch+json"}
    with httpx.Client(headers=headers, timeout=60) as http, ThreadPoolExecutor(_CONNECTIONS) as senders:
        for answer in senders.map(lambda body: http.post(url, content=body), bodies):
            answer.raise_for_status()


def run(path: Path, folder: Path) -> Ran:
    """Hand in and project all events."""
    bodies = batches_in(path)
    with path.open() as lines:
        events = sum(1 for _ in lines)
    with laju(folder, aggregators=_AGGREGATORS, ingest=True) as running:
        meter = Meter(running.servers, running.services)
        meter.start()
        send(running, bodies)
        asyncio.run(projected(running.nats_url))
        how = f"batches of {_BATCH} over {_CONNECTIONS} connections, 1 ingest, {_AGGREGATORS} aggregators"
        ran = meter.stop(events, None, how)
        return replace(ran, figures=running.figures())


def main() -> None:
    """Run with what the command line says."""
    report(run(*arguments()))


if __name__ == "__main__":
    main()
