"""The services with the environment and the secrets that the manifests give them, on real servers with accounts and
TLS: they become ready by the probes, and write nothing where nothing can be written in a pod."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest

from shared.trust import trust
from tests.collector import collecting
from tests.events import citizen, event
from tests.hub import Hub, hub_in
from tests.manifests import Given, rendered
from tests.servers import BIN, Process, free_port, listens, mongo_server, running, status

KEY = "laju_operator_test"
NAMES = ("ingest", "aggregator", "notifier")
IMAGE = "var/lib/laju"


@dataclass(frozen=True)
class Pods:
    """The three services, each in a folder that is what a pod has of a file system; ``given`` is what was there before
    they started."""

    folder: Path
    hub: Hub
    urls: Mapping[str, str]
    given: frozenset[Path]

    def written(self) -> set[Path]:
        """What they wrote outside of /tmp."""
        return {path.relative_to(self.folder) for path in files_in(self.folder) - self.given}

    def probed(self, name: str, kind: str = "readiness") -> int:
        """What a service answers when it is asked as Kubernetes asks it."""
        asked = rendered().container(name)[f"{kind}Probe"]["httpGet"]
        url = self.urls[name].replace("https://", f"{asked['scheme'].lower()}://")
        return status(url + asked["path"], self.hub.authority)


def files_in(folder: Path) -> frozenset[Path]:
    found = (path for name in NAMES for path in (folder / name).rglob("*") if path.is_file())
    return frozenset(path for path in found if "tmp" not in path.relative_to(folder).parts)


def environment_of(name: str, folder: Path, given: Given, here: Mapping[str, str]) -> dict[str, str]:
    """The variables of a container, with addresses of ``here`` and the places of its file system below ``folder``."""
    root = folder / name
    variables = rendered().mounted(name, given, root)
    (root / IMAGE).mkdir(parents=True, exist_ok=True)
    (root / "tmp").mkdir()
    temporary = root / "tmp"
    places = {"LAJU_DATA": root / IMAGE, "HOME": root / IMAGE, "TMPDIR": temporary, "MPLCONFIGDIR": temporary / "fonts"}
    return {
        **variables,
        **{variable: here[variable] for variable in variables.keys() & here.keys()},
        **{variable: str(path) for variable, path in places.items()},
    }


def pod(name: str, folder: Path, environment: Mapping[str, str]) -> Process:
    """A container as its manifest starts it, from the folder of the image, which is its home as well."""
    command = ["env", "-C", str(folder / name / IMAGE), str(BIN / "laju"), *rendered().container(name)["args"]]
    return Process(name, command, folder / f"{name}.log", environment)


@pytest.fixture(scope="module")
def pods(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pods]:
    """All ready, after the streams were created."""
    folder = tmp_path_factory.mktemp("pods")
    ports = {name: free_port() for name in NAMES}
    urls = {name: f"https://127.0.0.1:{port}" for name, port in ports.items()}
    with ExitStack() as stack:
        hub = hub_in(folder / "nats")
        stack.enter_context(running(hub.process, partial(listens, hub.port)))
        mongo = stack.enter_context(mongo_server(folder / "mongo"))
        collector = stack.enter_context(collecting())
        seeds = {name: {"LAJU_NATS_SEED": hub.seed(name)} for name in (*NAMES, "administrator")}
        certificate = {"tls.crt": (hub.folder / "hub.pem").read_text(), "tls.key": (hub.folder / "hub.key").read_text()}
        given = {
            "laju-ingest": seeds["ingest"] | {"LAJU_API_KEY": KEY, "LAJU_PSEUDONYM_KEY": "2" * 64},
            "laju-aggregator": seeds["aggregator"] | {"LAJU_MONGO_URL": mongo},
            "laju-notifier": seeds["notifier"]
            | {"LAJU_MONGO_URL": mongo, "LAJU_SMTP_URL": f"smtp://127.0.0.1:{free_port()}"},
            "laju-links": {"links.key": "1" * 64},
            "laju-administrator": seeds["administrator"],
            "laju-ca": {"ca.pem": hub.authority.read_text()},
            **{f"{name}-tls": certificate for name in NAMES},
        }
        here = {
            "LAJU_HOST": "127.0.0.1",
            "LAJU_NATS_URL": hub.url,
            "LAJU_STREAM_REPLICAS": "1",  # there is one server
            "LAJU_NOTIFIER_API_URL": urls["notifier"],
            "LAJU_READ_API_URL": urls["aggregator"],
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            **{f"LAJU_{name.upper()}_PORT": str(port) for name, port in ports.items()},
        }
        environments = {name: environment_of(name, folder, given, here) for name in (*NAMES, "streams")}
        found = Pods(folder, hub, urls, files_in(folder))
        assert "created ALERTS, EVENTS" in output(pod("streams", folder, environments["streams"]))
        for name in NAMES:
            ready = partial(_is_ready, found, name)
            stack.enter_context(running(pod(name, folder, environments[name]), ready))
        yield found


def output(process: Process) -> str:
    """What it prints; it must succeed."""
    done = subprocess.run(
        process.command, env=dict(process.environment), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _is_ready(pods: Pods, name: str) -> bool:
    return pods.probed(name) == 200


def test_they_live_and_are_ready_by_their_probes(pods: Pods) -> None:
    for name in NAMES:
        assert [pods.probed(name, kind) for kind in ("startup", "liveness", "readiness")] == [200] * 3


def test_they_work_and_write_nothing_but_into_tmp(pods: Pods) -> None:
    recorded = event("ikd.activated", citizen=citizen(1), home="51.71", service="51.71", channel="office")
    with httpx.Client(timeout=60, verify=trust(pods.hub.authority)) as client:
        taken = client.post(
            f"{pods.urls['ingest']}/v1/events",
            content=json.dumps(recorded),
            headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/cloudevents+json"},
        )
        assert taken.status_code == 202, taken.text
        pages = pods.urls["aggregator"]
        assert client.get(f"{pages}/regions/51.71", params={"min_sequence": 1}).status_code == 200
        report = client.get(f"{pages}/v1/regions/51.71/report.pdf")
        assert report.content.startswith(b"%PDF")
    assert pods.written() == set()
