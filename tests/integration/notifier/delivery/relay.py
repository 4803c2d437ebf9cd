"""SMTP relays that fail in every way a relay can, each on a port of its own."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass(eq=False)
class Relay:
    """A relay that keeps what it accepts.

    ``at_connect``, ``at_mail``, ``at_rcpt`` and ``at_data`` are answers that it gives before it accepts again; the two
    last by recipient, ``*`` for any. Instead of an answer: ``drop`` cuts the connection, ``accept and drop`` after
    having said yes, ``keep and drop`` after having kept the mail; ``hold`` waits for ``release`` and accepts, ``hang``
    waits until the client is gone; ``keep and`` before them keeps the mail before it waits.

    ``tls`` is for STARTTLS, or ``implicit`` from the start. With a ``password`` it wants to be logged in to, over TLS
    unless ``careless``, with the ``mechanisms`` it knows.
    """

    port: int = 0
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    password: str | None = None
    careless: bool = False
    mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN")
    at_connect: list[str] = field(default_factory=list)
    at_mail: list[str] = field(default_factory=list)
    at_rcpt: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    at_data: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    mails: list[Envelope] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    connections: int = 0
    under_way: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None

    async def start(self) -> Relay:
        """Listen, on the port it had if it had one."""
        context = self.tls if self.implicit else None
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, "127.0.0.1", self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    def taken(self) -> list[str]:
        """The Message-ID and the recipient of each mail kept."""
        return [
            f"{message_from_bytes(mail.content or b'')['Message-ID']} {mail.rcpt_tos[0]}"  # type: ignore[arg-type]
            for mail in self.mails
        ]

    def _connection(self) -> asyncio.Protocol:
        self.connections += 1
        if self.at_connect:
            return _Turned(self.at_connect.pop(0))
        # aiosmtpd counts only STARTTLS as encrypted.
        encrypted = self.careless or self.implicit
        return SMTP(
            self,
            hostname="relay.test",
            timeout=3600,  # it ends nothing of its own accord
            tls_context=None if self.implicit else self.tls,
            require_starttls=self.tls is not None and not self.implicit and not self.careless,
            auth_required=self.password is not None,
            auth_require_tls=not encrypted,
            auth_exclude_mechanism=[name for name in ("PLAIN", "LOGIN") if name not in self.mechanisms],
            authenticator=self._log_in,
        )

    def _log_in(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append(mechanism)
        return AuthResult(success=given.password.decode() == self.password, handled=False)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_mail:
            return self.at_mail.pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        with self._counted(address):
            return await self._answer(self.at_rcpt, server, envelope)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        with self._counted(envelope.rcpt_tos[0]):
            answer = await self._answer(self.at_data, server, envelope)
        if answer.startswith("250") and envelope not in self.mails:
            self.mails.append(envelope)
        return answer

    def _counted(self, address: str) -> _Counted:
        return _Counted(self, ["all", address.partition("@")[2]])

    async def _answer(self, answers: defaultdict[str, list[str]], server: SMTP, envelope: Envelope) -> str:
        (address,) = envelope.rcpt_tos
        left = answers[address] or answers["*"]
        answer = left.pop(0) if left else "250 OK"
        if answer.startswith("keep"):
            self.mails.append(envelope)
        if answer.endswith("hold"):
            self.waiting.set()
            await self.release.wait()
            answer = "250 OK"
        elif answer.endswith("hang"):
            self.waiting.set()
            await asyncio.Event().wait()
        elif answer == "accept and drop":
            await server.push("250 OK")
            cast("asyncio.Transport", server.transport).close()
        elif answer.endswith("drop"):
            cast("asyncio.Transport", server.transport).abort()
        return answer


@dataclass
class _Counted:
    relay: Relay
    names: list[str]

    def __enter__(self) -> None:
        self.relay.under_way.update(self.names)
        self.relay.most |= self.relay.under_way

    def __exit__(self, *error: object) -> None:
        self.relay.under_way.subtract(self.names)


class _Turned(asyncio.Protocol):
    """A connection that is answered with something else than a greeting, and closed; with ``hang`` not answered."""

    def __init__(self, answer: str) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._answer != "hang":
            cast("asyncio.Transport", transport).write(f"{self._answer}\r\n".encode())
            transport.close()


class Stripping:
    """Somebody on the line who takes the offer of encryption out of what the relay says."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._server: asyncio.Server | None = None
        self.port = 0
        self.offers_taken = 0

    async def start(self) -> Stripping:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._relay.port)
        await asyncio.gather(_pump(reader, far_writer, bytes), _pump(far_reader, writer, self._strip))

    def _strip(self, line: bytes) -> bytes:
        offered = b"STARTTLS" in line
        self.offers_taken += offered
        return b"" if offered else line


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, changed: Callable[[bytes], bytes]) -> None:
    with suppress(OSError):
        while line := await reader.readline():
            writer.write(changed(line))
            await writer.drain()
    writer.close()
