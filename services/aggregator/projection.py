"""One batch of events folded into changes of documents. Pure: documents before in, documents and increments out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json, to_json

from services.aggregator.citizen import Fact, Key, count_change, fact_of, merge
from services.aggregator.counters import Increments, increments, without_zeros
from services.aggregator.facts import documents_of, later
from services.aggregator.persons import Link, Persons, signpost
from services.aggregator.stored import StoredEvent

Document = dict[str, Any]


@dataclass(slots=True)
class Batch:
    """What a set of events proposes: facts by citizen, pseudonyms of one person, and region fact documents by slot."""

    citizens: dict[str, list[Fact]] = field(default_factory=dict)
    links: set[Link] = field(default_factory=set)
    slots: dict[str, Document] = field(default_factory=dict)

    def pseudonyms(self) -> set[str]:
        """Every pseudonym that the events speak of."""
        return self.citizens.keys() | {citizen for link in self.links for citizen in link}


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
            data = event["data"]
            batch.citizens.setdefault(data["citizen"], []).append(fact_of(event))
            if (formerly := data.get("formerly")) is not None:
                batch.links.add((data["citizen"], formerly))
        else:
            for document in documents_of(event):
                slot = document["_id"]
                batch.slots[slot] = later(batch.slots[slot], document) if slot in batch.slots else document
    return batch


def fold(batch: Batch, citizens: Mapping[str, Document], slots: Mapping[str, Document]) -> Changes:
    """What the batch changes, given the stored documents of its pseudonyms and slots (missing ones are new), and of
    all that these lead to."""
    counters = increments()
    written: dict[str, Document] = {}
    rejected: list[Rejected] = []
    for citizen, others, facts in _by_person(batch, citizens):
        before = facts_in(citizens.get(citizen))
        merged = merge(before, facts)
        rejected += [Rejected(citizen, fact, reason) for fact, reason in merged.rejected]
        if merged.facts != before:
            count_change(before, merged.facts, counters)
            written[citizen] = document_of(citizen, merged.facts.values())
        for other in others:
            # Their facts are counted with the person's now.
            count_change(facts_in(citizens.get(other)), {}, counters)
            if citizens.get(other) != (post := signpost(other, citizen)):
                written[other] = post
    replaced = {
        slot: document
        for slot, document in batch.slots.items()
        if slot not in slots or later(slots[slot], document) != slots[slot]
    }
    counters = without_zeros(counters)
    touched = {document.partition("/")[0] for document in counters} | {fact["owner"] for fact in replaced.values()}
    return Changes(written, replaced, counters, rejected, frozenset(touched))


def _by_person(batch: Batch, citizens: Mapping[str, Document]) -> Iterable[tuple[str, Sequence[str], Sequence[Fact]]]:
    """The leading pseudonym of each person, the person's others, and the facts that are new to the leading one."""
    persons = Persons(citizens, batch.links)
    if not persons.linked:
        return [(citizen, (), facts) for citizen, facts in batch.citizens.items()]
    found: dict[str, tuple[list[str], list[Fact]]] = {}
    for citizen in sorted(batch.pseudonyms() | citizens.keys()):
        leading = persons.leading(citizen)
        others, facts = found.setdefault(leading, ([], []))
        facts += batch.citizens.get(citizen, ())
        if citizen != leading:
            others.append(citizen)
            facts += facts_in(citizens.get(citizen)).values()
    return [(leading, others, facts) for leading, (others, facts) in found.items()]


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
