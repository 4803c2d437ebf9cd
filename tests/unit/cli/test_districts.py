"""Districts with a server of their own: what a roster must be, and the configuration that is made of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from io import StringIO
from pathlib import Path

import nkeys
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from services.cli.bus.configuration import accounts_conf
from services.cli.bus.nkey import new_key
from services.cli.bus.roster import NAMES, Roster
from services.cli.commands.district import district
from services.cli.districts.configuration import seed_conf
from services.cli.districts.link import Link, code_of
from services.cli.districts.roster import District, read
from services.cli.districts.states import LinkState, states_table
from services.cli.errors import CliError
from tests.servers import BIN

DEPLOY = Path(__file__).parents[3] / "deploy/nats"
HUB = "tls://hub.example:7422"
# Public keys of which nobody has the seed; the same in every process that collects these tests.
KEYS = {
    "51.03": "UAK5M4KIP4FKI6F7KMDU2SEYMII6QCTURZ7C4S7PJCR6I3ZAVSDGI7EF",
    "51.71": "UDNJRC5RCSIKB6VRCXSR2F7BIDGZLVYVCI2RCI2ZUJ2DSJPODCXPQNT6",
    "51": "UCW7E7M7YG5322HSGOSWOUOJ7FABQPQZMHYMNYLBTUKIRDGPRBINQJIZ",
}


def laju(*arguments: object) -> Result:
    return CliRunner().invoke(district, [str(argument) for argument in arguments])


def roster(folder: Path, content: str) -> Path:
    path = folder / "accounts.toml"
    path.write_text(content)
    return path


def listed(code: str, key: str | None = None) -> str:
    return f'[districts."{code}"]\nnkey = "{key or KEYS[code]}"\n'


def test_a_roster_is_read_by_code(tmp_path: Path) -> None:
    path = roster(tmp_path, "".join(map(listed, ("51.71", "51", "51.03"))))
    assert read(path) == tuple(District(Link(code), KEYS[code]) for code in ("51", "51.03", "51.71"))


def test_a_roster_may_be_empty(tmp_path: Path) -> None:
    assert read(roster(tmp_path, "")) == ()


SEED = nkeys.encode_seed(bytes(32), nkeys.PREFIX_BYTE_USER).decode()
ACCOUNT = nkeys.from_seed(nkeys.encode_seed(bytes(32), nkeys.PREFIX_BYTE_ACCOUNT)).public_key.decode()
MISTYPED = KEYS["51.71"].translate({ord(KEYS["51.71"][9]): "A" if KEYS["51.71"][9] != "A" else "B"})


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[districts", "is not TOML"),
        ("[district]\n", r'district is not understood: there must be \[accounts\] and \[districts."CODE"\] only'),
        ("districts = 3\n", "districts is not understood"),
        (listed("51.99", KEYS["51"]), r'\[districts."51.99"\]: region code 51.99 is unknown'),
        (listed("64.04", KEYS["51"]), "retired since its province was split: use 65.01"),
        (listed("51.71.01", KEYS["51"]), "is a kecamatan. Only a kab/kota or a province"),
        (listed("ID", KEYS["51"]), "is a nation. Only a kab/kota or a province"),
        ('[districts."51.71"]\n', r'\[districts."51.71"\]: it must have nkey = "U…" and nothing else'),
        (listed("51.71") + "name = 'Denpasar'\n", 'it must have nkey = "U…" and nothing else'),
        ('[districts."51.71"]\nnkey = 7\n', "nkey is not the public key of a user"),
        (listed("51.71", "UABC"), "nkey is not the public key of a user"),
        (listed("51.71", MISTYPED), "nkey is not the public key of a user"),
        (listed("51.71", KEYS["51.71"].lower()), "nkey is not the public key of a user"),
        (listed("51.71", ACCOUNT), "nkey is not the public key of a user"),
        (listed("51.71", SEED), "nkey is a seed. It is a secret"),
        (listed("51.03", KEYS["51"]) + listed("51.71", KEYS["51"]), "51.03 and 51.71 have the same nkey"),
    ],
)
def test_a_wrong_roster_says_where_and_what_to_do(tmp_path: Path, content: str, told: str) -> None:
    with pytest.raises(CliError, match=told) as caught:
        read(roster(tmp_path, content))
    assert str(tmp_path / "accounts.toml") in str(caught.value)
    assert SEED not in str(caught.value)


def test_a_missing_roster_is_told(tmp_path: Path) -> None:
    result = laju("connect", tmp_path / "none.toml")
    assert result.exit_code == 1
    assert "reading" in result.output
    assert "failed: FileNotFoundError" in result.output


@pytest.mark.parametrize(("code", "transit"), [("51.71", "INTAKE-5171"), ("51", "INTAKE-51")])
def test_a_code_is_found_again_in_the_name_of_its_stream(code: str, transit: str) -> None:
    assert Link(code).transit == transit
    assert code_of(transit) == code


def accounts(*codes: str) -> str:
    """The accounts with these districts."""
    return accounts_conf(Roster(dict.fromkeys(NAMES, "U"), tuple(District(Link(code), KEYS[code]) for code in codes)))


def block(text: str, name: str) -> str:
    """The text of an account."""
    found = re.search(rf"^  {name} \{{\n(.*?)^  \}}\n", text, re.DOTALL | re.MULTILINE)
    assert found
    return found.group(1)


def test_an_account_names_nothing_of_another_district() -> None:
    account = block(accounts(*KEYS), "D5171")
    assert KEYS["51.71"] in account
    assert KEYS["51.03"] not in account
    assert "51.03" not in account
    assert "5103" not in account
    # It is connected with no other district's.
    assert set(re.findall(r"accounts?: \[?(\w+)", account)) == {"LAJU", "INGEST"}


def test_a_district_may_hand_over_and_get_its_refusals_and_no_more() -> None:
    account = block(accounts("51.71"), "D5171")
    rights = {}
    for name in ("publish", "subscribe"):
        inside = re.search(rf"{name}: \[(.*?)\]", account, re.DOTALL)
        assert inside
        rights[name] = re.findall(r'"([^"]+)"', inside.group(1))
    assert rights == {
        "publish": ["carried.51.71.>", "$JSC.R.*", "$JS.hub.API.CONSUMER.CREATE.REJECTED", "$JS.FC.REJECTED.>"],
        "subscribe": ["returned.51.71.>", "$JSC.R.*", "$JS.d5171.API.CONSUMER.CREATE.INTAKE", "$JS.FC.INTAKE.>"],
    }
    # Of what is Laju's, it sees its own refusals: it can ask Laju's account for nothing.
    assert re.findall(r"imports: (.*)", account) == ['[{stream: {account: INGEST, subject: "rejected.51.71"}}]']
    assert "allowed_connection_types: [LEAFNODE]" in account


def test_new_writes_what_the_district_needs_and_keeps_the_seed_to_itself(tmp_path: Path) -> None:
    folder = tmp_path / "denpasar"
    result = laju("new", "51.71", "--hub", HUB, "--out", folder)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in folder.iterdir()) == ["leaf.conf", "leaf.seed"]
    seed = (folder / "leaf.seed").read_text().split()[1]
    assert (folder / "leaf.seed").stat().st_mode & 0o777 == 0o600
    assert seed not in result.output + (folder / "leaf.conf").read_text()
    (entry,) = read(roster(tmp_path, result.stdout))
    assert entry == District(Link("51.71"), nkeys.from_seed(seed.encode()).public_key.decode())

    again = laju("new", "51.71", "--hub", HUB, "--out", folder)
    assert again.exit_code == 1
    assert "exists. It may be the key of a server at work" in again.output
    assert (folder / "leaf.seed").read_text().split()[1] == seed


@pytest.mark.parametrize("address", ["nats://hub.example:7422", "hub.example:7422", "tls://hub.example", "tls://:7422"])
def test_a_hub_without_tls_or_port_is_refused_before_anything_is_written(tmp_path: Path, address: str) -> None:
    result = laju("new", "51.71", "--hub", address, "--out", tmp_path / "leaf")
    assert result.exit_code == 1
    assert "is not an address of a hub, such as tls://hub.example:7422" in result.output
    assert not (tmp_path / "leaf").exists()


def test_the_deployed_leaf_is_what_the_command_writes(tmp_path: Path) -> None:
    assert laju("new", "51.71", "--hub", HUB, "--out", tmp_path).exit_code == 0
    assert (tmp_path / "leaf.conf").read_text() == (DEPLOY / "leaf.conf").read_text()


def test_the_server_accepts_the_deployed_leaf(tmp_path: Path) -> None:
    shutil.copy(DEPLOY / "leaf.conf", tmp_path)
    (tmp_path / "leaf.seed").write_text(seed_conf(new_key()[0]))
    command = [str(BIN / "nats-server"), "-c", str(tmp_path / "leaf.conf"), "-t"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("silent", "connected", "line"),
    [
        (None, False, "not heard yet"),
        (0.4, True, "up"),
        (9.9, True, "up"),
        (31, False, "silent for 31 s"),
        (200, False, "silent for 3 min"),
        (7_300, False, "silent for 2 h"),
        (180_000, False, "silent for 2 d"),
    ],
)
def test_a_line_is_up_while_the_district_is_heard(silent: float | None, connected: bool, line: str) -> None:
    state = LinkState(Link("51.71"), silent, 12_345)
    assert state.connected is connected
    assert state.shown()["behind"] == 12_345
    console = Console(width=80, record=True, file=StringIO())
    console.print(states_table([state]))
    assert re.search(rf"51\.71 Kota Denpasar +│ {line} +│ 12,345", console.export_text())
