"""The whole of docker-compose.yml as a project of its own, on free ports, with secrets of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from tests.servers import free_port
from tests.waiting import until

ROOT = Path(__file__).parents[2]
FILES = ("docker-compose.yml", "tests/compose/tests.yml")
SINGLE = ("ingest", "aggregator", "notifier", "nats", "mailpit", "prometheus", "alertmanager", "grafana")
HA = tuple(f"{service}-{number}" for service in SINGLE[:3] for number in (1, 2))
STANDIN = "laju.standin"
"""The label of an image that stands in for another, see tests/compose/standins/."""
_UP_SECONDS = 900
_COMMAND_SECONDS = 300


class NotHereError(Exception):
    """What the tests need is not on this machine; the message says what."""


@dataclass
class Stack:
    """One project; ``profile`` is ``single`` or ``ha``."""

    folder: Path
    profile: str
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in (*SINGLE, *HA)})

    @property
    def name(self) -> str:
        """Of the project: two runs on one machine do not meet."""
        return f"laju-test-{self.profile}-{os.getpid()}"

    @property
    def services(self) -> list[str]:
        """Those of the profile."""
        return self.compose("config", "--services").split()

    def url(self, service: str) -> str:
        """Where a service is reached from here."""
        return f"http://127.0.0.1:{self.ports[service]}"

    @cached_property
    def http(self) -> httpx.Client:
        """A client that waits as long as a busy machine needs."""
        return httpx.Client(timeout=60)

    def get(self, service: str, path: str, **params: Any) -> Any:
        """A document of a service that is up; asked again while it is still reading what it needs."""

        def answered() -> list[httpx.Response]:
            try:
                answer = self.http.get(self.url(service) + path, params=params)
            except httpx.TransportError:
                return []
            return [] if answer.status_code == 503 else [answer]

        (answer,) = until(answered, seconds=120)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, ingest: str, *events: dict[str, Any], key: str) -> None:
        """Hand in a few events; all must be accepted."""
        answer = self.http.post(
            f"{self.url(ingest)}/v1/events",
            content=json.dumps(events),
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/cloudevents-batch+json"},
        )
        assert answer.status_code == 202, answer.text
        assert answer.json()["rejected"] == []

    def operator_key(self, ingest: str) -> str:
        """The key that ingest made for itself."""
        return self.run(ingest, "cat", "/var/lib/laju/operator.key").strip()

    def mails(self) -> list[dict[str, Any]]:
        """What arrived from the notifier so far; what Alertmanager sends to operators is left out."""
        arrived = self.get("mailpit", "/api/v1/messages")["messages"]
        return [mail for mail in arrived if mail["From"]["Address"] == "laju@laju.example"]

    def targets(self) -> dict[str, str]:
        """Whom Prometheus asks, by address, with what it thinks of it: ``up``, ``down`` or ``unknown``."""
        found = self.get("prometheus", "/api/v1/targets", state="active")["data"]["activeTargets"]
        return {target["labels"]["instance"]: target["health"] for target in found}

    def holds(self, expression: str) -> bool:
        """Whether Prometheus knows a series for which an expression is true."""
        return bool(self.get("prometheus", "/api/v1/query", query=expression)["data"]["result"])

    def compose(self, *arguments: str, seconds: float = _COMMAND_SECONDS) -> str:
        """What ``docker compose`` says on its standard output; it must not fail."""
        files = [part for name in FILES for part in ("--file", str(ROOT / name))]
        return docker(
            "compose", "--project-name", self.name, *files, "--profile", self.profile, *arguments,
            seconds=seconds,
            SECRETS_FOLDER=str(self.folder),
            **{f"PORT_{name.upper().replace('-', '_')}": str(port) for name, port in self.ports.items()},
        )  # fmt: skip

    def run(self, service: str, *command: str) -> str:
        """What a command inside a container says."""
        return self.compose("exec", "-T", service, *command)

    def assert_healthy(self) -> None:
        """Every container of the profile is healthy; one that nothing can ask for its health runs."""
        states = self.states()
        asked = {name for name, state in states.items() if state != "running"}
        assert states.keys() == set(self.services)
        assert {name: states[name] for name in asked} == dict.fromkeys(asked, "healthy")
        assert all(name.startswith("mongodb-exporter") for name in states.keys() - asked)

    def operator(self, *command: str) -> str:
        """What a command of an operator prints."""
        return self.compose("run", "--rm", "--no-deps", "-T", "operator", *command, seconds=_UP_SECONDS)

    def states(self) -> dict[str, str]:
        """Of each container: ``healthy``, ``starting``, ``unhealthy``, or its state if it has no health, such as
        ``exited``."""
        lines = self.compose("ps", "--all", "--format", "json").splitlines()
        return {row["Service"]: row["Health"] or row["State"] for row in map(json.loads, lines)}

    def container(self, service: str) -> str:
        """The id of its container."""
        return self.compose("ps", "--all", "--quiet", service).strip()

    def inspect(self, service: str) -> dict[str, Any]:
        """What Docker knows of its container."""
        return dict(json.loads(docker("inspect", self.container(service)))[0])

    def stands_in(self, image: str) -> bool:
        """Whether what runs under the name of an image is a stand-in."""
        return STANDIN in (_labels(image) or {})

    def kill(self, service: str) -> None:
        """SIGKILL, as ``docker kill`` sends it; the container stays down."""
        docker("kill", self.container(service))
        until(lambda: self.states()[service] == "exited", seconds=60)

    def start(self, service: str) -> None:
        """Start it again and wait until it is healthy."""
        docker("start", self.container(service))
        until(lambda: self.states()[service] == "healthy", seconds=300)

    def prepare(self) -> None:
        """Make the secrets as the documentation says, and build the image.

        Raises:
            NotHereError: no Docker is reachable, or an image is not here and cannot be had.
        """
        for needed in self._images():
            if _labels(needed) is None:
                try:
                    docker("pull", "--quiet", needed, seconds=_UP_SECONDS)
                except subprocess.CalledProcessError as error:
                    raise NotHereError(f"{needed} is not here and cannot be pulled: {error.stderr.strip()}") from error
        subprocess.run([str(ROOT / "deploy/secrets.sh"), str(self.folder)], check=True)
        if self.stands_in("mongo:8"):
            _address_one_node(self.folder, "mongo" if self.profile == "single" else "mongo-1")
        self.compose("build", seconds=_UP_SECONDS)

    def up(self) -> None:
        """Start everything and wait until it is healthy."""
        try:
            self.compose("up", "--detach", "--wait", "--no-build", seconds=_UP_SECONDS)
        except subprocess.CalledProcessError as error:
            raise AssertionError(f"{error.stderr}\n{self.states()}\n{self.logs()}") from error

    def down(self) -> None:
        """Stop everything and throw away what it kept."""
        self.http.close()
        self.compose("down", "--volumes", "--timeout", "20")

    def logs(self, lines: int = 15) -> str:
        """The last lines of each container's log."""
        return self.compose("logs", "--no-color", "--tail", str(lines))

    def _images(self) -> list[str]:
        try:
            docker("info")
        except (OSError, subprocess.SubprocessError) as error:
            raise NotHereError("no Docker daemon is reachable") from error
        return [image for image in self.compose("config", "--images").split() if image != "laju"]


