"""A projection computed anew in memory, by the same pure fold as the aggregator's, to be compared with documents.

A citizen's facts are kept as JSON text, up to a kilobyte with everything around it: the bulk of what a recount needs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from services.aggregator.citizen import fact_of
from services.aggregator.comparison import Figures, fact_figures
from services.aggregator.counters import collection_of
from services.aggregator.facts import documents_of
from services.aggregator.projection import batch_of, facts_in, fold
from services.aggregator.stored import StoredEvent
from shared.wilayah import kabkota_of

Document = dict[str, Any]


class Recount:
    """The projection of all events added so far; in whatever order and batches they come."""

    def __init__(self) -> None:
        self._citizens: dict[str, str] = {}
        self._slots: dict[str, Document] = {}
        self._counters: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._documents: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, events: Sequence[StoredEvent]) -> None:
        """Merge events."""
        batch = batch_of(events)
        changes = fold(batch, {citizen: self._citizen(citizen) for citizen in batch.citizens}, self._slots)
        for citizen, document in changes.citizens.items():
            self._citizens[citizen] = document["f"]
        for slot, document in changes.slots.items():
            self._slots[slot] = document
            self._documents[document["owner"]].add(f"facts/{slot}")
        for key, paths in changes.counters.items():
            flat = {f"{path}.{day}": change for path, days in paths.items() for day, change in days.items()}
            self._counters[key].update(flat)
            self._documents[key.partition("/")[0]].add(f"{collection_of(key)}/{key}")

    def concerned(self, events: Iterable[StoredEvent]) -> set[str]:
        """The kab/kota and wider regions whose documents any part of these events could change, if added now."""
        owners: set[str] = set()
        for event in events:
            if isinstance(event, dict):
                known = facts_in(self._citizen(event["data"]["citizen"])).values()
                for fact in (*known, fact_of(event)):
                    owners.add(kabkota_of(fact.home))
                    if fact.service is not None:
                        owners.add(kabkota_of(fact.service))
            else:
                owners |= {document["owner"] for document in documents_of(event)}
        return owners

    def owners(self) -> set[str]:
        """The kab/kota and wider regions that have documents."""
        return set(self._documents)

    def figures(self, owner: str) -> Figures:
        """What the documents of a kab/kota or wider region should say."""
        found: Figures = {}
        for name in self._documents.get(owner, ()):
            collection, _, key = name.partition("/")
            found[name] = (
                {path: count for path, count in self._counters[key].items() if count}
                if collection != "facts"
                else fact_figures(self._slots[key])
            )
        return found

    def _citizen(self, citizen: str) -> Document:
        return {"f": self._citizens.get(citizen, "[]")}
