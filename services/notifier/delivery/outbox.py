"""The outbox: mails that were decided on, each until its outcome is known and recorded.

``pending`` → ``sending`` (marked before DATA) → ``sent``, ``failed`` or ``uncertain``; a refusal for now goes back to
``pending``. What is found ``sending`` at start was cut off after DATA began: nobody knows whether the relay took it, so
it becomes ``uncertain`` and is never sent again by itself. ``bounced`` is apart from this: the relay took the mail, and
a later report says that it did not arrive.

Entries are kept for good, so that nothing is ever decided on twice; what a letter said is forgotten after a time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Literal, NamedTuple

from shared.database import Database, Document, Session, Transactions, update
from shared.tracing.traceparent import Trail
from shared.wilayah import NATION

OUTBOX = "outbox"
INDEXES = ("recorded", "created_at", "sent_at", "message_id", "region")
"""What is looked for in the collection, each with an index of its own."""

Kind = Literal["notice", "digest", "heartbeat"]
State = Literal["pending", "sending", "sent", "failed", "uncertain"]
FINAL: frozenset[State] = frozenset({"sent", "failed", "uncertain"})
_SHOWN = (
    *("message_id", "kind", "region", "language", "lines", "subject"),
    *("state", "attempts", "created_at", "sent_at", "bounced", "hides_below"),
)


class Image(NamedTuple):
    """A picture inside the HTML, which names it ``cid:<cid>``; ``cid`` without angle brackets, such as
    ``chart-1@laju.go.id``. ``alt`` says in words what it shows."""

    cid: str
    png: bytes
    alt: str


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a delivery report said: ``code`` as in RFC 3463, such as ``5.1.1``; ``final`` if nobody tries any more,
    else the mail is only delayed. ``at`` is when the report came."""

    code: str
    at: datetime
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One mail to the one address ``envelope``. Times are aware, kept to the millisecond.

    ``to`` and ``cc`` are what its header names; a copy has the same content and header and an envelope of its own.
    ``message_id`` and ``in_reply_to`` (the first mail of the episode) are with angle brackets. ``region`` is what the
    recipient answers for, ``lines`` the target lines told, ``language`` the tag for Content-Language.
    ``next_attempt_at`` counts only while pending. ``reply`` is the relay's last answer or our reason; it may hold the
    address: never log it. ``text``, ``html`` and ``images`` are empty once what the letter said is forgotten. Small
    counts below ``hides_below`` are not in the letter; ``None`` if it has no counts that could be hidden. ``trail`` is
    that of the telling.
    """

    message_id: str
    kind: Kind
    envelope: str
    to: str
    cc: tuple[str, ...] = ()
    in_reply_to: str | None = None
    language: str = "id"
    region: str
    lines: tuple[str, ...] = ()
    hides_below: int | None = 0
    subject: str
    text: str
    html: str
    images: tuple[Image, ...] = ()
    created_at: datetime
    next_attempt_at: datetime
    state: State = "pending"
    attempts: int = 0
    reply: str | None = None
    sent_at: datetime | None = None
    bounced: Bounce | None = None
    recorded: bool = False
    trail: Trail = ()

    @property
    def id(self) -> str:
        """The key of the entry: the Message-ID and whom this copy goes to, as a hash."""
        return entry_id(self.message_id, hash_of(self.envelope))

    @classmethod
    def read(cls, document: Document) -> Entry:
        """The entry as it is kept."""
        # Some were written before letters said how much they hide, or before it was kept what they followed from.
        kept = {field.name: document[field.name] for field in fields(cls) if field.name in document}
        kept |= {
            "trail": tuple(document.get("trail", ())),
            "cc": tuple(document["cc"]),
            "lines": tuple(document["lines"]),
            "images": tuple(Image(*image) for image in document["images"]),
            "bounced": Bounce(**document["bounced"]) if document["bounced"] else None,
        }
        return cls(**kept)

    def document(self) -> Document:
        """The entry as it is kept, without its key."""
        kept: Document = {field.name: getattr(self, field.name) for field in fields(self)}
        return kept | {
            "trail": list(self.trail),
            "cc": list(self.cc),
            "lines": list(self.lines),
            "images": [list(image) for image in self.images],
            "bounced": asdict(self.bounced) if self.bounced else None,
        }


def entry_id(message_id: str, recipient: str) -> str:
    """The key of the copy of a mail that goes to the address with this hash."""
    return f"{message_id}/{recipient}"


def hash_of(address: str) -> str:
    """An address without telling it: 16 hexadecimal digits, the same in capitals."""
    return hashlib.blake2b(address.strip().lower().encode(), digest_size=8).hexdigest()


def with_copies(entry: Entry) -> tuple[Entry, ...]:
    """The entry, and one for each address in its ``cc``: nobody gets it twice."""
    envelopes: dict[str, str] = {}
    for address in (entry.envelope, *entry.cc):
        envelopes.setdefault(address.lower(), address)
    return tuple(replace(entry, envelope=address) for address in envelopes.values())


@dataclass(frozen=True, slots=True)
class Open:
    """What the sender needs to know of an entry that is not yet recorded. ``domain`` is where it goes."""

    id: str
    state: State
    domain: str
    created_at: datetime
    next_attempt_at: datetime


@dataclass(frozen=True, slots=True)
class Marked:
    """The entry that a delivery report was about; ``changed`` if the entry did not know it yet."""

    id: str
    region: str
    changed: bool


class NotPendingError(Exception):
    """Another sender has taken the entry, or its outcome is already known."""


async def put(session: Session, entries: Sequence[Entry]) -> None:
    """Add the entries that are not there yet; those that are stay as they are."""
    await session.write(OUTBOX, [update(entry.id, {"$setOnInsert": entry.document()}) for entry in entries])


class Outbox:
    """The outbox collection outside the transaction that fills it. ``transactions`` are its own: nobody else's wait
    for them."""

    def __init__(self, database: Database, transactions: Transactions) -> None:
        self._database = database
        self._transactions = transactions

    async def open(self) -> list[Open]:
        """All entries without a recorded outcome, those to be tried first in front."""
        wanted = ["state", "envelope", "created_at", "next_attempt_at"]
        found = await self._database.find(OUTBOX, {"recorded": False}, fields=wanted)
        entries = [
            Open(
                document["_id"],
                document["state"],
                document["envelope"].rpartition("@")[2].lower(),
                document["created_at"],
                document["next_attempt_at"],
            )
            for document in found
        ]
        return sorted(entries, key=lambda entry: (entry.next_attempt_at, entry.id))

    async def entry(self, key: str) -> Entry:
        """One entry that is known to exist, by its id."""
        return Entry.read((await self._database.by_ids(OUTBOX, [key]))[key])

    async def copies(self, message_id: str) -> list[Entry]:
        """All copies of one mail; none if it is not ours."""
        return [Entry.read(document) for document in await self._database.find(OUTBOX, {"message_id": message_id})]

    async def claim(self, key: str, claim: str) -> None:
        """Mark a pending entry as being sent. ``claim`` is a word of the caller's own; with the same word a call may
        be repeated whose answer was not heard.

        Raises:
            NotPendingError: it is not pending.
            DatabaseUnavailableError: it is not known to be marked, so it must not be sent.
        """

        async def work(session: Session) -> None:
            document = (await session.by_ids(OUTBOX, [key]))[key]
            if document["state"] == "sending" and document.get("claim") == claim:
                return  # this very claim was committed, and the answer was lost
            if document["state"] != "pending":
                raise NotPendingError(key)
            await session.write(OUTBOX, [update(key, {"$set": {"state": "sending", "claim": claim}})])

        await self._transactions.run(work)

    async def settle(
        self, entry: Entry, state: State, *, reply: str, at: datetime, next_at: datetime, tried: bool = True
    ) -> None:
        """Write what came of a try that ended at ``at``; writing it again changes nothing. Not ``tried``: it was given
        up without a try.

        Raises:
            DatabaseUnavailableError: it could not be written.
        """
        change: Document = {
            "state": state,
            "attempts": entry.attempts + tried,
            "reply": reply,
            "next_attempt_at": next_at,
        }
        if state == "sent":
            change["sent_at"] = at
        await self._database.update(OUTBOX, entry.id, {"$set": change})

    async def recorded(self, key: str) -> None:
        """The outcome is recorded elsewhere: nothing is left to do."""
        await self._database.update(OUTBOX, key, {"$set": {"recorded": True}})

    async def bounce(self, message_id: str, recipient: str | None, bounce: Bounce) -> Marked | None:
        """Keep a report on the copy for the address with the hash ``recipient``. If no copy went there the mail was
        forwarded, and it is on the only copy there is; ``None`` if there is none or there are several.

        A final report takes the place of a delay; everything else that comes later changes nothing.

        Raises:
            DatabaseUnavailableError: it could not be kept.
        """

        async def work(session: Session) -> Marked | None:
            found = await session.find(OUTBOX, {"message_id": message_id}, fields=["region", "bounced"])
            copies = {document["_id"]: document for document in found}
            exact = copies.get(entry_id(message_id, recipient or ""))
            document = exact or (found[0] if len(found) == 1 else None)
            if document is None:
                return None
            known = document["bounced"]
            changed = known is None or (bounce.final and not known["final"])
            if changed:
                await session.write(OUTBOX, [update(document["_id"], {"$set": {"bounced": asdict(bounce)}})])
            return Marked(document["_id"], document["region"], changed)

        return await self._transactions.run(work)

    async def last_sent_at(self) -> datetime | None:
        """When the relay last accepted a mail; ``None`` if it never did."""
        newest = await self._database.newest(OUTBOX, "sent_at", fields=["sent_at"], limit=1)
        found: datetime | None = newest[0]["sent_at"] if newest else None
        return found

    async def mails(self, limit: int, region: str | None = None) -> list[Document]:
        """The newest mails, newest first, without their addresses: ``id`` and what the API shows of each. With a region
        those to who answers for it or something in it; heartbeats tell of the system, and are of no region."""
        query: Document = {} if region is None else {"kind": {"$ne": "heartbeat"}}
        if region not in (None, NATION):
            # Codes in a region follow on its own with a dot, and the next sign after that is a slash.
            query["region"] = {"$gte": region, "$lt": f"{region}/"}
        found = await self._database.newest(OUTBOX, "created_at", fields=_SHOWN, limit=limit, query=query)
        return [{"id": document.pop("_id"), **document} for document in found]

    async def letter(self, key: str) -> Entry | None:
        """The entry with this id; with a Message-ID one of its copies, which are all the same letter."""
        if "/" in key:
            found = list((await self._database.by_ids(OUTBOX, [key])).values())
        else:
            found = await self._database.find(OUTBOX, {"message_id": key})
        return Entry.read(found[0]) if found else None

    async def forget(self, before: datetime) -> int:
        """Let go of what the letters said that were decided on before a moment (aware) and have an outcome. Who they
        were for, what they were about and what became of them stays.

        Returns:
            How many were forgotten.

        Raises:
            DatabaseUnavailableError: not all were; the call may be repeated.
        """
        query = {"created_at": {"$lt": before}, "recorded": True, "html": {"$ne": ""}}
        found = await self._database.find(OUTBOX, query, fields=["_id"])
        for document in found:
            await self._database.update(OUTBOX, document["_id"], {"$set": {"text": "", "html": "", "images": []}})
        return len(found)
