"""Who may do what on the bus: the roster, the keys, and the configuration that is made of them."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path

import nkeys
import pytest
from typer.testing import CliRunner, Result

from services.cli.bus.configuration import accounts_conf
from services.cli.bus.keys import SEED_FILE
from services.cli.bus.roster import NAMES, Roster, read
from services.cli.commands.bus import bus
from services.cli.districts.roster import District
from services.cli.errors import CliError
from tests.hub import DEPLOY, certificates
from tests.servers import BIN

DEPLOYED = read(DEPLOY / "accounts.toml")


def laju(*arguments: object) -> Result:
    return CliRunner().invoke(bus, [str(argument) for argument in arguments])


def test_keys_writes_a_folder_of_secrets_for_each_and_prints_the_public_halves(tmp_path: Path) -> None:
    result = laju("keys", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    printed = tomllib.loads(result.stdout)["accounts"]
    assert tuple(printed) == NAMES
    for name, public in printed.items():
        path = tmp_path / name / SEED_FILE
        assert path.stat().st_mode & 0o777 == 0o600
        seed = path.read_text().strip()
        assert seed not in result.output
        assert nkeys.from_seed(seed.encode()).public_key.decode() == public

    again = laju("keys", "ingest", "--out", tmp_path)
    assert again.exit_code == 1
    assert "exists. It may be the key of a service at work" in again.output
    one = laju("keys", "ingest", "--out", tmp_path / "next")
    assert tuple(tomllib.loads(one.stdout)["accounts"]) == ("ingest",)
    unknown = laju("keys", "cashier", "--out", tmp_path / "other")
    assert "'cashier' has no account; there are ingest, " in unknown.output


def roster(**changes: str | None) -> str:
    keys = {**DEPLOYED.keys, **changes}
    return "[accounts]\n" + "".join(f'{name} = "{key}"\n' for name, key in keys.items() if key is not None)


SEED = nkeys.encode_seed(bytes(32), nkeys.PREFIX_BYTE_USER).decode()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", r"\[accounts\] must have ingest, aggregator, notifier, operator, administrator and nothing else"),
        (roster(notifier=None), r"\[accounts\] must have"),
        (roster(cashier=DEPLOYED.keys["ingest"]), r"\[accounts\] must have"),
        (roster(ingest="UABC"), "ingest: nkey is not the public key of a user"),
        (roster(ingest=SEED), "ingest: nkey is a seed. It is a secret"),
        (roster(ingest=DEPLOYED.keys["operator"]), "ingest and operator have the same nkey"),
        (roster() + f'[districts."51.71"]\nnkey = "{DEPLOYED.keys["operator"]}"\n', "operator and 51.71 have the same"),
    ],
)
def test_a_wrong_roster_says_where_and_what_to_do(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "accounts.toml"
    path.write_text(content)
    with pytest.raises(CliError, match=told) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert SEED not in str(caught.value)


def test_the_deployed_accounts_are_what_the_command_writes() -> None:
    assert laju("accounts", DEPLOY / "accounts.toml").output == (DEPLOY / "accounts.conf").read_text()


@pytest.mark.parametrize("name", ["hub.conf", "cluster.conf"])
@pytest.mark.parametrize("districts", [DEPLOYED.districts, ()], ids=["with districts", "without"])
def test_the_server_accepts_the_deployed_configuration(
    tmp_path: Path, name: str, districts: tuple[District, ...]
) -> None:
    certificates(tmp_path)
    (tmp_path / "accounts.conf").write_text(
        accounts_conf(Roster(DEPLOYED.keys, DEPLOYED.districts if districts else ()))
    )
    for path in ("hub.conf", "cluster.conf"):
        shutil.copy(DEPLOY / path, tmp_path)
        text = (tmp_path / path).read_text()
        assert "/etc/nats/tls/" in text
        (tmp_path / path).write_text(text.replace("/etc/nats/tls/", f"{tmp_path}/"))
    command = [str(BIN / "nats-server"), "-c", str(tmp_path / name), "-t"]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=20, env={"LAJU_NATS_NAME": "nats-1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
