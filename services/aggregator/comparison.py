"""What two projections must agree on: the figures of a region, value by value. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.aggregator.counters import LABELS, collection_of, summed

Document = dict[str, Any]
Figures = dict[str, dict[str, Any]]
"""Values by path, by ``collection/id`` of the document they are in."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not the same; ``None`` where there is none. ``region`` is the kab/kota or wider region."""

    region: str
    document: str
    path: str
    one: Any
    other: Any

    def told(self, one: str, other: str) -> str:
        """The difference as a line, given what the two are called."""
        return f"{self.region}: {self.document} {self.path}: {one} {self.one}, {other} {self.other}"


def figures_of(counters: Iterable[Document], facts: Iterable[Document]) -> Figures:
    """The figures in the counter and region fact documents of one region."""
    found = {f"{collection_of(key)}/{key}": counter_figures(document) for key, document in summed(counters).items()}
    return found | {f"facts/{document['_id']}": fact_figures(document) for document in facts}


def counter_figures(document: Document) -> dict[str, Any]:
    """The counts of a counter document by path; a count that went up and down to zero is as good as none."""
    return {path: count for path, count in _leaves(document) if count and path not in LABELS}


def fact_figures(document: Document) -> dict[str, Any]:
    """The values of a region fact document by path."""
    return {path: value for path, value in _leaves(document) if path != "_id"}


def differences(region: str, one: Figures, other: Figures) -> Iterator[Difference]:
    """Every value that is not the same in both."""
    for document in sorted(one.keys() | other.keys()):
        here, there = one.get(document, {}), other.get(document, {})
        for path in sorted(here.keys() | there.keys()):
            if here.get(path) != there.get(path):
                yield Difference(region, document, path, here.get(path), there.get(path))


def _leaves(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
