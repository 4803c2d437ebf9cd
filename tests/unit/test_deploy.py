"""The files in deploy/ and docker-compose.yml against the code: they name only what exists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from services.aggregator.settings import AggregatorSettings
from services.aggregator.store import COLLECTIONS
from services.cli.main import app
from services.ingest.settings import IngestSettings
from services.notifier.delivery.outbox import OUTBOX
from services.notifier.digests import DIGESTS
from services.notifier.lines import LINES
from services.notifier.recipients_file import read
from services.notifier.record import STEPS
from services.notifier.settings import NotifierSettings
from shared.database import SESSIONS
from tests.roles import ROLES

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SETTINGS: dict[str, type[BaseSettings]] = {
    "ingest": IngestSettings,
    "aggregator": AggregatorSettings,
    "notifier": NotifierSettings,
}


def parsed(path: Path) -> Any:
    """The document in a YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


COMPOSE = parsed(ROOT / "docker-compose.yml")
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}


def ports() -> dict[str, int]:
    """The port each service listens on unless told otherwise."""
    return {name: settings.model_fields[f"{name}_port"].default for name, settings in SETTINGS.items()}


def test_compose_runs_the_three_services_by_their_commands() -> None:
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}

    assert set(OURS) == set(SETTINGS)
    for name, service in OURS.items():
        assert service["command"] == [name]
        assert name in commands


@pytest.mark.parametrize("name", SETTINGS)
def test_compose_sets_only_variables_that_the_service_reads(name: str) -> None:
    known = {f"LAJU_{field.upper()}" for field in SETTINGS[name].model_fields}

    assert set(OURS[name]["environment"]) - known == set()


def composed(name: str, shell: dict[str, str]) -> dict[str, str]:
    """The environment of a service, with the variables of whoever runs Compose."""
    values: dict[str, str] = OURS[name]["environment"]
    return {
        variable: re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: shell.get(found[1]) or found[2], value)
        for variable, value in values.items()
    }


@pytest.mark.parametrize("name", SETTINGS)
def test_what_compose_sets_is_valid(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in composed(name, {}).items():
        monkeypatch.setenv(variable, value)

    settings = SETTINGS[name]()

    assert str(getattr(settings, "host", None)) == "0.0.0.0"  # noqa: S104 - inside a container


def test_compose_hands_access_to_whoever_reads_passes_and_to_whoever_writes_them() -> None:
    shell = {"LAJU_ACCESS": "link", "LAJU_PAGES_KEY": "0" * 64, "LAJU_PAGES_URL": "https://laju.example"}
    aggregator, notifier = composed("aggregator", shell), composed("notifier", shell)

    for variable in ("LAJU_ACCESS", "LAJU_PAGES_KEY"):
        assert aggregator[variable] == notifier[variable] == shell[variable]
    assert aggregator["LAJU_PAGES_URL"] == notifier["LAJU_AGGREGATOR_URL"] == shell["LAJU_PAGES_URL"]


@pytest.mark.parametrize("name", SETTINGS)
def test_compose_publishes_and_probes_the_default_port_on_loopback_only(name: str) -> None:
    port = ports()[name]

    assert OURS[name]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f"http://127.0.0.1:{port}/readyz" in OURS[name]["healthcheck"]["test"][-1]


def test_whoever_is_waited_for_can_become_healthy() -> None:
    for name, service in COMPOSE["services"].items():
        assert "healthcheck" in service, name
        for other, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"}
            assert other in COMPOSE["services"]


def test_compose_mounts_files_that_exist_and_volumes_that_are_declared() -> None:
    for service in COMPOSE["services"].values():
        for source in (volume.split(":")[0] for volume in service.get("volumes", ())):
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_the_recipients_file_can_be_used() -> None:
    assert read(DEPLOY / "laju/recipients.toml", NotifierSettings().hours).recipients
    assert OURS["notifier"]["environment"]["LAJU_RECIPIENTS"] == "/etc/laju/recipients.toml"


def test_what_is_commented_out_in_the_recipients_file_can_be_used_and_is_that_of_the_docs(tmp_path: Path) -> None:
    file = tmp_path / "recipients.toml"
    found = []
    shown = re.findall(
        r"^```toml\n(.*?)^```$", (ROOT / "docs/mail.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    commented = (DEPLOY / "laju/recipients.toml").read_text(encoding="utf-8")
    for text in (*shown, re.sub(r"^#(?=\S)", "", commented, flags=re.MULTILINE)):
        file.write_text(text, encoding="utf-8")
        found.append(read(file, NotifierSettings().hours).quiet)

    assert len(found) == 2
    assert len(found[0]) == 2
    assert found[0] == found[1]


def test_the_image_holds_the_project_without_the_embedded_servers() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    copied = {name for line in re.findall(r"^COPY (?!--)(.+) \S+$", dockerfile, re.MULTILINE) for name in line.split()}
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= copied
    assert copied == sent
    assert "embedded" not in re.sub(r"^#.*$", "", dockerfile, flags=re.MULTILINE)
    assert "--require-hashes" in dockerfile
    assert not dockerfile.startswith("# syntax=")
    assert re.search(r"^USER (?!0|root)", dockerfile, re.MULTILINE)


def test_the_roles_of_mongodb_have_the_collections_that_the_services_use() -> None:
    used = {
        "aggregator": {("laju", "pointer"), *(("laju_p*", name) for name in (*COLLECTIONS, SESSIONS))},
        "notifier": {("laju_notifier", name) for name in (LINES, STEPS, DIGESTS, OUTBOX, SESSIONS)},
    }
    used["operator"] = used["aggregator"]
    named = {
        role: {(grant["db"], name) for grant in grants for name in grant.get("collections", ()) if name}
        for role, grants in ROLES.items()
    }
    assert named == used
