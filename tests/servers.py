"""Real servers for tests: each on a free port with a folder of its own, ended by whoever started it."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.waiting import until

BIN = Path(sys.executable).parent
_REMEMBERED = 40
_PORTS = (10_000, 32_000)
_GIVEN: set[int] = set()
STARTED: deque[Process] = deque(maxlen=_REMEMBERED)
"""The processes started last: what their logs say is shown with a test that fails."""


def free_port() -> int:
    """A port nobody listens on at this moment, and that the system gives to no outgoing connection: a server that is
    away for a while could otherwise not come back to it. For the same reason none is given twice, and those who test
    beside one another have ports of their own."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    while True:
        port = random.randrange(_PORTS[0] + worker, _PORTS[1], workers)
        if port in _GIVEN:
            continue
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            _GIVEN.add(port)
            return port


def listens(port: int) -> bool:
    """Whether somebody accepts connections on the port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


@dataclass
class Process:
    """A child process with its log file."""

    name: str
    command: list[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in a session of its own."""
        STARTED.append(self)
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                self.command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )

    def end(self, how: int = signal.SIGTERM, *, seconds: float = 20) -> int:
        """Signal it and wait; killed if it does not end in time. Returns its exit status."""
        assert self.child is not None
        if self.child.poll() is None:
            self.child.send_signal(how)
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
                raise
        return self.child.returncode

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It stands still meanwhile (SIGSTOP), with its connections open."""
        assert self.child is not None
        self.child.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.child.send_signal(signal.SIGCONT)

    def tail(self, lines: int = 25) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


@contextmanager
def running(process: Process, ready: Any, *, ending_seconds: float = 20) -> Iterator[Process]:
    """The process from readiness on, ended afterwards, for which it has so long."""
    process.start()
    try:

        def is_up() -> bool:
            assert process.child is not None
            assert process.child.poll() is None, f"{process.name} ended:\n{process.tail()}"
            return bool(ready())

        until(is_up, seconds=40)
        yield process
    finally:
        process.end(seconds=ending_seconds)


def nats_process(folder: Path, port: int, *, more: str = "") -> Process:
    """nats-server with JetStream, one fsync for each message, not started yet; ``more`` goes into its JetStream
    settings."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "nats.conf"
    config.write_text(
        f'listen: "127.0.0.1:{port}"\njetstream {{ store_dir: "{folder}/store", sync_interval: always {more}}}\n'
    )
    return Process("nats-server", [str(BIN / "nats-server"), "-c", str(config)], folder / "nats.log")


@contextmanager
def nats_server(folder: Path, port: int | None = None) -> Iterator[str]:
    """nats-server with JetStream, one fsync for each message; yields its URL."""
    port = port or free_port()
    with running(nats_process(folder, port), lambda: listens(port)):
        yield f"nats://127.0.0.1:{port}"


def mongo_process(folder: Path, port: int, *, cache: str = "256M") -> Process:
    """A MongoDB-compatible server that fsyncs each commit, not started yet. It keeps what a minute writes in its
    ``cache``, and stands still for the rest of that minute when there is no room."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(BIN / "secantusd-rs"), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--storage-path", str(folder / "mongo"), "--cache-size", cache, "--log-file-max", "64MB"]
    return Process("secantusd-rs", [*command, "--sync-on-commit"], folder / "mongo.log")


@contextmanager
def mongo_server(folder: Path, port: int | None = None, *, cache: str = "256M") -> Iterator[str]:
    """A MongoDB-compatible server that fsyncs each commit; yields its URL."""
    port = port or free_port()
    with running(mongo_process(folder, port, cache=cache), lambda: listens(port)):
        yield mongo_url(port)


def mongo_url(port: int) -> str:
    """Where the server on a port is reached."""
    return f"mongodb://127.0.0.1:{port}/?directConnection=true"


def service_process(name: str, folder: Path, environment: Mapping[str, str]) -> Process:
    """One of the three services, not started yet."""
    folder.mkdir(parents=True, exist_ok=True)
    return Process(name, [sys.executable, "-m", "services.cli", name], folder / f"{name}.log", environment)


@contextmanager
def service(name: str, port: int, folder: Path, environment: Mapping[str, str]) -> Iterator[Process]:
    """One of the three services as a process, ready end to end."""
    process = service_process(name, folder, environment)
    with running(process, lambda: is_ready(port)):
        yield process


def is_ready(port: int, authority: Path | None = None) -> bool:
    """Whether the service on a port is ready end to end; over HTTPS if it has a certificate from ``authority``."""
    return status(f"http{'s' if authority else ''}://127.0.0.1:{port}/readyz", authority) == 200


def status(url: str, authority: Path | None = None) -> int:
    """The HTTP status of a GET, 0 if nobody answers."""
    context = ssl.create_default_context(cafile=authority) if authority else None
    try:
        with urllib.request.urlopen(url, timeout=5, context=context) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def get(url: str) -> Any:
    """The JSON document at a URL."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)