def docker(*arguments: str, seconds: float = _COMMAND_SECONDS, **environment: str) -> str:
    """What ``docker`` says on its standard output; it must not fail."""
    done = subprocess.run(
        [shutil.which("docker") or "docker", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode:
        sys.stderr.write(done.stderr)
        raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout, done.stderr)
    return done.stdout


def _labels(image: str) -> dict[str, str] | None:
    """The labels of an image, ``None`` if it is not here."""
    try:
        return dict(json.loads(docker("image", "inspect", image))[0]["Config"]["Labels"] or {})
    except subprocess.CalledProcessError:
        return None


def _address_one_node(folder: Path, host: str) -> None:
    """What stands in for MongoDB calls its replica set otherwise and knows no other member: it is addressed alone."""
    for file in folder.glob("*-mongo-url"):
        alone = file.read_text().replace("@mongo:", f"@{host}:").replace("replicaSet=rs0", "directConnection=true")
        file.unlink()
        file.write_text(alone)
        file.chmod(0o444)


@contextmanager
def stack(folder: Path, profile: str) -> Iterator[Stack]:
    """Everything healthy, and gone afterwards.

    Raises:
        NotHereError: as :meth:`Stack.prepare`.
    """
    made = Stack(folder, profile)
    made.prepare()
    try:
        made.up()
        yield made
    finally:
        made.down()
