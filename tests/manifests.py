"""What `kubectl kustomize` makes of the manifests; it needs no cluster and no network."""

from __future__ import annotations

import subprocess
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from tests.servers import BIN

Manifest = dict[str, Any]
Given = Mapping[str, Mapping[str, str]]
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

    def environment(self, name: str) -> dict[str, str]:
        """The variables of a workload's container."""
        container = self.container(name)
        maps = {item["metadata"]["name"]: item["data"] for item in self.all("ConfigMap")}
        found: dict[str, str] = {}
        for source in container["envFrom"]:
            found |= maps[source["configMapRef"]["name"]]
        return found | {item["name"]: item["value"] for item in container.get("env", ())}

    def volumes(self, name: str) -> dict[str, Manifest]:
        """What is mounted into a workload's container to be read, by where."""
        there = {volume["name"]: volume for volume in dict(self.pods())[name]["volumes"]}
        mounts = self.container(name)["volumeMounts"]
        return {mount["mountPath"]: there[mount["name"]] for mount in mounts if mount.get("readOnly")}

    def mounted(self, name: str, given: Given, root: Path) -> dict[str, str]:
        """The variables of a workload's container, with the files that it would find below ``root`` instead of ``/``.

        ``given`` are secrets and config maps that are in the cluster already; one that is not there, or lacks a key
        that is asked for by its name, fails the test as it would keep the container from starting.
        """
        made = {
            secret["metadata"]["name"]: {key: b64decode(text).decode() for key, text in secret["data"].items()}
            for secret in self.all("Secret")
        }
        volumes = self.volumes(name)
        for place, volume in volumes.items():
            folder = root / place.lstrip("/")
            folder.mkdir(parents=True)
            for source in _sources(volume):
                for file, text in _files(source, {**made, **given}).items():
                    (folder / file).write_text(text)
        return {
            variable: f"{root}{value}" if value.startswith(tuple(volumes)) else value
            for variable, value in self.environment(name).items()
        }


def _sources(volume: Manifest) -> list[Manifest]:
    found: list[Manifest] = volume["projected"]["sources"] if "projected" in volume else [volume]
    return found


def _files(source: Manifest, given: Given) -> dict[str, str]:
    """What a secret or config map puts into a folder."""
    told = source.get("secret") or source["configMap"]
    content = given[told.get("secretName") or told["name"]]
    items = told.get("items")
    return {item["path"]: content[item["key"]] for item in items} if items else dict(content)


@lru_cache
def rendered(folder: Path = EXAMPLE) -> Rendered:
    """A folder with a kustomization; what is wrong in it fails the test that asks."""
    done = subprocess.run([str(BIN / "kubectl"), "kustomize", str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr, done.stderr
    return Rendered(tuple(yaml.safe_load_all(done.stdout)))
