"""All mails, as pure functions of what they are about (``contents.py``): notices, digests and heartbeats."""

from services.notifier.letters.digest import write_digest
from services.notifier.letters.heartbeat import write_heartbeat
from services.notifier.letters.letter import Image, Letter
from services.notifier.letters.notice import write_notice

__all__ = ["Image", "Letter", "write_digest", "write_heartbeat", "write_notice"]
