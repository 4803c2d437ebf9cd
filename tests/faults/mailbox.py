"""An SMTP server that counts: one line with the Message-ID for each mail taken, so that a mail taken twice shows."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from email import message_from_bytes
from pathlib import Path
from typing import Protocol

from aiosmtpd.smtp import SMTP

TAKEN = b"250 2.0.0 taken"


class _Envelope(Protocol):
    """What aiosmtpd, which publishes no types, hands over of a mail."""

    content: bytes


class _Count:
    def __init__(self, file: Path) -> None:
        self._file = file

    async def handle_DATA(self, server: object, session: object, envelope: _Envelope) -> str:  # noqa: N802 - aiosmtpd
        """Taken once it is on the disk."""
        line = str(message_from_bytes(envelope.content)["Message-ID"]).strip() + "\n"
        with self._file.open("ab", buffering=0) as out:
            out.write(line.encode())
            os.fsync(out.fileno())
        return TAKEN.decode()


def taken(file: Path) -> list[str]:
    """The Message-IDs of every mail taken, in order."""
    return file.read_text().split() if file.exists() else []


async def _serve(port: int, file: Path) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(lambda: SMTP(_Count(file), hostname="mailbox.localhost"), "127.0.0.1", port)
    async with server:
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
