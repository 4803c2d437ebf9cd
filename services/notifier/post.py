"""Letters become mails: one entry of the outbox for each address, complete, so that every try is the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from services.notifier.contents import Digest, Heartbeat, Notice, Telling
from services.notifier.delivery.outbox import Entry, Image, Kind, with_copies
from services.notifier.letters.digest import write_digest
from services.notifier.letters.heartbeat import write_heartbeat
from services.notifier.letters.letter import Letter
from services.notifier.letters.notice import write_notice
from shared.wilayah import is_narrow

Content = Notice | Digest | Heartbeat


async def entries_of(contents: Sequence[Content]) -> list[Entry]:
    """The mails, each with its copies. Written in a thread: letters have charts, which take a while."""
    return await asyncio.to_thread(lambda: [entry for content in contents for entry in written(content)])


def written(content: Content) -> tuple[Entry, ...]:
    """The mail to the recipient, and the copies."""
    kind, letter = _letter(content)
    recipient = content.recipient
    tellings = content.tellings if isinstance(content, Notice) else ()
    return with_copies(
        Entry(
            message_id=content.message_id,
            kind=kind,
            envelope=recipient.email,
            to=recipient.email,
            cc=recipient.cc,
            language=recipient.language,
            region=recipient.region,
            lines=tuple(telling.standing.line for telling in tellings),
            hides_below=hides_below(tellings),
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            images=tuple(Image(image.cid, image.png, image.alt) for image in letter.images),
            created_at=content.written_at,
            next_attempt_at=content.written_at,
        )
    )


def hides_below(tellings: Iterable[Telling]) -> int | None:
    """Counts of kecamatan, desa and places below this are hidden in a letter, 0 if none are; ``None`` if it has no such
    counts. What lies behind a standing is told as the read API tells everybody; a kecamatan or desa that is told about
    itself with all its figures."""
    found = []
    for telling in tellings:
        if is_narrow(telling.standing.region):
            found.append(0)
        elif telling.briefing is not None:
            found.append(telling.briefing.hides_below)
    return min(found, default=None)


def _letter(content: Content) -> tuple[Kind, Letter]:
    match content:
        case Notice():
            return "notice", write_notice(content)
        case Digest():
            return "digest", write_digest(content)
        case Heartbeat():
            return "heartbeat", write_heartbeat(content)
