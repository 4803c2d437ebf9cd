"""What is stored about a kab/kota, as it is read: its counters and facts, together its shelf."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from services.aggregator.book import Book, Denominator, Track
from services.aggregator.comparison import Figures, figures_of
from services.aggregator.counters import COUNTED, days_of, simulated
from services.aggregator.facts import RegionFacts, facts_of
from shared.database import Database, Session
from shared.events import PROGRAMMES
from shared.wilayah import kabkota_of

Document = dict[str, Any]


class Find(Protocol):
    """Reading, inside a transaction or outside."""

    async def __call__(
        self, collection: str, query: Document, *, fields: Sequence[str] | None = None
    ) -> list[Document]:
        """All matching documents."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Everything stored about one kab/kota (or about a wider region itself): counter and fact documents."""

    counters: list[Document]
    facts: list[Document]

    def regions(self) -> set[str]:
        """The regions on this shelf about which facts were reported."""
        return {fact["region"] for fact in self.facts}

    def facts_about(self, region: str) -> RegionFacts:
        """The region facts of one of its regions."""
        return facts_of(fact for fact in self.facts if fact["region"] == region)

    def book(self, region: str) -> Book:
        """The book of one of its regions."""
        facts = self.facts_about(region)
        return Book(
            tracks={
                programme: Track(days_of(self.counters, region, programme), facts.baselines.get(programme, ()))
                for programme in PROGRAMMES
            },
            wajib_ktp=Denominator(facts.wajib_ktp),
            simulated=simulated(self.counters),
        )


class Shelves:
    """Those of one projection. Counters are read as they were at one moment: documents that are put together meanwhile
    count once. All methods raise DatabaseUnavailableError if the database cannot be reached."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, owners: Iterable[str], *, finer: bool = False) -> dict[str, Shelf]:
        """The shelves of these kab/kota (or wider regions). The days of kecamatan and desa are on those about whose
        kecamatan or desa there are facts, and with ``finer`` on all."""

        async def read(session: Session) -> dict[str, Shelf]:
            return await shelved(session.find, sorted(set(owners)), finer=finer)

        return await self._database.snapshot(read)

    async def services(self, kabkota: Iterable[str]) -> list[Document]:
        """The documents of these kab/kota with their service counters."""
        query = {"region": {"$in": sorted(set(kabkota))}}

        async def read(session: Session) -> list[Document]:
            return await session.find("details", query, fields=["region", "year", "service"])

        return await self._database.snapshot(read)

    async def decrees(self, owners: Iterable[str]) -> dict[str, list[Document]]:
        """The documents of the targets that each of these regions has itself, not of those within it."""
        query = {"owner": {"$in": sorted(owners)}, "kind": "target"}
        found: dict[str, list[Document]] = {}
        for document in await self._database.find("facts", query):
            found.setdefault(document["region"], []).append(document)
        return found

    async def owners(self) -> set[str]:
        """The kab/kota and wider regions that have counters or facts."""
        counters = [row for name in COUNTED for row in await self._database.find(name, {}, fields=["region"])]
        facts = await self._database.find("facts", {}, fields=["owner"])
        return {document["region"] for document in counters} | {document["owner"] for document in facts}

    async def figures(self, owners: Sequence[str]) -> dict[str, Figures]:
        """What two projections must agree on, of each of these kab/kota and wider regions."""

        async def read(session: Session) -> tuple[list[Document], list[Document]]:
            query = {"region": {"$in": list(owners)}}
            counters = [document for name in COUNTED for document in await session.find(name, query)]
            return counters, await session.find("facts", {"owner": {"$in": list(owners)}})

        shelves = {owner: Shelf([], []) for owner in owners}
        counters, facts = await self._database.snapshot(read)
        for document in counters:
            shelves[document["region"]].counters.append(document)
        for document in facts:
            shelves[document["owner"]].facts.append(document)
        return {owner: figures_of(shelf.counters, shelf.facts) for owner, shelf in shelves.items()}


async def shelved(find: Find, owners: list[str], *, finer: bool) -> dict[str, Shelf]:
    """What :meth:`Shelves.of` gives, for who reads within a transaction of its own."""
    shelves = {owner: Shelf([], []) for owner in owners}
    for fact in await find("facts", {"owner": {"$in": owners}}):
        shelves[fact["owner"]].facts.append(fact)
    for counter in await find("counters", {"region": {"$in": owners}}):
        shelves[counter["region"]].counters.append(counter)
    within = owners if finer else [owner for owner, shelf in shelves.items() if shelf.regions() - {owner}]
    for detail in await find("details", {"region": {"$in": within}}, fields=["region", "year", "finer"]):
        shelves[detail["region"]].counters.append(detail)
    return shelves


def owner_of(region: str) -> str:
    """On whose shelf a region's documents are: its kab/kota's, or its own if it is wider."""
    return kabkota_of(region) if "." in region else region
