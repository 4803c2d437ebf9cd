"""``laju quarantine``: what could not be applied, looked at, tried again, or dropped.

An entry is known by the last token of its subject, 24 hex digits that stay the same when the event is quarantined
again. Entries of EVENTS can be tried again; those of PACE cannot and need not.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json
from rich.markup import escape
from rich.table import Table

from services.aggregator.citizen import Fact
from services.aggregator.metrics import Metrics
from services.aggregator.persons import Persons, with_leading
from services.aggregator.projection import facts_in
from services.aggregator.projector import Projector
from services.cli.errors import CliError
from services.cli.serving import Serving
from services.cli.streams import info_of, read
from shared.bus import EVENTS, PACE, QUARANTINE
from shared.quarantine import Quarantined

log = logging.getLogger(__name__)

_PSEUDONYM = re.compile(r"\b(k\d+:[0-9a-f]{4})[0-9a-f]+")
# As long as a NIK: an event that nobody could read may have come past ingest.
_LONG_NUMBER = re.compile(r"\d(?:[ .-]?\d){15,}")
_ID = re.compile(r"[0-9a-f]{24}")
SUPERSEDED = (
    "it is a standing, and the next assessment of its region publishes another one: there is nothing to try again. "
    "Look at the reason, update the notifier if it is the older part, then drop the entry"
)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    identity: str
    reason: str
    stream: str
    sequence: int
    event: str
    quarantined_at: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, at sequence ``position`` of QUARANTINE; ``content`` says where the event lies."""

    id: str
    subject: str
    position: int
    content: Quarantined
    quarantined_at: str

    def shown(self, *, event: bool = False) -> dict[str, Any]:
        """The entry for people, without personal data: pseudonyms shortened, long numbers left out."""
        found = {
            "id": self.id,
            "stream": self.content.stream,
            "sequence": self.content.sequence,
            "identity": without_personal_data(self.content.identity),
            "reason": without_personal_data(self.content.reason),
            "quarantined_at": self.quarantined_at,
        }
        return found | {"event": without_personal_data(self.content.event)} if event else found


@dataclass(frozen=True, slots=True)
class Retried:
    """What came of one entry: ``applied`` and removed, or ``rejected`` again with the present reason.

    ``id`` is under what it is in quarantine now, if it still is.
    """

    entry: Entry
    outcome: Literal["applied", "rejected"]
    reason: str = ""
    id: str = ""

    def told(self) -> str:
        """The outcome as a sentence."""
        name = f"{self.entry.id} ({without_personal_data(self.entry.content.identity)})"
        if self.outcome == "applied":
            return f"{name}: applied, and no longer in quarantine"
        now = "" if self.id == self.entry.id else f", now as {self.id}"
        return f"{name}: still in quarantine{now}: {without_personal_data(self.reason)}"


def entries_table(found: Iterable[Entry]) -> Table:
    """One row for each entry, narrow enough for 80 columns."""
    table = Table(title="Quarantine", show_lines=True)
    table.add_column("id", no_wrap=True)
    table.add_column("position, event, reason")
    for item in found:
        shown = item.shown()
        position = f"{shown['stream']} {shown['sequence']}, {shown['quarantined_at']}"
        table.add_row(item.id, escape(f"{position}\n{shown['identity']}\n{shown['reason']}"))
    return table


def without_personal_data(text: str) -> str:
    """The text with pseudonyms cut to four digits and without any number that could be a NIK."""
    return _LONG_NUMBER.sub("…", _PSEUDONYM.sub(r"\1…", text))


async def entries(js: JetStreamContext, *, after: int = 0) -> list[Entry]:
    """Everything in quarantine behind position ``after``, in the order of quarantining.

    Raises:
        CliError: there is no stream QUARANTINE, or it holds something else.
    """
    state = (await info_of(js, QUARANTINE)).state
    if not state.messages or state.last_seq <= after:
        return []
    return [
        _entry(message.subject, message.metadata.sequence.stream, message.data)
        async for message in read(js, QUARANTINE, start=after + 1, through=state.last_seq)
    ]


async def entry(js: JetStreamContext, key: str) -> Entry:
    """The entry with this id.

    Raises:
        CliError: there is none.
    """
    missing = CliError(f"there is no {key!r} in quarantine. `laju quarantine list` shows what is there, with ids.")
    if not _ID.fullmatch(key):
        raise missing
    await info_of(js, QUARANTINE)
    try:
        message: RawStreamMsg = await js.get_last_msg(QUARANTINE, f"quarantine.*.{key}")
    except NotFoundError:
        raise missing from None
    return _entry(str(message.subject), message.seq or 0, message.data or b"")


async def chosen(js: JetStreamContext, key: str | None) -> list[Entry]:
    """The entry with this id, or all that can be tried again if it is ``None``.

    Raises:
        CliError: there is no such entry.
    """
    if key is not None:
        return [await entry(js, key)]
    return [found for found in await entries(js) if found.content.stream == EVENTS]


