"""The NATS servers of ``deploy/nats``, one by itself or a cluster: with accounts, keys and TLS, on ports and in folders
of their own."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import nats
import trustme
from nats.aio.client import Client

from services.cli.bus.configuration import accounts_conf
from services.cli.bus.keys import SEED_FILE, write_keys
from services.cli.bus.roster import NAMES, read
from shared.trust import trust
from tests.servers import BIN, Process, free_port

Heard = Callable[[Exception], Awaitable[None]]
DEPLOY = Path(__file__).parents[1] / "deploy/nats"


@dataclass
class Hub:
    """A server that is not started yet. ``secrets`` has a folder for everybody."""

    folder: Path
    secrets: Path
    port: int
    leaf_port: int
    monitoring_port: int
    process: Process

    @property
    def url(self) -> str:
        """Where services reach it."""
        return f"tls://127.0.0.1:{self.port}"

    @property
    def monitoring(self) -> str:
        """Where it can be looked into."""
        return f"http://127.0.0.1:{self.monitoring_port}"

    @property
    def authority(self) -> Path:
        """Who signed its certificate."""
        return self.folder / "ca.pem"

    @property
    def roster(self) -> Path:
        """Everybody's public key."""
        return self.folder / "accounts.toml"

    def seed(self, name: str) -> str:
        """The secret of a service or a person."""
        return (self.secrets / name / SEED_FILE).read_text().strip()

    def environment(self, name: str) -> dict[str, str]:
        """By which a service or a person reaches it."""
        return {
            "LAJU_NATS_URL": self.url,
            "LAJU_CA": str(self.authority),
            "LAJU_SECRETS": str(self.secrets / name),
        }

    def write_accounts(self) -> None:
        """As an operator does after each change of the roster."""
        (self.folder / "accounts.conf").write_text(accounts_conf(read(self.roster)))

    async def client(self, name: str = "administrator", *, error_cb: Heard | None = None, seconds: int = 5) -> Client:
        """A connection of a service or a person, which whoever asks for it closes."""
        return await nats.connect(
            self.url,
            nkeys_seed_str=self.seed(name),
            inbox_prefix=f"_INBOX_{name}",
            tls=trust(self.authority),
            tls_handshake_first=True,
            allow_reconnect=False,
            connect_timeout=seconds,
            error_cb=error_cb or _unheard,
        )

    @asynccontextmanager
    async def connected(self, name: str = "administrator", *, error_cb: Heard | None = None) -> AsyncIterator[Client]:
        """The same, closed at the end."""
        client = await self.client(name, error_cb=error_cb)
        try:
            yield client
        finally:
            await client.close()


async def _unheard(error: Exception) -> None:
    """What the client would log."""


def certificates(folder: Path) -> None:
    """An authority in ``ca.pem``, and what it issued for the loopback address in ``hub.pem`` and ``hub.key``."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued.private_key_pem.write_to_path(str(folder / "hub.key"))
    issued.cert_chain_pems[0].write_to_path(str(folder / "hub.pem"))


def replaced(text: str, changes: Mapping[str, str]) -> str:
    """A configuration with other places; each must be there."""
    for there, here in changes.items():
        assert there in text, there
        text = text.replace(there, here)
    return text


def hub_in(folder: Path) -> Hub:
    """A server with everything it needs, in a folder that is empty so far."""
    folder.mkdir(parents=True, exist_ok=True)
    certificates(folder)
    public = write_keys(folder / "secrets", NAMES)
    keys = "".join(f'{name} = "{key}"\n' for name, key in public.items())
    (folder / "accounts.toml").write_text(f"[accounts]\n{keys}")
    return _server(folder, folder / "secrets", "hub.conf")


def cluster_in(folder: Path) -> dict[str, Hub]:
    """Three servers by name, as ``cluster.conf`` joins them, each in a folder of its own."""
    first = hub_in(folder)
    routes = {f"nats-{number}": free_port() for number in (1, 2, 3)}
    servers = {}
    for name, port in routes.items():
        here = folder / name
        here.mkdir()
        for file in ("ca.pem", "hub.pem", "hub.key", "accounts.toml"):
            shutil.copy(first.folder / file, here)
        others = ", ".join(f'"tls://127.0.0.1:{other}"' for other in routes.values())
        changes = {
            "port: 6222\n": f'listen: "127.0.0.1:{port}"\n',
            '"tls://nats-1:6222", "tls://nats-2:6222", "tls://nats-3:6222"': others,
            "/etc/nats/tls/": f"{here}/",
        }
        (here / "cluster.conf").write_text(replaced((DEPLOY / "cluster.conf").read_text(), changes))
        servers[name] = _server(here, first.secrets, "cluster.conf", LAJU_NATS_NAME=name)
    return servers


def _server(folder: Path, secrets: Path, configuration: str, **environment: str) -> Hub:
    port, leaf_port, monitoring_port = free_port(), free_port(), free_port()
    changes = {
        "port: 4222\n": f'listen: "127.0.0.1:{port}"\n',
        "http: 8222\n": f'http: "127.0.0.1:{monitoring_port}"\n',
        "port: 7422\n": f'listen: "127.0.0.1:{leaf_port}"\n',
        '"/data"': f'"{folder}/hub"',
        "/etc/nats/tls/": f"{folder}/",
    }
    (folder / "hub.conf").write_text(replaced((DEPLOY / "hub.conf").read_text(), changes))
    command = [str(BIN / "nats-server"), "-c", str(folder / configuration)]
    process = Process(environment.get("LAJU_NATS_NAME", "hub"), command, folder / "hub.log", environment)
    made = Hub(folder, secrets, port, leaf_port, monitoring_port, process)
    made.write_accounts()
    return made
