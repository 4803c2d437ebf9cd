"""Laju's servers and processes as the benchmark runs them, and what they have come to."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import nats
import pymongo

from bench.contender import Figures, RawEvent, figures_of
from bench.http_load import KEY
from services.aggregator.counters import days_of
from shared import bus
from shared.envelope import MAX_EVENTS, message_id, partition_of, seal
from shared.events import PROGRAMMES
from tests.servers import (
    Process,
    free_port,
    is_ready,
    listens,
    mongo_process,
    mongo_url,
    nats_process,
    running,
    service_process,
)
from tests.waiting import until

PARTITIONS = 16
_CACHE = "2G"  # as `laju up` starts it
_LOOK_SECONDS = 0.02
_ENDING_SECONDS = 180  # millions of citizens are written out at the end
_RETRIES = "laju_aggregator_transaction_retries_total "


@dataclass
class Laju:
    """Servers and services by name; not all contenders run all services."""

    servers: dict[str, Process]
    services: dict[str, Process]
    ports: dict[str, int]
    nats_url: str
    mongo_url: str

    @property
    def database(self) -> Any:
        """The projection's database."""
        return pymongo.MongoClient[dict[str, Any]](self.mongo_url)["laju_p1"]

    def retries(self) -> int:
        """How often a transaction of an aggregator had to begin again."""
        found = 0.0
        for name, port in self.ports.items():
            if name.startswith("aggregator"):
                metrics = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text
                lines = [line for line in metrics.splitlines() if line.startswith(_RETRIES)]
                found += sum(float(line.split()[1]) for line in lines)
        return int(found)

    def figures(self) -> Figures:
        """What has been counted."""
        by_region: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for document in self.database["counters"].find():
            by_region[document["region"]].append(document)
        return figures_of(
            (programme, region, day.isoformat(), change)
            for region, documents in by_region.items()
            for programme in PROGRAMMES
            for day, change in days_of(documents, region, programme).items()
        )


@contextmanager
def laju(folder: Path, *, aggregators: int = 1, ingest: bool = False, **settings: str) -> Iterator[Laju]:
    """Everything started and ready; ``settings`` are further LAJU_ variables."""
    nats_port, mongo_port = free_port(), free_port()
    servers = {
        "nats-server": nats_process(folder / "nats", nats_port),
        "database": mongo_process(folder / "mongo", mongo_port, cache=_CACHE),
    }
    with ExitStack() as stack:
        for server, port in zip(servers.values(), (nats_port, mongo_port), strict=True):
            stack.enter_context(running(server, partial(listens, port), ending_seconds=_ENDING_SECONDS))
        environment = {
            "LAJU_DATA": str(folder / "data"),
            "LAJU_NATS_URL": f"nats://127.0.0.1:{nats_port}",
            "LAJU_MONGO_URL": mongo_url(mongo_port),
            "LAJU_API_KEY": KEY,
            "LAJU_PARTITIONS": str(PARTITIONS),
            "LAJU_AS_OF": str(date(2024, 5, 27)),
            **settings,
        }
        names = [f"aggregator-{number}" for number in range(1, aggregators + 1)] + ["ingest"] * ingest
        ports = {name: free_port() for name in names}
        services: dict[str, Process] = {}
        for name in names:
            kind = name.partition("-")[0]
            own = environment | {f"LAJU_{kind.upper()}_PORT": str(ports[name])}
            services[name] = service_process(kind, folder / name, own)
            services[name].start()
            stack.callback(services[name].end)
        for name in names:
            until(partial(is_ready, ports[name]), seconds=60)
        yield Laju(servers, services, ports, environment["LAJU_NATS_URL"], environment["LAJU_MONGO_URL"])


def envelopes_of(events: list[RawEvent]) -> list[tuple[int, bytes]]:
    """The events as ingest would publish them, filled envelopes in order of arrival: (partition, body)."""
    filling: defaultdict[int, list[RawEvent]] = defaultdict(list)
    sealed: list[tuple[int, bytes]] = []
    for event in events:
        partition = partition_of(event, PARTITIONS)
        filling[partition].append(event)
        if len(filling[partition]) == MAX_EVENTS:
            sealed.append((partition, seal(filling.pop(partition))))
    return sealed + [(partition, seal(rest)) for partition, rest in filling.items()]


async def publish(url: str, envelopes: list[tuple[int, bytes]]) -> None:
    """Put envelopes into EVENTS, each acknowledged."""
    client = await nats.connect(url)
    js = client.jetstream()
    for partition, body in envelopes:
        headers: Mapping[str, str] = {"Nats-Msg-Id": message_id(body)}
        await js.publish(bus.events_subject(partition), body, stream=bus.EVENTS, headers=dict(headers))
    await client.close()


async def projected(url: str, stored: int | None = None) -> None:
    """Return once everything in EVENTS is committed and acknowledged, and at least ``stored`` envelopes are there."""
    client = await nats.connect(url)
    js = client.jetstream()
    while True:
        infos = await js.consumers_info(bus.EVENTS)
        waiting = sum((info.num_pending or 0) + (info.num_ack_pending or 0) for info in infos)
        if not waiting and (stored is None or (await js.stream_info(bus.EVENTS)).state.messages >= stored):
            break
        await asyncio.sleep(_LOOK_SECONDS)
    await client.close()