def _entry(subject: str, position: int, data: bytes) -> Entry:
    try:
        body = _Body.model_validate_json(data)
    except ValidationError as error:
        raise CliError(
            f"message {position} of QUARANTINE ({subject}) has a form this version does not know. "
            "Was it written by a newer version of Laju?"
        ) from error
    content = Quarantined(body.identity, body.reason, body.stream, body.sequence, body.event)
    return Entry(subject.rpartition(".")[2], subject, position, content, body.quarantined_at)


async def remove(js: JetStreamContext, found: Entry) -> None:
    """Take an entry out of quarantine, unless it was quarantined again meanwhile."""
    await js.purge_stream(QUARANTINE, seq=found.position + 1, subject=found.subject)


async def drop(js: JetStreamContext, key: str, reason: str) -> Entry:
    """Give an entry up and say so in the log; the event stays in its stream.

    Raises:
        CliError: there is no such entry, or ``reason`` is blank.
    """
    if not reason.strip():
        raise CliError("an entry is dropped for a reason: say it with --reason.")
    found = await entry(js, key)
    shown = found.shown()
    log.warning(
        "dropped %s (%s, sequence %d of %s, quarantined because: %s) for this reason: %s",
        shown["id"],
        shown["identity"],
        shown["sequence"],
        shown["stream"],
        shown["reason"],
        reason,
    )
    await remove(js, found)
    return found


async def retry(js: JetStreamContext, projection: Serving, found: Entry) -> Retried:
    """Project the whole envelope of an entry again. Merging is idempotent: only what was missing is applied.

    Raises:
        CliError: the entry does not come from EVENTS, or the projection is not as far as the envelope.
        RecoverableError: the database or JetStream failed; trying again is safe.
    """
    content = found.content
    if content.stream != EVENTS:
        raise CliError(f"{found.id} cannot be tried again: {SUPERSEDED if content.stream == PACE else content.stream}.")
    envelope = await _envelope(js, content.sequence)
    if envelope is None:
        gone = f"EVENTS holds no sequence {content.sequence}: it is not the stream this entry came from; drop the entry"
        return Retried(found, "rejected", gone, found.id)
    partition = int(str(envelope.subject).rpartition(".")[2])
    await _reached(js, projection, partition, content.sequence)
    before = (await info_of(js, QUARANTINE)).state.last_seq
    projector = Projector(projection.store.merging, js, Metrics(), merged=lambda changes, trail: None, batch_events=1)
    await projector.project(partition, content.sequence, envelope.data or b"")
    for fresh in await entries(js, after=before):
        if fresh.subject == found.subject:
            return Retried(found, "rejected", fresh.content.reason, fresh.id)
        if content.identity == f"{fresh.content.identity} in envelope {content.sequence}":
            # It can be read now, but has no place among its citizen's facts: that is another entry.
            await remove(js, found)
            return Retried(found, "rejected", fresh.content.reason, fresh.id)
    if not await _has_its_place(projection, content.event):
        return Retried(found, "rejected", content.reason, found.id)
    await remove(js, found)
    return Retried(found, "applied")


async def _envelope(js: JetStreamContext, sequence: int) -> RawStreamMsg | None:
    await info_of(js, EVENTS)
    try:
        message: RawStreamMsg = await js.get_msg(EVENTS, sequence)
    except NotFoundError:
        return None
    return message


async def _reached(js: JetStreamContext, projection: Serving, partition: int, sequence: int) -> None:
    """Return if the projection was built from this EVENTS and has the envelope behind it.

    Otherwise its checkpoint would claim envelopes that it does not hold, and they would never be projected.
    """
    committed = (await projection.store.checkpoints()).get(partition, 0)
    if committed < sequence:
        raise CliError(
            f"projection {projection.number} is at sequence {committed} of partition {partition} and has not reached "
            f"{sequence} yet: it will come to this event by itself. Try again when it has caught up, if the entry is "
            "still there."
        )
    created = str((await info_of(js, EVENTS)).created)
    if await projection.store.origin(created) != created:
        raise CliError("the projection was built from another EVENTS. The aggregator's log says what to do.")


async def _has_its_place(projection: Serving, event: str) -> bool:
    """Whether a fact that was rejected is among its citizen's now; an entry of another kind has nothing to show here.

    The envelope of the entry is the one that pushed the fact out. That it merges says nothing about the fact.
    """
    content = from_json(event) if event.startswith('{"citizen":') else {}
    citizen = content.pop("citizen", None)
    if content.keys() != set(Fact._fields):
        return True
    fact = Fact(**content)
    documents = await with_leading(projection.database.by_ids, [citizen])
    leading = Persons(documents, ()).leading(citizen)
    return facts_in(documents.get(leading)).get(fact.key) == fact
