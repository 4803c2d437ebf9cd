"""The outbox: mails that were decided on, each until its outcome is known and recorded.

``pending`` → ``sending`` (marked before DATA) → ``sent``, ``failed`` or ``uncertain``; a refusal for now goes back to
``pending``. What is found ``sending`` at start was cut off after DATA began: nobody knows whether the relay took it, so
it becomes ``uncertain`` and is never sent again by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import uuid4

from services.notifier.decide import Reason
from shared.database import Database, Document, Session, Transactions, update
from shared.events.standing import Standing

OUTBOX = "outbox"
State = Literal["pending", "sending", "sent", "failed", "uncertain"]
FINAL: frozenset[State] = frozenset({"sent", "failed", "uncertain"})
_SHOWN = ("region", "line", "reason", "subject", "state", "attempts", "created_at", "sent_at")


@dataclass(frozen=True, slots=True)
class Entry:
    """One mail to one recipient. Times are aware; ``next_attempt_at`` counts only while pending."""

    message_id: str
    to: str
    line: str
    region: str
    episode: int
    reason: Reason
    subject: str
    text: str
    html: str
    standing: Standing
    created_at: datetime
    next_attempt_at: datetime
    state: State = "pending"
    attempts: int = 0

    @classmethod
    def read(cls, document: Document) -> Entry:
        """The entry as it is kept."""
        fields = {name: document[name] for name in cls.__slots__ if name in document}
        fields |= {
            "message_id": document["_id"],
            "reason": Reason(document["reason"]),
            "standing": Standing.model_validate_json(document["standing"]),
        }
        return cls(**fields)

    def document(self) -> Document:
        """The entry as it is kept, its outcome not yet recorded."""
        kept: Document = {name: getattr(self, name) for name in self.__slots__ if name != "message_id"}
        return kept | {
            "reason": str(self.reason),
            "standing": self.standing.model_dump_json(),
            "sent_at": None,
            "reply": None,
            "recorded": False,
        }


@dataclass(frozen=True, slots=True)
class Open:
    """What the sender needs to know of an entry that is not yet recorded."""

    message_id: str
    state: State
    next_attempt_at: datetime


class NotPendingError(Exception):
    """Another sender has taken the entry, or its outcome is already known."""


async def put(session: Session, entries: Sequence[Entry]) -> None:
    """Add the entries that are not there yet; those that are stay as they are."""
    await session.write(OUTBOX, [update(entry.message_id, {"$setOnInsert": entry.document()}) for entry in entries])


class Outbox:
    """The outbox collection outside the transaction that fills it."""

    def __init__(self, database: Database, claiming: Transactions) -> None:
        self._database = database
        self._claiming = claiming

    async def open(self) -> list[Open]:
        """All entries without a recorded outcome, those to be tried first in front."""
        fields = ["state", "next_attempt_at"]
        found = await self._database.find(OUTBOX, {"recorded": False}, fields=fields)
        entries = [Open(document["_id"], document["state"], document["next_attempt_at"]) for document in found]
        return sorted(entries, key=lambda entry: (entry.next_attempt_at, entry.message_id))

    async def entry(self, message_id: str) -> Entry:
        """One entry that is known to exist."""
        return Entry.read((await self._database.by_ids(OUTBOX, [message_id]))[message_id])

    async def claim(self, message_id: str) -> None:
        """Mark a pending entry as being sent.

        Raises:
            NotPendingError: it is not pending.
            DatabaseUnavailableError: it could not be marked, so it must not be sent.
        """

        claim = uuid4().hex

        async def work(session: Session) -> None:
            document = (await session.by_ids(OUTBOX, [message_id]))[message_id]
            if document["state"] == "sending" and document.get("claim") == claim:
                return  # this very call committed it, and the answer was lost
            if document["state"] != "pending":
                raise NotPendingError(message_id)
            await session.write(OUTBOX, [update(message_id, {"$set": {"state": "sending", "claim": claim}})])

        await self._claiming.run(work)

    async def settle(self, entry: Entry, state: State, *, reply: str, at: datetime, next_at: datetime) -> None:
        """Write what came of a try that ended at ``at``; writing it again changes nothing."""
        change: Document = {
            "state": state,
            "attempts": entry.attempts + 1,
            "reply": reply,
            "next_attempt_at": next_at,
        }
        if state == "sent":
            change["sent_at"] = at
        await self._database.update(OUTBOX, entry.message_id, {"$set": change})

    async def recorded(self, message_id: str) -> None:
        """The outcome is in the ALERTS stream: nothing is left to do."""
        await self._database.update(OUTBOX, message_id, {"$set": {"recorded": True}})

    async def mails(self, limit: int) -> list[Document]:
        """The newest mails, newest first, without their addresses: ``message_id`` and what the API shows of each."""
        found = await self._database.newest(OUTBOX, "created_at", fields=_SHOWN, limit=limit)
        return [{"message_id": document.pop("_id"), **document} for document in found]
