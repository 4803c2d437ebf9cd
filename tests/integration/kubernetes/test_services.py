"""The services with the environment that the manifests give them, on real servers: they become ready by the probes, and
write nothing where nothing can be written in a pod."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.collector import collecting
from tests.events import citizen, event
from tests.manifests import EXAMPLE, rendered
from tests.servers import BIN, Process, free_port, mongo_server, nats_server, running, status

KEY = "laju_operator_test"
NAMES = ("ingest", "aggregator", "notifier")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the pods have of a file system: the folder of the image, in which nothing can be written, and /tmp."""
    found = tmp_path_factory.mktemp("pods")
    for name in NAMES:
        (found / name / "image").mkdir(parents=True)
        (found / name / "tmp").mkdir()
    (found / "notifier/image/links.key").write_text("1" * 64)
    (found / "recipients").mkdir()
    shutil.copy(EXAMPLE / "recipients.toml", found / "recipients")
    return found


def written(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for name in NAMES for path in (folder / name / "image").rglob("*")}


def pod(name: str, folder: Path, environment: Mapping[str, str]) -> Process:
    """A container as its manifest starts it, from the folder of the image, which is its home as well."""
    image, temporary = folder / name / "image", folder / name / "tmp"
    places = {"LAJU_DATA": image, "HOME": image, "TMPDIR": temporary, "MPLCONFIGDIR": temporary / "matplotlib"}
    command = ["env", "-C", str(image), str(BIN / "laju"), *rendered().container(name)["args"]]
    process = Process(name, command, folder / f"{name}.log")
    process.environment = {**environment, **{variable: str(path) for variable, path in places.items()}}
    return process


def probed(name: str, url: str) -> bool:
    """Whether it is ready, asked as Kubernetes asks it."""
    return status(url + rendered().container(name)["readinessProbe"]["httpGet"]["path"]) == 200


@pytest.fixture(scope="module")
def urls(folder: Path) -> Iterator[dict[str, str]]:
    """The three services, all ready."""
    ports = {name: free_port() for name in NAMES}
    addresses = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    with ExitStack() as stack:
        nats = stack.enter_context(nats_server(folder / "nats"))
        mongo = stack.enter_context(mongo_server(folder / "mongo"))
        collector = stack.enter_context(collecting())
        servers = {"LAJU_NATS_URL": nats, "LAJU_MONGO_URL": mongo}
        secrets = {
            "laju-ingest": {"LAJU_NATS_URL": nats, "LAJU_API_KEY": KEY, "LAJU_PSEUDONYM_KEY": "2" * 64},
            "laju-aggregator": servers,
            "laju-notifier": servers | {"LAJU_SMTP_URL": f"smtp://127.0.0.1:{free_port()}"},
        }
        here = {
            "LAJU_HOST": "127.0.0.1",
            "LAJU_STREAM_REPLICAS": "1",  # there is one server
            "LAJU_NOTIFIER_API_URL": addresses["notifier"],
            "LAJU_READ_API_URL": addresses["aggregator"],
            "LAJU_RECIPIENTS": str(folder / "recipients/recipients.toml"),
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            **{f"LAJU_{name.upper()}_PORT": str(port) for name, port in ports.items()},
        }
        for name, url in addresses.items():
            given = rendered().environment(name, secrets)
            process = pod(name, folder, given | {variable: here[variable] for variable in given.keys() & here.keys()})
            stack.enter_context(running(process, partial(probed, name, url)))
        yield addresses


def test_they_live_and_are_ready_by_their_probes(urls: dict[str, str]) -> None:
    for name, url in urls.items():
        container = rendered().container(name)
        for kind in ("startup", "liveness", "readiness"):
            assert status(url + container[f"{kind}Probe"]["httpGet"]["path"]) == 200


def test_they_work_and_write_nothing_but_into_tmp(urls: dict[str, str], folder: Path) -> None:
    recorded = event("ikd.activated", citizen=citizen(1), home="51.71", service="51.71", channel="office")
    taken = httpx.post(
        f"{urls['ingest']}/v1/events",
        content=json.dumps(recorded),
        headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/cloudevents+json"},
    )
    assert taken.status_code == 202, taken.text
    reader = httpx.Client(base_url=urls["aggregator"], timeout=60)
    assert reader.get("/regions/51.71", params={"min_sequence": 1}).status_code == 200
    report = reader.get("/v1/regions/51.71/report.pdf")
    assert report.content.startswith(b"%PDF")
    assert written(folder) == {"notifier/image/links.key"}
