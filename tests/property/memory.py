"""The projection kept in dictionaries: the same pure fold as in production, with the simplest of stores."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from typing import Any

from services.aggregator.counters import document_of, summed
from services.aggregator.persons import Persons, unread
from services.aggregator.projection import batch_of, fold
from services.aggregator.stored import STORED, StoredEvent
from shared.envelope import open_envelope, seal, wire
from shared.events import DISTRICT_EVENT


def opened(raw: Iterable[dict[str, Any]]) -> list[StoredEvent]:
    """Raw events as they are read from their envelope: accepted, sealed, opened."""
    accepted = [wire(DISTRICT_EVENT.validate_json(json.dumps(event))) for event in raw]
    found = open_envelope(seal(accepted), STORED)
    assert found.unreadable == []
    return found.events


class Memory:
    """Documents by id, as the database would hold them."""

    def __init__(self) -> None:
        self.citizens: dict[str, Any] = {}
        self.slots: dict[str, Any] = {}
        self.counters: list[Any] = []
        self.rejected: set[tuple[str, str]] = set()

    def apply(self, raw: Iterable[dict[str, Any]]) -> None:
        """Merge one batch."""
        batch = batch_of(opened(raw))
        changes = fold(batch, self._known(batch.pseudonyms()), self.slots)
        self.citizens |= copy.deepcopy(changes.citizens)
        self.slots |= copy.deepcopy(changes.slots)
        self.rejected |= {(item.fact.id, item.reason) for item in changes.rejected}
        self.counters += [document_of(key, paths) for key, paths in changes.counters.items()]

    def persons(self) -> dict[str, Any]:
        """The facts behind each pseudonym, as text."""
        persons = Persons(self.citizens, ())
        return {citizen: self.citizens[persons.leading(citizen)]["f"] for citizen in self.citizens}

    def _known(self, citizens: set[str]) -> dict[str, Any]:
        """What the database would have been asked for: these and all that they lead to."""
        found: dict[str, Any] = {}
        while citizens:
            found |= {citizen: self.citizens[citizen] for citizen in citizens & self.citizens.keys()}
            citizens = unread(found)
        return found

    def compact(self) -> None:
        """Put the counters together, as is done from time to time."""
        self.counters = list(summed(self.counters).values())

    def of(self, kabkota: str) -> list[Any]:
        """The counter documents of one kab/kota."""
        return [document for document in self.counters if document["region"] == kabkota]
