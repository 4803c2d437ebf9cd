"""One mail to one recipient over SMTP (RFC 5321), and what became of it.

Whatever goes wrong before DATA can be tried again. Once DATA has begun the relay may have taken the mail even if its
answer never arrives; that is told apart as ``uncertain``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from services.notifier.outbox import Entry
from shared.errors import InvalidError

_COMMAND_SECONDS = 30.0
# Quoted-printable lines end at 76 (RFC 2045, 6.7); headers stay on one line, up to the 998 of RFC 5322, 2.1.1, because
# some readers show the space that folding leaves.
_PARTS = policy.SMTP.clone(max_line_length=76)
_WHOLE = policy.SMTP.clone(max_line_length=998)
_DATA_SECONDS = 600.0  # RFC 5321, 4.5.3.2.6: giving up earlier makes doubles


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try. ``reply`` is the relay's answer or our reason; it may hold the address: never log it.

    ``code`` is the SMTP reply code, 0 if there was none. ``relay_away``: no mail can be sent now, not just this one.
    """

    result: Literal["sent", "retry", "failed", "uncertain"]
    reply: str
    code: int = 0
    relay_away: bool = False


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail is handed over. ``start_tls`` ``None`` means: if offered."""

    host: str
    port: int
    username: str | None
    password: str | None
    use_tls: bool
    start_tls: bool | None


def relay_at(url: str) -> Relay:
    """Read ``smtp://``, ``smtp://…?starttls=require`` or ``smtps://``. Errors hide the URL: it holds a password.

    Raises:
        InvalidError: not such a URL, or it would send a password unencrypted.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidError("LAJU_SMTP_URL is not a URL: use smtp://host:port or smtps://host:port") from error
    options = dict(parse_qsl(parts.query))
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path not in ("", "/"):
        raise InvalidError("LAJU_SMTP_URL must be smtp://host:port or smtps://host:port")
    if options not in ({}, {"starttls": "require"}):
        raise InvalidError("LAJU_SMTP_URL knows one option only: ?starttls=require")
    use_tls, required = parts.scheme == "smtps", bool(options)
    if use_tls and required:
        raise InvalidError("LAJU_SMTP_URL: smtps:// is encrypted from the start: leave out starttls=require")
    if parts.username and not (use_tls or required):
        raise InvalidError("LAJU_SMTP_URL has a password but does not require TLS: use smtps:// or ?starttls=require")
    return Relay(
        host=parts.hostname,
        port=port or (465 if use_tls else 587 if required else 25),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=use_tls,
        # With use_tls aiosmtplib wants to hear that there is no second layer.
        start_tls=False if use_tls else (True if required else None),
    )


def compose(entry: Entry, sender: Address) -> bytes:
    """The mail as it goes over the wire: the plain text first, then the HTML; the same bytes for the same entry."""
    message = EmailMessage(_PARTS)
    message["From"] = sender
    message["To"] = entry.to
    message["Subject"] = entry.subject
    message["Date"] = entry.created_at
    message["Message-ID"] = entry.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: answering machines stay silent
    message.set_content(entry.text, cte="quoted-printable")
    message.add_alternative(entry.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = "id"  # after the parts: making them takes away what describes content
    # EmailMessage draws the boundary at random; tries of one mail are to be alike.
    message.set_boundary("laju-" + entry.message_id.strip("<>").partition("@")[0])
    return message.as_bytes(policy=_WHOLE)


class Mailer:
    """Hands mails to a relay, one connection and one transaction each."""

    def __init__(self, relay: Relay, sender: Address) -> None:
        self._relay = relay
        self._sender = sender

    async def send(self, entry: Entry, *, before_data: Callable[[], Awaitable[None]]) -> Outcome:
        """Try once. ``before_data`` is awaited when the relay has accepted the recipient; what it raises ends the try
        with nothing sent."""
        client = SMTP(
            hostname=self._relay.host,
            port=self._relay.port,
            username=self._relay.username,
            password=self._relay.password,
            use_tls=self._relay.use_tls,
            start_tls=self._relay.start_tls,
            timeout=_COMMAND_SECONDS,
        )
        try:
            await client.connect()
        except (SMTPException, OSError) as error:
            # Also a certificate or a password that is refused: the mail itself has no part in it.
            return Outcome("retry", f"connecting to the relay failed: {_named(error)}", relay_away=True)
        try:
            return await self._transaction(client, entry, before_data)
        finally:
            with suppress(SMTPException, OSError):
                await client.quit(timeout=2)
            client.close()

    async def _transaction(self, client: SMTP, entry: Entry, before_data: Callable[[], Awaitable[None]]) -> Outcome:
        try:
            await client.mail(self._sender.addr_spec)
            await client.rcpt(entry.to)
        except SMTPResponseException as error:
            return _refused(error)
        except (SMTPException, OSError) as error:
            return Outcome("retry", f"addressing the mail failed: {_named(error)}", relay_away=True)
        await before_data()
        try:
            response = await client.data(compose(entry, self._sender), timeout=_DATA_SECONDS)
        except SMTPResponseException as error:
            return _refused(error)
        except (SMTPException, OSError) as error:
            return Outcome("uncertain", f"sending the mail's text was cut off: {_named(error)}")
        return Outcome("sent", response.message, response.code)


def _refused(error: SMTPResponseException) -> Outcome:
    """5xx is final; everything else that is not an acceptance may be tried again."""
    return Outcome("failed" if error.code >= 500 else "retry", f"{error.code} {error.message}", error.code)


def _named(error: Exception) -> str:
    code = f" {error.code}" if isinstance(error, SMTPResponseException) else ""
    return type(error).__name__ + code
