"""What comes back to the sender's address: delivery reports (RFC 3464), read so that no address is left of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message

from services.notifier.delivery.compose import UNSUBSCRIBE
from services.notifier.delivery.outbox import hash_of

# What is looked for stands in front of the returned mail's body: reading on would only cost time.
_READ_BYTES = 262_144
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])[245]\d\d(?![\d.])")
_ACTIONS = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})
_UNSUBSCRIBE = re.compile(rf"\s*{UNSUBSCRIBE}\s+(<[^<>\s]{{1,250}}>)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a mail for one recipient.

    ``message_id`` is that of the mail, ``None`` if it was not returned; ``recipient`` the hash of the address that we
    wrote to, ``None`` if it is not named; ``action`` as in RFC 3464, 2.3.3, or empty; ``status`` as in RFC 3463 or
    empty; ``diagnostic`` the codes of the remote server's answer, such as ``550 5.1.1``: its words may hold names.
    """

    message_id: str | None
    recipient: str | None
    action: str
    status: str
    diagnostic: str

    @property
    def final(self) -> bool:
        """Nobody tries any more. That holds for a status 4.x.x too, when the time for trying was over."""
        return self.action == "failed" or (not self.action and self.status.startswith("5"))

    @property
    def delayed(self) -> bool:
        """It did not arrive yet and is tried again."""
        return self.action == "delayed" or (not self.action and self.status.startswith("4"))


def reports(raw: bytes) -> tuple[Report, ...]:
    """The reports in a mail, none if it is no delivery report; it may be as odd as it likes."""
    try:
        message = message_from_bytes(raw[:_READ_BYTES], policy=policy.compat32)
        return tuple(_reports(message))
    except Exception:  # noqa: BLE001 - the standard parser raises what it happens to meet, and anyone can send anything
        return ()


def unsubscribed(raw: bytes) -> str | None:
    """The Message-ID of the digest whose List-Unsubscribe was followed, if that is what this mail is."""
    try:
        message = message_from_bytes(raw[:_READ_BYTES], policy=policy.compat32)
        subject = str(make_header(decode_header(message["Subject"] or "")))
    except Exception:  # noqa: BLE001 - as above
        return None
    asked = _UNSUBSCRIBE.fullmatch(subject)
    return asked[1] if asked else None


def _reports(message: Message) -> Iterator[Report]:
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return
    parts = [part for part in message.get_payload() if isinstance(part, Message)]
    message_id = next((found for part in parts if (found := _returned(part))), None)
    for part in parts:
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            for block in part.get_payload():
                # The first block is about the mail; the others are about one recipient each.
                if isinstance(block, Message) and ("Final-Recipient" in block or "Action" in block):
                    yield _report(message_id, block)


def _report(message_id: str | None, block: Message) -> Report:
    action = _field(block, "Action").lower()
    status, diagnostic = _field(block, "Status"), _field(block, "Diagnostic-Code")
    reply, enhanced = _REPLY.search(diagnostic), _STATUS.search(diagnostic)
    found = _STATUS.match(status) or enhanced
    return Report(
        message_id,
        _recipient(_field(block, "Original-Recipient")) or _recipient(_field(block, "Final-Recipient")),
        action if action in _ACTIONS else "",
        found.group() if found else "",
        " ".join(code.group() for code in (reply, enhanced) if code),
    )


def _returned(part: Message) -> str | None:
    """The Message-ID of the mail that a part gives back, whole or its header only."""
    kind = part.get_content_type()
    header: object
    if kind == "message/rfc822":
        inner = part.get_payload()
        header = inner[0] if isinstance(inner, list) else None
    elif kind == "text/rfc822-headers":
        content = part.get_payload(decode=True)
        header = message_from_bytes(content if isinstance(content, bytes) else b"", policy=policy.compat32)
    else:
        return None
    found = _MESSAGE_ID.search(_field(header, "Message-ID")) if isinstance(header, Message) else None
    return found.group() if found else None


def _recipient(field: str) -> str | None:
    """The hash of the address in ``rfc822; kepala@serangkab.go.id``."""
    address = field.partition(";")[2].strip().strip("<>")
    return hash_of(address) if "@" in address else None


def _field(message: Message, name: str) -> str:
    # Not ASCII, it is an object of the library and not a text.
    return str(message[name] or "").strip()
