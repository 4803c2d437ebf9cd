"""The world of a run: every process on a free port, every connection between them through a proxy, all ended by pid."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import nats
import pymongo
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from pymongo.database import Database

from services.cli.errors import CliError
from services.cli.stream_creation import create
from tests.days import not_today
from tests.faults.proxy import Network
from tests.hub import cluster_in
from tests.servers import Process, free_port, is_ready, listens, mongo_process, nats_process, service_process
from tests.waiting import until

KEY = "laju_test_key"
AS_OF = "2024-06-27"
AGGREGATORS = ("aggregator-1", "aggregator-2")
SERVICES = ("ingest", *AGGREGATORS, "notifier")
PROCESSES = ("nats", "mongo", "smtp", *SERVICES)
_SHUTDOWN_SECONDS = 15.0  # the services promise 4 s for work in hand; the rest is the machine's
_PROJECTION_DATABASE = "laju_p1"
Answer = TypeVar("Answer")


def recipients(regions: Sequence[str]) -> str:
    """A recipients file with one head for each region."""
    return "\n".join(
        f'[[recipient]]\nregion = "{region}"\nrole = "head"\ntitle = "Kepala Disdukcapil {region}"\n'
        f'email = "kepala.{region}@disdukcapil.example"\n'
        for region in regions
    )


class World:
    """``wrong`` gathers what must not happen, such as a service that ends by itself. With a ``cluster``, NATS is the
    three servers of ``deploy/nats/cluster.conf``, with an account for each service; services then reach them without a
    proxy in between, since servers tell them the addresses of the others."""

    def __init__(self, folder: Path, heads: Sequence[str], *, cluster: bool = False) -> None:
        self.folder = folder
        self.mailbox = folder / "mailbox"
        self.wrong: list[str] = []
        self.poisoned: dict[int, str] = {}
        self.notes: list[str] = []
        self._pids: set[int] = set()
        self._down: set[str] = set()
        self._ended = threading.Event()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "recipients.toml").write_text(recipients(heads))
        self.cluster = cluster_in(folder / "nats") if cluster else {}
        self.servers = tuple(self.cluster) or ("nats",)
        self.names = (*self.servers, *(name for name in PROCESSES if name != "nats"))
        self.ports = {name: free_port() for name in PROCESSES} | {n: hub.port for n, hub in self.cluster.items()}
        links = {} if cluster else {f"{name}-bus": self.ports["nats"] for name in SERVICES}
        links |= {f"{name}-database": self.ports["mongo"] for name in (*AGGREGATORS, "notifier")}
        links |= {"notifier-smtp": self.ports["smtp"]}
        self.network = Network(links)
        self.processes = {
            **(
                {name: hub.process for name, hub in self.cluster.items()}
                or {"nats": nats_process(folder / "nats", self.ports["nats"])}
            ),
            "mongo": mongo_process(folder / "mongo", self.ports["mongo"]),
            "smtp": Process(
                "smtp",
                [sys.executable, "-m", "tests.faults.mailbox", str(self.ports["smtp"]), str(self.mailbox)],
                folder / "smtp.log",
            ),
            **{name: service_process(name.partition("-")[0], folder / name, self._environment(name))
               for name in SERVICES},
        }  # fmt: skip
        self.nats_url = f"nats://127.0.0.1:{self.ports['nats']}"
        self._mongo: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(
            f"mongodb://127.0.0.1:{self.ports['mongo']}/?directConnection=true",
            serverSelectionTimeoutMS=500,
            socketTimeoutMS=10_000,
        )
        self._guard = threading.Thread(target=self._watch_processes, name="guard", daemon=True)

    def _environment(self, name: str) -> dict[str, str]:
        environment = {
            "LAJU_DATA": str(self.folder / "data"),
            **self._bus(name),
            "LAJU_RECIPIENTS": str(self.folder / "recipients.toml"),
            "LAJU_API_KEY": KEY,
            "LAJU_AS_OF": AS_OF,
            "LAJU_DEBOUNCE_SECONDS": "0.5",
            "LAJU_ACK_WAIT_SECONDS": "5",
            "LAJU_RETRY_FIRST_SECONDS": "0.5",
            "LAJU_RETRY_MAX_SECONDS": "3",
            "LAJU_SMTP_URL": f"smtp://127.0.0.1:{self.network.port('notifier-smtp')}",
            f"LAJU_{name.partition('-')[0].upper()}_PORT": str(self.ports[name]),
            "LAJU_AGGREGATOR_URL": f"http://127.0.0.1:{self.ports[AGGREGATORS[0]]}",
            "LAJU_MAIL_ANY_TIME": "true",
            "LAJU_DIGEST_WEEKDAY": str(not_today()),
            "LAJU_GATHER_SECONDS": "0.2",
        }
        if name != "ingest":
            environment["LAJU_MONGO_URL"] = (
                f"mongodb://127.0.0.1:{self.network.port(f'{name}-database')}/?directConnection=true"
            )
        return environment

    def _bus(self, name: str) -> dict[str, str]:
        if not self.cluster:
            return {"LAJU_NATS_URL": f"nats://127.0.0.1:{self.network.port(f'{name}-bus')}"}
        hubs = list(self.cluster.values())
        servers = ",".join(hub.url for hub in hubs)
        return {**hubs[0].environment(name.partition("-")[0]), "LAJU_NATS_URL": servers, "LAJU_STREAM_REPLICAS": "3"}

    # Processes

    def start(self, name: str) -> None:
        """Start a process that is not running; it need not be ready on return."""
        process = self.processes[name]
        process.start()
        assert process.child is not None
        self._pids.add(process.child.pid)
        self._down.discard(name)

    def kill(self, name: str) -> None:
        """End a process at once and wait for its end; it stays down."""
        self._down.add(name)
        self.processes[name].end(signal.SIGKILL)

    def terminate(self, name: str) -> None:
        """Ask a process to end, as an operator does; it stays down. It must do so soon and without an error, unless it
        was only just starting."""
        self._down.add(name)
        expected = {0} if listens(self.ports[name]) else {0, -signal.SIGTERM}
        began = time.monotonic()
        try:
            status = self.processes[name].end(signal.SIGTERM, seconds=2 * _SHUTDOWN_SECONDS)
        except subprocess.TimeoutExpired as error:
            self.wrong.append(f"{name} did not end after SIGTERM: {error}")
            return
        took = time.monotonic() - began
        if took > _SHUTDOWN_SECONDS:
            self.wrong.append(f"{name} took {took:.0f} s to end after SIGTERM")
        if status not in expected and name in SERVICES:
            self.wrong.append(f"{name} ended with {status} after SIGTERM:\n{self.processes[name].tail()}")

    def limit_storage(self, size: int | None) -> None:
        """Restart nats-server with so many bytes for all its streams, or without a limit."""
        self.terminate("nats")
        more = "" if size is None else f", max_file_store: {size}"
        nats_process(self.folder / "nats", self.ports["nats"], more=more)
        self.start("nats")

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a process; one that has ended hears nothing."""
        child = self.processes[name].child
        assert child is not None
        child.send_signal(number)

    def condemn(self, name: str) -> Callable[[], None]:
        """From now on the end of this process is no surprise; the answer kills it without waiting."""
        self._down.add(name)
        return lambda: self.signal(name, signal.SIGKILL)

    def is_down(self, name: str) -> bool:
        """Whether the process has ended."""
        child = self.processes[name].child
        return child is None or child.poll() is not None

    def pardon(self, name: str) -> None:
        """A condemned process that lives goes on."""
        self._down.discard(name)

    def last(self, seconds: float) -> None:
        """Let a fault last. There is no condition to wait for: its duration is the fault."""
        self._ended.wait(seconds)

    def _watch_processes(self) -> None:
        while not self._ended.wait(0.2):
            for name in self.names:
                if name not in self._down and self.is_down(name):
                    process = self.processes[name]
                    code = process.child.returncode if process.child else None
                    self.wrong.append(f"{name} ended by itself with {code}:\n{process.tail()}")
                    self.start(name)

    def left_over(self) -> list[int]:
        """The pids, of those ever started and of anything in their sessions, that still run."""
        running = set()
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = entry.read_text().rpartition(")")[2].split()
            except OSError:  # it ended while we looked
                continue
            if int(fields[3]) in self._pids and fields[0] != "Z":
                running.add(int(entry.parent.name))
        return sorted(running)

    # Servers, spoken to directly

    async def connect(self) -> Client:
        """A client of NATS, past the proxies; of any server of a cluster that is there."""
        if not self.cluster:
            return await nats.connect(self.nats_url, connect_timeout=2, allow_reconnect=False, error_cb=_ignored)
        for hub in self.cluster.values():
            if listens(hub.port):
                return await hub.client(seconds=2)
        raise ConnectionRefusedError("no server of the cluster is there")

    def on_bus(self, work: Callable[[JetStreamContext], Awaitable[Answer]], *, seconds: float = 60) -> Answer:
        """Do something with JetStream, past the proxies; tried again while the server is away, so it may run twice."""

        async def run() -> Answer:
            client = await self.connect()
            try:
                return await work(client.jetstream(timeout=5))
            finally:
                await client.close()

        deadline = time.monotonic() + seconds
        while True:
            try:
                return asyncio.run(run())
            except (NatsError, OSError):
                if time.monotonic() > deadline:
                    raise
                self._ended.wait(0.3)

    def database(self, name: str) -> Database[dict[str, Any]]:
        """A database, past the proxies."""
        return self._mongo[name]

    @property
    def projection(self) -> Database[dict[str, Any]]:
        """The projection that serves."""
        return self.database(_PROJECTION_DATABASE)

    def url(self, name: str) -> str:
        """Where a service answers."""
        return f"http://127.0.0.1:{self.ports[name]}"

    # From the beginning to the end

    def begin(self) -> None:
        """Start everything and wait until it is ready end to end."""
        for name in (*self.servers, "mongo", "smtp"):
            self.start(name)
        for name in (*self.servers, "mongo", "smtp"):
            until(partial(listens, self.ports[name]), seconds=40)
        if self.cluster:
            self.on_bus(self._prepare)
        for name in SERVICES:
            self.start(name)
        self._guard.start()
        assert self.is_ready(seconds=120), [self.processes[name].tail() for name in SERVICES]

    async def _prepare(self, js: JetStreamContext) -> None:
        try:
            await create(js, replicas=len(self.cluster), partitions=16)
        except CliError as error:  # the servers have not all found one another yet
            raise NatsError(str(error)) from error

    def is_ready(self, *, seconds: float) -> bool:
        """Whether every service gets ready in time."""
        try:
            until(lambda: all(is_ready(self.ports[name]) for name in SERVICES), seconds=seconds)
        except AssertionError:
            return False
        return True

    def end(self) -> None:
        """End every process by its pid, services first, and close the links."""
        self._ended.set()
        if self._guard.ident is not None:
            self._guard.join(10)
        for name in reversed(self.names):
            if self.processes[name].child is not None and not self.is_down(name):
                self.signal(name, signal.SIGCONT)
                self.terminate(name)
        self._mongo.close()
        self.network.close()


async def _ignored(error: Exception) -> None:
    """What the client would log: the caller sees the failure itself."""


@contextmanager
def world(folder: Path, heads: Sequence[str], *, cluster: bool = False) -> Iterator[World]:
    """A world from readiness to its end."""
    made = World(folder, heads, cluster=cluster)
    try:
        made.begin()
        yield made
    finally:
        made.end()
