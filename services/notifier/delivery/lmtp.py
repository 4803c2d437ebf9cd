"""Where the mail server hands over what comes to the sender's address (LMTP, RFC 2033).

Delivery reports are noted in the outbox. Everything else is accepted, counted and forgotten: it may hold personal
data. A report that comes twice changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from email.headerregistry import Address
from weakref import WeakSet

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.notifier.delivery.bounces import Report, reports, unsubscribed
from services.notifier.delivery.metrics import Metrics
from services.notifier.delivery.outbox import Bounce, Outbox
from shared.errors import InvalidError, RecoverableError

log = logging.getLogger(__name__)
_LARGEST_BYTES = 33_554_432
_IDLE_SECONDS = 300.0


class Lmtp:
    """Takes mail for ``sender``, and under the name ``alias`` if the mail server calls it so; for nobody else. It asks
    for no password: only the mail server may reach it."""

    def __init__(
        self,
        outbox: Outbox,
        metrics: Metrics,
        sender: Address,
        *,
        port: int,
        clock: Callable[[], datetime],
        host: str = "127.0.0.1",
        alias: str | None = None,
    ) -> None:
        """Nothing listens before :meth:`start`; with ``port`` 0 the system chooses one."""
        addresses = frozenset(address.lower() for address in (sender.addr_spec, alias) if address)
        self._handler = _Handler(outbox, metrics, addresses, clock)
        self._name = sender.domain
        self._host = host
        self._wanted_port = port
        self._server: asyncio.Server | None = None
        self._sessions: WeakSet[LMTP] = WeakSet()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.sockets[0].getsockname()[1] if self._server else self._wanted_port

    async def start(self) -> None:
        """Listen.

        Raises:
            InvalidError: the port cannot be had.
        """
        # The library logs every command, with the addresses in it.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        try:
            self._server = await asyncio.get_running_loop().create_server(self._session, self._host, self._wanted_port)
        except OSError as error:
            raise InvalidError(
                f"listening for delivery reports on {self._host}:{self._wanted_port} failed: {type(error).__name__}. "
                "Set LAJU_BOUNCE_HOST and LAJU_BOUNCE_PORT to what is free"
            ) from error

    async def stop(self) -> None:
        """Listen no more and hang up; what was not answered comes again."""
        if self._server is not None:
            self._server.close()
        for session in self._sessions:
            if session.transport is not None:
                session.transport.close()

    def _session(self) -> LMTP:
        session = _Session(
            self._handler,
            data_size_limit=_LARGEST_BYTES,
            enable_SMTPUTF8=True,
            hostname=self._name,
            ident="Laju",
            timeout=_IDLE_SECONDS,
            loop=asyncio.get_running_loop(),
        )
        self._sessions.add(session)
        return session


class _Session(LMTP):
    line_length_limit = 1_048_576  # mail servers that return a mail as it was may return longer lines than they may


class _Handler:
    """What aiosmtpd asks, by the names that it asks for."""

    def __init__(
        self, outbox: Outbox, metrics: Metrics, addresses: frozenset[str], clock: Callable[[], datetime]
    ) -> None:
        self._outbox = outbox
        self._metrics = metrics
        self._addresses = addresses
        self._clock = clock

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.lower() not in self._addresses:
            return "550 5.1.1 no such mailbox here"
        if envelope.rcpt_tos:  # LMTP has one answer for each recipient, aiosmtpd one for each mail
            return "452 4.5.3 one recipient at a time"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.content
        assert isinstance(raw, bytes)  # noqa: S101 - a text only with decode_data
        try:
            found = [await self._note(report) for report in reports(raw)]
            if not any(found):
                self._metrics.bounces.labels("other").inc()
                await self._unsubscribe(raw)
        except RecoverableError as error:
            log.warning("%s; the delivery report will come again", error)
            return "451 4.3.0 not now"
        return "250 2.0.0 taken"

    async def handle_exception(self, error: Exception) -> str:
        # Without its text and where it was raised: both may quote what was received.
        log.error("taking mail over LMTP failed: %s", type(error).__name__)
        return "451 4.3.0 not now"

    async def _note(self, report: Report) -> bool:
        """Whether it was a report on one of our mails."""
        if report.message_id is None or not (report.final or report.delayed):
            return False
        bounce = Bounce(report.status or ("5.0.0" if report.final else "4.0.0"), self._clock(), report.final)
        marked = await self._outbox.bounce(report.message_id, report.recipient, bounce)
        if marked is not None and marked.changed:
            kind, level = ("final", logging.ERROR) if report.final else ("delayed", logging.WARNING)
            self._metrics.bounces.labels(kind).inc()
            told = f", answer {report.diagnostic}" if report.diagnostic else ""
            log.log(level, "mail %s for %s bounced: %s (%s%s)", marked.id, marked.region, kind, bounce.code, told)
        return marked is not None

    async def _unsubscribe(self, raw: bytes) -> None:
        """Say it to the operator, who keeps the recipients: the mail itself is not kept."""
        message_id = unsubscribed(raw)
        copies = await self._outbox.copies(message_id) if message_id else []
        if any(copy.kind == "digest" for copy in copies):
            log.warning(
                "a recipient of digest %s for %s asks for no more: change the recipients file",
                message_id,
                copies[0].region,
            )
