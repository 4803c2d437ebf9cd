"""Laju as it is to be deployed: every line encrypted, every service with accounts of its own and no more rights than it
needs, secrets in files."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pymongo
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from shared.trust import trust
from tests.days import not_today
from tests.e2e.pipeline import KEY, recipients
from tests.hub import Hub, hub_in
from tests.roles import create_users
from tests.servers import BIN, Process, free_port, is_ready, listens, mongo_process, running, service_process
from tests.waiting import until

SERVICES = ("ingest", "aggregator", "notifier")
PASSWORD = "geheim"
AS_OF = "2024-06-27"


@dataclass
class Hardened:
    """A running Laju."""

    hub: Hub
    ports: dict[str, int]
    services: dict[str, Process]
    http: httpx.Client
    mongo_port: int
    mailbox: Mailbox

    def url(self, service: str) -> str:
        """Where a service answers."""
        return f"https://127.0.0.1:{self.ports[service]}"

    def mongo_url(self, user: str) -> str:
        """MongoDB for one of its accounts. Whom to trust, a service is told by LAJU_CA."""
        return _mongo_url(self.mongo_port, f"laju_{user}:{PASSWORD}@")

    def mongo(self, user: str | None) -> pymongo.MongoClient[dict[str, Any]]:
        """A client of one of its accounts, or of nobody's."""
        url = self.mongo_url(user) if user else _mongo_url(self.mongo_port)
        return pymongo.MongoClient(url, tlsCAFile=str(self.hub.authority), serverSelectionTimeoutMS=5000)

    def laju(self, *arguments: str, who: str = "operator") -> str:
        """What a command of an operator prints; it must succeed."""
        environment = self.hub.environment(who)
        done = subprocess.run(
            [str(BIN / "laju"), *arguments],
            env={"PATH": str(BIN), **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def settled(self) -> bool:
        """Whether everything is projected, assessed, decided on and mailed."""
        progress = self.http.get(f"{self.url('aggregator')}/v1/progress").json()
        told = self.http.get(f"{self.url('notifier')}/v1/progress").json()
        done = progress.get("lag_events") == 0 and progress.get("assessments_pending") == 0
        return done and set(told.values()) == {0}


@dataclass
class Mailbox:
    """What a relay with a password took, behind TLS from the first byte."""

    taken: list[bytes] = field(default_factory=list)

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802 - aiosmtpd
        """Take a mail."""
        self.taken.append(envelope.content)
        return "250 taken"


@contextmanager
def hardened(folder: Path, heads: tuple[str, ...] = ("36.04",)) -> Iterator[Hardened]:
    """Everything on free ports below ``folder``, prepared by its administrator and ready end to end."""
    hub = hub_in(folder)
    ports = {name: free_port() for name in (*SERVICES, "smtp")}
    mongo_port = free_port()
    (folder / "recipients.toml").write_text(recipients(heads))
    with ExitStack() as stack:
        stack.enter_context(running(hub.process, partial(listens, hub.port)))
        stack.enter_context(_mongo(folder, mongo_port, hub.authority))
        mailbox = stack.enter_context(_relay(folder, ports["smtp"]))
        services = {name: service_process(name, folder / name, _environment(hub, name, ports)) for name in SERVICES}
        http = stack.enter_context(httpx.Client(timeout=30, verify=trust(hub.authority)))
        found = Hardened(hub, ports, services, http, mongo_port, mailbox)
        for name in (*SERVICES, "operator"):
            secrets = folder / "secrets" / name
            if name != "ingest":
                (secrets / "LAJU_MONGO_URL").write_text(found.mongo_url(name))
            (secrets / "LAJU_API_KEY").write_text(KEY)
            (secrets / "LAJU_SMTP_URL").write_text(f"smtps://laju:{PASSWORD}@127.0.0.1:{ports['smtp']}")
        found.laju("streams", "create", who="administrator")
        for process in services.values():
            process.start()
            stack.callback(process.end)
        for name in SERVICES:
            until(partial(is_ready, ports[name], hub.authority), seconds=120)
        yield found


def _environment(hub: Hub, name: str, ports: dict[str, int]) -> dict[str, str]:
    return {
        **hub.environment(name),
        "LAJU_DATA": str(hub.folder / "data" / name),
        "LAJU_TLS_CERT": str(hub.folder / "hub.pem"),
        "LAJU_TLS_KEY": str(hub.folder / "hub.key"),
        "LAJU_SMTP_CA": str(hub.authority),
        "LAJU_RECIPIENTS": str(hub.folder / "recipients.toml"),
        "LAJU_AS_OF": AS_OF,
        "LAJU_DEBOUNCE_SECONDS": "0.05",
        "LAJU_MAIL_ANY_TIME": "true",
        "LAJU_DIGEST_WEEKDAY": str(not_today()),
        "LAJU_GATHER_SECONDS": "0.2",
        "LAJU_AGGREGATOR_URL": f"https://127.0.0.1:{ports['aggregator']}",
        "LAJU_NOTIFIER_URL": f"https://127.0.0.1:{ports['notifier']}",
        "LAJU_NOTIFIER_API_URL": f"https://127.0.0.1:{ports['notifier']}",
        **{f"LAJU_{service.upper()}_PORT": str(port) for service, port in ports.items()},
    }


def _mongo_url(port: int, who: str = "") -> str:
    return f"mongodb://{who}127.0.0.1:{port}/?directConnection=true&tls=true"


@contextmanager
def _mongo(folder: Path, port: int, authority: Path) -> Iterator[None]:
    """The database with TLS; its accounts are made first, while it lets in everybody."""
    process = mongo_process(folder / "mongo", port)
    process.command += ["--tls-cert-file", str(folder / "hub.pem"), "--tls-key-file", str(folder / "hub.key")]
    with (
        running(process, partial(listens, port)),
        pymongo.MongoClient[dict[str, Any]](_mongo_url(port), tlsCAFile=str(authority)) as client,
    ):
        create_users(client, PASSWORD)
    process.command.append("--auth")
    with running(process, partial(listens, port)):
        yield


@contextmanager
def _relay(folder: Path, port: int) -> Iterator[Mailbox]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "hub.pem", folder / "hub.key")

    def known(server: object, session: object, envelope: object, mechanism: str, shown: Any) -> AuthResult:
        right = isinstance(shown, LoginPassword) and shown.password == PASSWORD.encode()
        return AuthResult(success=right)

    mailbox = Mailbox()
    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=port,
        ssl_context=context,
        authenticator=known,
        auth_required=True,
        auth_require_tls=False,  # it knows of STARTTLS only
    )
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
