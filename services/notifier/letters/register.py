"""What every letter bears: the line of the subject, its register number, its date, and the mark of simulation."""

from __future__ import annotations

from datetime import date, datetime

from services.notifier.recipient import Recipient
from shared.events import Programme
from shared.wilayah import zone_of
from shared.wording import Wording

_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_REGISTERS: dict[Programme | None, str] = {"ikd": "IKD", "perekaman": "KTP-EL", None: "REKAP"}
_NAME_LENGTH = 80


def serial_of(message_id: str) -> str:
    """The first part of a Message-ID, which the register number and the images share with it."""
    return message_id.strip("<").partition("@")[0]


def written_on(recipient: Recipient, written_at: datetime) -> date:
    """The date of the letter on the wall of the recipient's office."""
    return written_at.astimezone(zone_of(recipient.region)).date()


def register_number(message_id: str, recipient: Recipient, on: date, programme: Programme | None = None) -> str:
    """Such as ``01234567/36.04/IKD/VI/2024``; its first part is from the Message-ID, so both name the same letter."""
    serial = serial_of(message_id)[:8]
    return f"{serial}/{recipient.region}/{_REGISTERS[programme]}/{_ROMAN[on.month - 1]}/{on.year}"


def mark(say: Wording, *, simulated: bool) -> str:
    """What a subject begins with."""
    return f"[Laju] {say('letter.simulated_mark')}" if simulated else "[Laju]"


def one_line(text: str) -> str:
    """Text fit for a header: no line breaks, no control characters, single spaces."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def short_name(name: str) -> str:
    """A region's name as a subject has room for it."""
    name = one_line(name)
    return name if len(name) <= _NAME_LENGTH else name[: _NAME_LENGTH - 1].rstrip() + "…"
