"""A mail server for ``laju up``: takes every mail and keeps it as an .eml file instead of delivering it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol

from aiosmtpd.smtp import SMTP

from services.cli.errors import CliError

_MAX_MAIL_BYTES = 25 * 1024 * 1024


class _Envelope(Protocol):
    """What aiosmtpd, which publishes no types, hands over of a mail."""

    content: bytes
    rcpt_tos: list[str]


class KeepMail:
    """Writes each mail once for each recipient into ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: object, session: object, envelope: _Envelope) -> str:  # noqa: N802 - aiosmtpd
        """Keep the mail; a disk that cannot take it is a temporary refusal, so that the sender tries again."""
        try:
            for recipient in envelope.rcpt_tos:
                await asyncio.to_thread(_keep, self._folder / file_name(envelope.content, recipient), envelope.content)
        except OSError as error:
            return f"451 4.3.0 keeping the mail failed: {error.strerror}"
        return "250 2.0.0 kept"


def file_name(content: bytes, recipient: str) -> str:
    """The same for the same mail to the same person: the date in the mail (UTC) and a hash of Message-ID and address.

    A mail sent twice therefore makes one file. Without a Message-ID the content itself is hashed.
    """
    mail = message_from_bytes(content)
    identity = str(mail["Message-ID"] or hashlib.sha256(content).hexdigest()).strip()
    digest = hashlib.sha256(f"{identity}\n{recipient.lower()}".encode()).hexdigest()[:16]
    return f"{_dated(mail):%Y%m%dT%H%M%SZ}-{digest}.eml"


async def catch(host: str, port: int, folder: Path) -> None:
    """Serve SMTP on ``host:port`` until SIGTERM or SIGINT; ``folder`` exists.

    Raises:
        CliError: the address is taken or not ours.
    """
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    try:
        server = await loop.create_server(lambda: _smtp(folder), host, port)
    except OSError as error:
        raise CliError(f"the mail catcher cannot listen on {host}:{port}: {error.strerror}") from error
    async with server:
        await ended.wait()


def _smtp(folder: Path) -> SMTP:
    return SMTP(KeepMail(folder), hostname="laju.localhost", data_size_limit=_MAX_MAIL_BYTES, enable_SMTPUTF8=True)


def _keep(file: Path, content: bytes) -> None:
    """Write beside, then rename: whoever lists the folder sees whole mails only."""
    with NamedTemporaryFile(dir=file.parent, prefix=file.stem, suffix=".part", delete=False) as beside:
        try:
            beside.write(content)
            beside.flush()
            os.fsync(beside.fileno())
            Path(beside.name).replace(file)
        except OSError:
            Path(beside.name).unlink(missing_ok=True)
            raise


def _dated(mail: Message) -> datetime:
    try:
        return parsedate_to_datetime(str(mail["Date"])).astimezone(UTC)
    except ValueError:
        return datetime.now(UTC)
