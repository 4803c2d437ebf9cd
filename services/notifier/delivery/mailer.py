"""One mail to one recipient over SMTP (RFC 5321), and what became of it.

Whatever goes wrong before DATA can be tried again. Once DATA has begun the relay may have taken the mail even if its
answer never arrives; that is told apart as ``uncertain``.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Literal

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from services.notifier.delivery.compose import compose
from services.notifier.delivery.outbox import Entry
from services.notifier.delivery.relay import Relay
from shared.errors import InvalidError

_COMMAND_SECONDS = 30.0
_DATA_SECONDS = 600.0  # RFC 5321, 4.5.3.2.6: giving up earlier makes doubles
_QUIT_SECONDS = 2.0
_CLOSING = 421  # RFC 5321, 3.8: the relay itself is going away, whatever it was asked
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try. ``reply`` is the relay's answer or our reason; it may hold the address: never log it.

    ``problem`` says in words and codes of ours, fit for a log, where the try ended; empty if the mail was sent.
    ``code`` is the SMTP reply code, 0 if there was none. ``relay_away``: no mail can be sent now, not just this one.
    """

    result: Literal["sent", "retry", "failed", "uncertain"]
    reply: str
    code: int = 0
    relay_away: bool = False
    problem: str = ""


class Mailer:
    """Hands mails to a relay, one connection and one transaction each; several may be under way at once."""

    def __init__(
        self,
        relay: Relay,
        sender: Address,
        trusted: ssl.SSLContext,
        *,
        command_seconds: float = _COMMAND_SECONDS,
        data_seconds: float = _DATA_SECONDS,
    ) -> None:
        """``sender`` is in the header and, as where reports go, in the envelope. The relay has ``command_seconds`` for
        each answer, and ``data_seconds`` for the one that it took the mail."""
        self._relay = relay
        self._sender = sender
        self._trusted = trusted
        self._command_seconds = command_seconds
        self._data_seconds = data_seconds
        self._own_name: str | None = None

    @asynccontextmanager
    async def sending(self, entry: Entry, *, before_data: Callable[[], Awaitable[None]]) -> AsyncIterator[Outcome]:
        """Try once; inside the block the outcome is known, and leaving it takes leave of the relay.

        ``before_data`` is awaited when the relay has accepted the recipient; what it raises ends the try with nothing
        sent.
        """
        try:
            content = compose(entry, self._sender)
            _check(entry.envelope)
        except InvalidError as error:
            yield Outcome("failed", error.reason, problem=error.reason)
            return
        client = await self._client()
        try:
            outcome = await self._connect(client) or await self._transaction(client, entry, content, before_data)
            yield outcome
            with suppress(SMTPException, OSError):
                await client.quit(timeout=_QUIT_SECONDS)
        finally:
            client.close()

    async def _client(self) -> SMTP:
        if self._own_name is None:
            self._own_name = await asyncio.to_thread(socket.getfqdn)
        return SMTP(
            hostname=self._relay.host,
            port=self._relay.port,
            local_hostname=self._own_name,
            use_tls=self._relay.use_tls,
            start_tls=self._relay.start_tls,
            tls_context=self._trusted,
            timeout=self._command_seconds,
        )

    async def _connect(self, client: SMTP) -> Outcome | None:
        """Go as far as the mail has no part in it: what is refused here is refused to every mail."""
        step = "connecting"
        try:
            await client.connect()
            step = "EHLO"
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
            step = "AUTH"
            await self._log_in(client)
            step = "MAIL"
            await client.mail(self._sender.addr_spec)
        except SMTPResponseException as error:
            return Outcome("retry", _quoted(error), error.code, relay_away=True, problem=f"{step}: {_code(error)}")
        except (SMTPException, OSError) as error:
            problem = f"{step}: {_named(error)}"
            return Outcome("retry", problem, relay_away=True, problem=problem)
        return None

    async def _log_in(self, client: SMTP) -> None:
        if self._relay.username is None or self._relay.password is None:
            return
        if client.get_transport_info("ssl_object") is None:
            # Whatever the settings say: a password goes over an encrypted line or not at all.
            raise SMTPException("the line is not encrypted")
        for method, log_in in (("plain", client.auth_plain), ("login", client.auth_login)):
            # The first one offered, once: a second method with the same password is a second failure at the relay.
            if method in client.server_auth_methods:
                await log_in(self._relay.username, self._relay.password)
                return
        raise SMTPException("the relay offers neither PLAIN nor LOGIN")

    async def _transaction(
        self, client: SMTP, entry: Entry, content: bytes, before_data: Callable[[], Awaitable[None]]
    ) -> Outcome:
        try:
            await client.rcpt(entry.envelope)
        except SMTPResponseException as error:
            return _refused("RCPT", error)
        except (SMTPException, OSError) as error:
            # Not the relay as a whole: it may hang over this one recipient.
            return Outcome("retry", problem := f"RCPT: {_named(error)}", problem=problem)
        await before_data()
        if client.is_connected:
            return await self._data(client, content)
        problem = "DATA: the relay hung up before it"
        return Outcome("retry", problem, problem=problem)

    async def _data(self, client: SMTP, content: bytes) -> Outcome:
        try:
            response = await client.data(content, timeout=self._data_seconds)
        except SMTPResponseException as error:
            if 400 <= error.code < 600:
                return _refused("DATA", error)
            # Neither taken nor refused: nobody knows.
            return Outcome("uncertain", _quoted(error), problem="DATA: an answer that is none")
        except (SMTPException, OSError) as error:
            problem = f"DATA: cut off: {_named(error)}"
            return Outcome("uncertain", problem, problem=problem)
        return Outcome("sent", response.message, response.code)


def _check(envelope: str) -> None:
    """Refuse what would reach the relay as another address than was meant."""
    if not envelope.isascii() or parseaddr(envelope)[1] != envelope or any(sign in envelope for sign in ' <>"'):
        raise InvalidError("addressing the mail failed: it is not one plain address")


def _refused(step: str, error: SMTPResponseException) -> Outcome:
    """5xx is final; everything else that is not an acceptance may be tried again."""
    return Outcome(
        "failed" if error.code >= 500 else "retry",
        _quoted(error),
        error.code,
        relay_away=error.code == _CLOSING,
        problem=f"{step}: {_code(error)}",
    )


def _quoted(error: SMTPResponseException) -> str:
    return f"{error.code} {error.message}"


def _code(error: SMTPResponseException) -> str:
    """The codes of an answer, without its text."""
    enhanced = _ENHANCED.match(error.message)
    return f"{error.code} {enhanced.group()}" if enhanced else str(error.code)


def _named(error: Exception) -> str:
    """An error that is no answer of the relay, by its kind; a certificate's also by what is wrong with it."""
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"certificate not trusted: {cause.verify_message}"
    return error.message if type(error) is SMTPException else type(cause).__name__
