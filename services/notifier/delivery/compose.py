"""The mail as it goes over the wire: the same bytes for the same entry, so that tries of one mail are alike."""

from __future__ import annotations

import hashlib
from datetime import UTC
from email import policy
from email.charset import QP, Charset
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import quote

from services.notifier.delivery.outbox import Entry
from shared.errors import InvalidError

UNSUBSCRIBE = "unsubscribe"
"""What the subject of a mail begins with that asks for no more digests; the Message-ID of one follows."""

_HEADER_WIDTH = 76
_WORDS = Charset("utf-8")
_WORDS.header_encoding = QP  # in a list of raw mails the words can still be read


class _Whole(policy.EmailPolicy):
    """ASCII headers on one line, up to the 998 of RFC 5322, 2.1.1, because some readers show the space that folding
    leaves. Others as encoded words of at most 75 (RFC 2047, 2), which the library makes longer on long lines, and with
    other spaces on short ones; readers drop the folds between them."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """One header with its line end."""
        if name.lower() in ("subject", "content-description") and not value.isascii():
            folded = Header(str(value), _WORDS, _HEADER_WIDTH, name).encode(linesep="\r\n")
            return f"{name}: {folded}\r\n".encode("ascii")
        return super().fold_binary(name, value)


# Quoted-printable lines end at 76 (RFC 2045, 6.7).
_PARTS = policy.SMTP.clone(max_line_length=_HEADER_WIDTH)
_WHOLE = _Whole(linesep="\r\n", max_line_length=998)


def compose(entry: Entry, sender: Address) -> bytes:
    """The text first, then the HTML with its images; whom the envelope names makes no difference.

    Raises:
        InvalidError: no mail can be made of it, such as a line break in its subject.
    """
    try:
        return _message(entry, sender).as_bytes(policy=_WHOLE)
    except (ValueError, MessageError) as error:
        # Without the error's own text: it may quote an address.
        raise InvalidError(f"composing the mail failed: {type(error).__name__}") from None


def _message(entry: Entry, sender: Address) -> EmailMessage:
    message = EmailMessage(_PARTS)
    message["From"] = sender
    message["To"] = _address(entry.to)
    if entry.cc:
        message["Cc"] = tuple(_address(address) for address in entry.cc)
    message["Subject"] = entry.subject
    message["Date"] = entry.created_at.astimezone(UTC)
    message["Message-ID"] = entry.message_id
    if entry.in_reply_to:
        message["In-Reply-To"] = entry.in_reply_to
        message["References"] = entry.in_reply_to
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: answering machines stay silent
    if entry.kind == "digest":  # nobody can be taken off the list of an official notice
        subject = quote(f"{UNSUBSCRIBE} {entry.message_id}", safe="")
        message["List-Id"] = f"<digest.{sender.domain}>"
        message["List-Unsubscribe"] = f"<mailto:{sender.addr_spec}?subject={subject}>"
    message.set_content(entry.text, cte="quoted-printable")
    message.add_alternative(entry.html, subtype="html", cte="quoted-printable")
    _add_images(message, entry)
    message["Content-Language"] = entry.language  # after the parts: making them takes away what describes content
    # EmailMessage would draw them at random. No encoded line can begin so (RFC 2045, 6.7).
    name = hashlib.blake2b(entry.message_id.encode(), digest_size=16).hexdigest()
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_laju_{number}_{name}")
    return message


def _add_images(message: EmailMessage, entry: Entry) -> None:
    if not entry.images:
        return
    _, html = message.iter_parts()
    assert isinstance(html, EmailMessage)  # noqa: S101 - EmailMessage makes its parts of its own kind
    for image in entry.images:
        name = image.cid.partition("@")[0] + ".png"
        html.add_related(image.png, "image", "png", cid=f"<{image.cid}>", disposition="inline", filename=name)
        *_, added = html.iter_parts()
        added["Content-Description"] = image.alt
    html.set_param("type", "text/html")  # RFC 2387, 3.1


def _address(spec: str) -> Address:
    """An address as it is, also if its local part needs quotes in a header."""
    local, _, domain = spec.rpartition("@")
    return Address(username=local, domain=domain)
