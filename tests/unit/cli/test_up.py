"""What ``laju up`` checks and writes before it starts anything."""

from __future__ import annotations

import socket
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from honcho.environ import parse_procfile

from services.cli import demo
from services.cli.errors import CliError
from services.cli.up.children import SERVICES
from services.cli.up.demo_run import recipients
from services.cli.up.environment import SHOWN, check_binaries, environment, reading
from services.cli.up.folder import DataFolder
from services.cli.up.ports import HOST, Ports
from services.cli.up.run import PROCFILE
from shared.passes import keys_of
from shared.wilayah import NATION

PORTS = Ports.from_base(18_500)


def test_ports_follow_one_another_in_the_documented_order() -> None:
    assert Ports.from_base(8080) == Ports(
        ingest=8080, aggregator=8081, notifier=8082, nats=8083, mongo=8084, smtp=8085, nats_monitoring=8086
    )


def test_a_taken_port_is_named_with_its_role_and_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CliError, match=rf"port {port} \(NATS\) is already taken.*--port-base"):
            Ports.from_base(port - 3).check_free()


def test_a_data_folder_serves_one_at_a_time(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    with (
        folder.locked(),
        pytest.raises(CliError, match="in use by another `laju up`"),
        DataFolder(tmp_path / "data").locked(),
    ):
        pytest.fail("locked twice")
    with folder.locked():
        pass  # it is free again


def test_a_data_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CliError, match="cannot be used: Not a directory"), DataFolder(tmp_path / "file/x").locked():
        pytest.fail("locked")


def test_nats_keeps_every_envelope_on_the_disk(tmp_path: Path) -> None:
    DataFolder(tmp_path).prepare(PORTS)
    written = (tmp_path / "nats.conf").read_text()
    assert "sync_interval: always" in written
    assert f'store_dir: "{tmp_path}/nats"' in written
    assert f"port: {PORTS.nats}\n" in written
    assert f'http: "127.0.0.1:{PORTS.nats_monitoring}"' in written


def test_a_recipients_file_is_never_overwritten(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.prepare(PORTS)
    assert tomllib.loads(folder.recipients.read_text()) == {}
    folder.prepare(PORTS, recipients())
    assert tomllib.loads(folder.recipients.read_text()) == {}


def test_the_recipients_of_the_demo_are_heads_at_reserved_addresses() -> None:
    entries = tomllib.loads(recipients())["recipient"]
    assert [entry["region"] for entry in entries] == list(demo.REGIONS)
    assert all(entry["role"] == "head" and entry["email"].endswith(".example") for entry in entries)


def test_every_variable_of_the_procfile_is_set_and_every_command_replaces_its_shell(tmp_path: Path) -> None:
    commands = parse_procfile(PROCFILE.read_text()).processes
    env = environment({}, DataFolder(tmp_path), PORTS, None)
    assert set(commands) == {"nats", "mongo", "smtp", *SERVICES}
    for command in commands.values():
        assert command.startswith("exec ")
        assert {word.split('"')[0].split("/")[0] for word in command.split("$")[1:]} <= set(env)


def test_the_business_date_is_only_fixed_when_asked_for(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert "LAJU_AS_OF" not in environment({}, folder, PORTS, None)
    assert environment({}, folder, PORTS, date(2024, 6, 27))["LAJU_AS_OF"] == "2024-06-27"


@pytest.mark.parametrize("access", ["link", "oidc"])
def test_where_not_everybody_may_read_there_is_a_key_and_a_token_before_anything_starts(
    access: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAJU_ACCESS", access)
    token = reading({"LAJU_ACCESS": access}, DataFolder(tmp_path))[SHOWN]
    secret = keys_of((tmp_path / "pages.key").read_text(), "pages.key")

    assert secret.read("link", token, datetime.now(UTC)).regions == (NATION,)
    again = reading({"LAJU_ACCESS": access}, DataFolder(tmp_path))[SHOWN]
    assert secret.read("link", again, datetime.now(UTC)).regions == (NATION,)


def test_a_key_or_a_token_of_ones_own_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAJU_PAGES_KEY", "a" * 64)
    token = reading({"LAJU_ACCESS": "link"}, DataFolder(tmp_path))[SHOWN]

    assert keys_of("a" * 64, "").read("link", token, datetime.now(UTC)).regions == (NATION,)
    assert reading({"LAJU_ACCESS": "link", SHOWN: token}, DataFolder(tmp_path)) == {}
    monkeypatch.setenv("LAJU_PAGES_KEY", "secret")
    with pytest.raises(CliError, match="LAJU_PAGES_KEY must be 64 hex digits"):
        reading({"LAJU_ACCESS": "link"}, DataFolder(tmp_path))
    assert not (tmp_path / "pages.key").exists()


@pytest.mark.parametrize("env", [{}, {"LAJU_ACCESS": ""}, {"LAJU_ACCESS": "public"}])
def test_where_everybody_may_read_there_is_neither(env: dict[str, str], tmp_path: Path) -> None:
    assert reading(env, DataFolder(tmp_path)) == {}
    assert not (tmp_path / "pages.key").exists()


def test_missing_servers_are_named_with_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(CliError, match=r"nats-server and secantusd-rs not found.*laju\[embedded\]"):
        check_binaries(str(tmp_path))
