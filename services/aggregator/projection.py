"""One batch of events folded into changes of documents. Pure: documents before in, documents and increments out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json, to_json

from services.aggregator.citizen import Fact, Key, count_change, fact_of, merge
from services.aggregator.counters import Increments, increments, without_zeros
from services.aggregator.facts import documents_of, later
from services.aggregator.stored import StoredEvent

Document = dict[str, Any]


@dataclass(slots=True)
class Batch:
    """What a set of events proposes: facts by citizen, and region fact documents by slot."""

    citizens: dict[str, list[Fact]] = field(default_factory=dict)
    slots: dict[str, Document] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A fact that has no place among its citizen's, with the reason."""

    citizen: str
    fact: Fact
    reason: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What a batch changes. ``touched`` are the kab/kota (or wider regions) whose standing may be another now."""

    citizens: dict[str, Document]
    slots: dict[str, Document]
    counters: Increments
    rejected: list[Rejected]
    touched: frozenset[str]


def batch_of(events: Iterable[StoredEvent]) -> Batch:
    """The events sorted into what they are about. Their order does not matter."""
    batch = Batch()
    for event in events:
        if isinstance(event, dict):
            batch.citizens.setdefault(event["data"]["citizen"], []).append(fact_of(event))
        else:
            for document in documents_of(event):
                slot = document["_id"]
                batch.slots[slot] = later(batch.slots[slot], document) if slot in batch.slots else document
    return batch


def fold(batch: Batch, citizens: Mapping[str, Document], slots: Mapping[str, Document]) -> Changes:
    """What the batch changes, given the stored documents of its citizens and slots (missing ones are new)."""
    counters = increments()
    written: dict[str, Document] = {}
    rejected: list[Rejected] = []
    for citizen, facts in batch.citizens.items():
        before = facts_in(citizens.get(citizen))
        merged = merge(before, facts)
        rejected += [Rejected(citizen, fact, reason) for fact, reason in merged.rejected]
        if merged.facts != before:
            count_change(before, merged.facts, counters)
            written[citizen] = document_of(citizen, merged.facts.values())
    replaced = {
        slot: document
        for slot, document in batch.slots.items()
        if slot not in slots or later(slots[slot], document) != slots[slot]
    }
    counters = without_zeros(counters)
    touched = {document.partition("/")[0] for document in counters} | {fact["owner"] for fact in replaced.values()}
    return Changes(written, replaced, counters, rejected, frozenset(touched))


def document_of(citizen: str, facts: Iterable[Fact]) -> Document:
    """``{_id: pseudonym, f: "[[time, id, source, kind, home, service?, channel?, place?, group?], …]"}``, earliest fact
    first, trailing nulls left out. As text, because these documents are the bulk of the database: a value for each
    field cost the driver several times as much each time a batch met the citizen."""
    return {"_id": citizen, "f": to_json([_trimmed(fact) for fact in sorted(facts)]).decode()}


def facts_in(document: Document | None) -> dict[Key, Fact]:
    """The facts a citizen's document holds, by source and id; none if there is no document."""
    if document is None:
        return {}
    facts = (Fact(*fields) for fields in from_json(document["f"]))
    return {fact.key: fact for fact in facts}


def _trimmed(fact: Fact) -> Sequence[str | None]:
    end = len(fact)
    while fact[end - 1] is None:
        end -= 1
    return fact[:end]
