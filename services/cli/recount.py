"""A projection computed anew in memory, by the same pure fold as the aggregator's, to be compared with documents.

A citizen's facts are kept as JSON text, up to a kilobyte with everything around it: the bulk of what a recount needs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from services.aggregator.comparison import Figures, fact_figures
from services.aggregator.counters import collection_of
from services.aggregator.persons import signpost, unread
from services.aggregator.projection import batch_of, facts_in, fold
from services.aggregator.stored import StoredEvent
from shared.wilayah import kabkota_of

Document = dict[str, Any]


class Recount:
    """The projection of all events added so far; in whatever order and batches they come."""

    def __init__(self) -> None:
        self._citizens: dict[str, str] = {}
        self._leads_to: dict[str, str] = {}
        self._slots: dict[str, Document] = {}
        self._counters: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._documents: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, events: Sequence[StoredEvent]) -> None:
        """Merge events."""
        batch = batch_of(events)
        changes = fold(batch, self._known(batch.pseudonyms()), self._slots)
        for citizen, document in changes.citizens.items():
            if "to" in document:
                self._leads_to[citizen] = document["to"]
                self._citizens.pop(citizen, None)
            else:
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
        batch = batch_of(events)
        known = [facts_in(document).values() for document in self._known(batch.pseudonyms()).values()]
        for fact in chain(*known, *batch.citizens.values()):
            owners.add(kabkota_of(fact.home))
            if fact.service is not None:
                owners.add(kabkota_of(fact.service))
        owners |= {document["owner"] for document in batch.slots.values()}
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

    def _known(self, citizens: Iterable[str]) -> dict[str, Document]:
        """The documents of these and of all that they lead to."""
        found: dict[str, Document] = {}
        wanted = set(citizens)
        while wanted:
            for citizen in wanted:
                if (leading := self._leads_to.get(citizen)) is not None:
                    found[citizen] = signpost(citizen, leading)
                elif (facts := self._citizens.get(citizen)) is not None:
                    found[citizen] = {"f": facts}
                else:
                    found[citizen] = {"f": "[]"}
            wanted = unread(found)
        return found
