"""What `kubectl kustomize` makes of the manifests; it needs no cluster and no network."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from tests.servers import BIN

Manifest = dict[str, Any]
FOLDER = Path(__file__).parents[1] / "deploy/kubernetes"
EXAMPLE = FOLDER / "example"
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod")


@dataclass(frozen=True)
class Rendered:
    """Everything that would be applied."""

    manifests: tuple[Manifest, ...]

    def all(self, *kinds: str) -> list[Manifest]:
        """Those of some kinds."""
        return [found for found in self.manifests if found["kind"] in kinds]

    def one(self, kind: str, name: str) -> Manifest:
        """The one of a kind with a name, whatever hash follows it."""
        (found,) = [
            found
            for found in self.all(kind)
            if found["metadata"]["name"] == name or found["metadata"]["name"].rpartition("-")[0] == name
        ]
        return found

    def pods(self) -> Iterator[tuple[str, Manifest]]:
        """The pod of each workload, by name."""
        for found in self.all(*WORKLOADS):
            yield found["metadata"]["name"], found["spec"]["template"]["spec"]

    def container(self, name: str) -> Manifest:
        """The one container of a workload."""
        (found,) = dict(self.pods())[name]["containers"]
        return dict(found)

    def environment(self, name: str, secrets: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
        """The variables of a workload's container, with ``secrets`` by name in the cluster."""
        container = self.container(name)
        found: dict[str, str] = {}
        maps = {item["metadata"]["name"]: item["data"] for item in self.all("ConfigMap")}
        for source in container["envFrom"]:
            found |= maps[source["configMapRef"]["name"]] if "configMapRef" in source else secrets[_secret(source)]
        for item in container.get("env", ()):
            source = item["valueFrom"]["secretKeyRef"]
            found[item["name"]] = secrets[source["name"]][source["key"]]
        return found


def _secret(source: Manifest) -> str:
    return str(source["secretRef"]["name"])


@lru_cache
def rendered(folder: Path = EXAMPLE) -> Rendered:
    """A folder with a kustomization; what is wrong in it fails the test that asks."""
    done = subprocess.run([str(BIN / "kubectl"), "kustomize", str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr, done.stderr
    return Rendered(tuple(yaml.safe_load_all(done.stdout)))
