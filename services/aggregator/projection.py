"""One batch of events folded into changes of documents. Pure: documents before in, documents and increments out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.aggregator.citizen import Cell, Fact, Key, contribution, fact_of, merge
from services.aggregator.counters import Increments, increments
from services.aggregator.facts import documents_of, later
from shared.events import CitizenEvent, RegionEvent

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


def batch_of(events: Iterable[CitizenEvent | RegionEvent]) -> Batch:
    """The events sorted into what they are about. Their order does not matter."""
    batch = Batch()
    for event in events:
        if isinstance(event, CitizenEvent):
            batch.citizens.setdefault(event.data.citizen, []).append(fact_of(event))
        else:
            for document in documents_of(event):
                slot = document["_id"]
                batch.slots[slot] = later(batch.slots[slot], document) if slot in batch.slots else document
    return batch


def fold(batch: Batch, citizens: Mapping[str, Document], slots: Mapping[str, Document]) -> Changes:
    """What the batch changes, given the stored documents of its citizens and slots (missing ones are new)."""
    cells: Counter[Cell] = Counter()
    written: dict[str, Document] = {}
    rejected: list[Rejected] = []
    for citizen, facts in batch.citizens.items():
        before = facts_in(citizens.get(citizen))
        merged = merge(before, facts)
        rejected += [Rejected(citizen, fact, reason) for fact, reason in merged.rejected]
        if merged.facts != before:
            cells.update(contribution(merged.facts))
            cells.subtract(contribution(before))
            written[citizen] = document_of(citizen, merged.facts.values())
    replaced = {
        slot: document
        for slot, document in batch.slots.items()
        if slot not in slots or later(slots[slot], document) != slots[slot]
    }
    counters = increments(cells)
    touched = {document.partition("/")[0] for document in counters} | {fact["owner"] for fact in replaced.values()}
    return Changes(written, replaced, counters, rejected, frozenset(touched))


def document_of(citizen: str, facts: Iterable[Fact]) -> Document:
    """``{_id: pseudonym, f: [[time, id, source, kind, home, service?, channel?, place?, group?], …]}``, earliest
    first, trailing nulls left out: these documents are the bulk of the database, so they stay small."""
    return {"_id": citizen, "f": [_trimmed(fact) for fact in sorted(facts)]}


def facts_in(document: Document | None) -> dict[Key, Fact]:
    """The facts a citizen's document holds, by source and id; none if there is no document."""
    facts = (Fact(*fields) for fields in document["f"]) if document else ()
    return {fact.key: fact for fact in facts}


def _trimmed(fact: Sequence[str | None]) -> list[str | None]:
    fields = list(fact)
    while fields[-1] is None:
        fields.pop()
    return fields
