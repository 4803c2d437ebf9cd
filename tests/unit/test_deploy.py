"""The files in deploy/ and docker-compose.yml against the code: they name only what exists."""

from __future__ import annotations

import base64
import re
import subprocess
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
from services.notifier.duty import DUTY
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
OPERATOR = COMPOSE["services"]["operator"]
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service and service != OPERATOR}
PROFILES = ("single", "ha")


def ports() -> dict[str, int]:
    """The port each service listens on unless told otherwise."""
    return {name: settings.model_fields[f"{name}_port"].default for name, settings in SETTINGS.items()}


def kind(name: str) -> str:
    """What a service of ours is: ``ingest`` for ``ingest-1``."""
    return name.partition("-")[0]


def members(profile: str) -> dict[str, Any]:
    """The services of a profile, with those that are in every one."""
    return {
        name: service for name, service in COMPOSE["services"].items() if profile in service.get("profiles", PROFILES)
    }


def test_compose_runs_one_of_each_or_two_by_their_commands() -> None:
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}

    assert set(OURS) & set(members("single")) == set(SETTINGS)
    assert set(OURS) & set(members("ha")) == {f"{name}-{number}" for name in SETTINGS for number in (1, 2)}
    for name, service in OURS.items():
        assert service["command"] == [kind(name)]
        assert kind(name) in commands


def test_what_is_run_unless_a_profile_is_named_is_one_of_each() -> None:
    said = (ROOT / ".env").read_text(encoding="utf-8")

    assert re.findall(r"^(\w+)=(.*)$", said, re.MULTILINE) == [("COMPOSE_PROFILES", "single")]


@pytest.mark.parametrize("name", OURS)
def test_compose_sets_only_variables_that_the_service_reads(name: str) -> None:
    known = {f"LAJU_{field.upper()}" for field in SETTINGS[kind(name)].model_fields}
    secret = {secret["target"] for secret in OURS[name].get("secrets", ())}

    assert (set(OURS[name]["environment"]) | secret) - known == set()
    assert bool(secret) == ("LAJU_SECRETS" in OURS[name]["environment"])


def test_the_commands_of_operators_have_what_they_read_and_are_run_only_when_called() -> None:
    known = {f"LAJU_{field.upper()}" for settings in SETTINGS.values() for field in settings.model_fields}
    doctors = {"LAJU_INGEST_URL", "LAJU_NATS_MONITOR_URL"}

    assert OPERATOR["profiles"] == ["operator"]
    assert set(OPERATOR["environment"]) - known == doctors
    assert {"source": "operator-mongo-url", "target": "LAJU_MONGO_URL"} in OPERATOR["secrets"]
    assert OPERATOR["volumes"][0] == OURS["ingest"]["volumes"][0]
    assert "command" not in OPERATOR
    assert "ports" not in OPERATOR


def composed(name: str, shell: dict[str, str]) -> dict[str, str]:
    """The environment of a service, with the variables of whoever runs Compose."""
    values: dict[str, Any] = OURS[name]["environment"]
    return {
        variable: re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: shell.get(found[1]) or found[2], str(value))
        for variable, value in values.items()
    }


@pytest.mark.parametrize("name", OURS)
def test_what_compose_sets_is_valid(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable, value in composed(name, {}).items():
        monkeypatch.setenv(variable, str(tmp_path) if variable == "LAJU_SECRETS" else value)

    settings = SETTINGS[kind(name)]()

    assert str(getattr(settings, "host", None)) == "0.0.0.0"  # noqa: S104 - inside a container


def test_two_of_a_kind_differ_in_their_name_and_streams_have_as_many_copies_as_there_are_servers() -> None:
    for name, service in OURS.items():
        alone = name == kind(name)
        assert service["environment"]["LAJU_INSTANCE"] == name
        assert service["environment"].get("LAJU_STREAM_REPLICAS", 1) == (1 if alone else 3)
        assert service["volumes"] == OURS[kind(name)]["volumes"] if "volumes" in service else True
        assert alone or service["networks"] == {"default": {"aliases": [kind(name)]}}


def test_compose_hands_access_to_whoever_reads_passes_and_to_whoever_writes_them() -> None:
    shell = {"LAJU_ACCESS": "link", "LAJU_PAGES_URL": "https://laju.example"}
    aggregator, notifier = composed("aggregator", shell), composed("notifier", shell)

    assert aggregator["LAJU_ACCESS"] == notifier["LAJU_ACCESS"] == shell["LAJU_ACCESS"]
    assert aggregator["LAJU_PAGES_URL"] == notifier["LAJU_AGGREGATOR_URL"] == shell["LAJU_PAGES_URL"]
    for name in ("aggregator", "notifier"):
        assert {"source": "pages-key", "target": "LAJU_PAGES_KEY"} in OURS[name]["secrets"]


def test_what_is_secret_is_made_by_the_command_and_in_no_variable(tmp_path: Path) -> None:
    subprocess.run([DEPLOY / "secrets.sh", tmp_path], check=True)
    made = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    assert {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()} == set(made)
    assert set(COMPOSE["secrets"]) == set(made)
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    assert len(set(made.values())) == len(made)
    assert len(base64.b64decode(made["mongo-keyfile"])) == 756  # mongod takes 1,024 characters at most
    for role in ROLES:
        assert f"//laju_{role}:{made[f'mongo-{role}-password'].decode()}@" in made[f"{role}-mongo-url"].decode()
    assert not re.search(r"(?i)password: ", (ROOT / "docker-compose.yml").read_text(encoding="utf-8"))

    subprocess.run([DEPLOY / "secrets.sh", tmp_path], check=True)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == made


@pytest.mark.parametrize("name", OURS)
def test_compose_publishes_on_loopback_only_and_probes_the_default_port(name: str) -> None:
    port = ports()[kind(name)]
    published = port + 10 if name.endswith("-2") else port

    assert OURS[name]["ports"] == [f"127.0.0.1:{published}:{port}"]
    assert f"http://127.0.0.1:{port}/readyz" in OURS[name]["healthcheck"]["test"][-1]


def test_nothing_is_published_beyond_this_machine_nor_twice_in_one_profile() -> None:
    for profile in PROFILES:
        published = [port for service in members(profile).values() for port in service.get("ports", ())]
        assert all(port.startswith("127.0.0.1:") for port in published)
        assert len({port.split(":")[1] for port in published}) == len(published)


@pytest.mark.parametrize("name", OURS)
def test_a_service_can_write_nothing_but_its_data(name: str) -> None:
    service = OURS[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("profile", PROFILES)
def test_whoever_is_waited_for_can_become_healthy(profile: str) -> None:
    present = members(profile)
    for name, service in present.items():
        # Nothing is in the image of that exporter that could ask.
        assert ("healthcheck" in service) != name.startswith("mongodb-exporter"), name
        for other, how in service.get("depends_on", {}).items():
            assert how["condition"] == "service_healthy"
            assert other in present or how["required"] is False
            assert other in COMPOSE["services"]
    assert all({"nats", "mongo", "mailpit"} & set(map(kind, service["depends_on"])) for service in OURS.values())


def test_each_server_has_an_exporter_of_its_own_that_knows_no_more_than_it_needs() -> None:
    for profile, count in (("single", 1), ("ha", 3)):
        present = members(profile)
        names = [f"-{number}" for number in range(1, count + 1)] if count > 1 else [""]
        for end in names:
            nats, mongo = present[f"nats-exporter{end}"], present[f"mongodb-exporter{end}"]
            assert nats["command"][-1] == f"nats{end},http://nats{end}:8222"
            assert mongo["environment"]["MONGODB_URI"] == f"mongodb://mongo{end}:27017/?authSource=admin"
            assert mongo["secrets"] == ["mongo-exporter-password"]
            assert all(one["read_only"] and one["cap_drop"] == ["ALL"] for one in (nats, mongo))
        assert len([name for name in present if "exporter" in name]) == 2 * count


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
        "notifier": {("laju_notifier", name) for name in (LINES, STEPS, DIGESTS, OUTBOX, DUTY, SESSIONS)},
    }
    used["operator"] = used["aggregator"]
    named = {
        role: {(grant["db"], name) for grant in grants for name in grant.get("collections", ()) if name}
        for role, grants in ROLES.items()
    }
    assert named == used
