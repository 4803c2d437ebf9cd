"""The projection's database: one transaction for each batch, and the reads that books are made of.

Collections of ``laju_p<version>``: ``citizens`` (facts by pseudonym), ``facts`` (region facts by slot), ``counters``
(see counters.py), ``checkpoints`` (by partition), ``standings`` (the last assessment of each region).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.aggregator.book import Book, Denominator, Track
from services.aggregator.citizen import Fact
from services.aggregator.counters import days_of, simulated
from services.aggregator.facts import RegionFacts, facts_of
from services.aggregator.projection import Batch, Changes, fold
from shared.database import Database, Session, replacement, update
from shared.events import PROGRAMMES
from shared.standing import Standing
from shared.wilayah import kabkota_of

Document = dict[str, Any]
Evicted = Sequence[tuple[str, Fact]]
_COLLECTIONS = ("citizens", "facts", "counters", "checkpoints", "standings")


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


class Store:
    """Reads and writes of one projection version."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ensure(self) -> None:
        """Create what does not exist yet: a transaction may not create collections."""
        await self._database.ensure(_COLLECTIONS, {"facts": ["owner"], "counters": ["region"]})

    async def reachable(self) -> None:
        """Wait until the database answers."""
        await self._database.reachable()

    async def ping(self) -> None:
        """Return if the database answers, raise ``DatabaseUnavailableError`` if not."""
        await self._database.ping()

    async def apply(
        self,
        batch: Batch,
        checkpoints: Mapping[int, int],
        before_commit: Callable[[Evicted], Awaitable[None]],
    ) -> Changes:
        """Merge a batch in one transaction, with the highest stream sequence it holds of each partition.

        ``before_commit`` gets the facts there was no room for and must make them safe first: once committed, an
        evicted fact is nowhere else. It may run again if the transaction conflicts.

        Raises:
            DatabaseUnavailableError: nothing was committed, or it is unknown whether; applying it again is safe.
        """

        async def work(session: Session) -> Changes:
            citizens = await session.by_ids("citizens", list(batch.citizens))
            slots = await session.by_ids("facts", list(batch.slots))
            changes = fold(batch, citizens, slots)
            if changes.evicted:
                await before_commit(changes.evicted)
            await session.write("citizens", [replacement(changes.citizens[key]) for key in sorted(changes.citizens)])
            await session.write("facts", [replacement(changes.slots[key]) for key in sorted(changes.slots)])
            await session.write("counters", [_increment(key, changes) for key in sorted(changes.counters)])
            await session.write(
                "checkpoints",
                [
                    update(str(partition), {"$max": {"sequence": sequence}})
                    for partition, sequence in checkpoints.items()
                ],
            )
            return changes

        return await self._database.transaction(work)

    async def checkpoints(self) -> dict[int, int]:
        """The highest committed stream sequence of each partition."""
        return {int(doc["_id"]): int(doc["sequence"]) for doc in await self._database.find("checkpoints", {})}

    async def shelves(self, owners: Iterable[str], *, finer: bool = False) -> dict[str, Shelf]:
        """The shelves of these kab/kota (or wider regions); ``finer`` adds the days of their kecamatan and desa."""
        wanted = sorted(set(owners))
        fields = ["region", "year", "days", "simulated", *(["finer"] if finer else [])]
        shelves = {owner: Shelf([], []) for owner in wanted}
        for counter in await self._in("counters", "region", wanted, fields):
            shelves[counter["region"]].counters.append(counter)
        for fact in await self._in("facts", "owner", wanted, None):
            shelves[fact["owner"]].facts.append(fact)
        return shelves

    async def services(self, kabkota: Iterable[str]) -> list[Document]:
        """The counter documents of these kab/kota with their service counters."""
        return await self._in("counters", "region", sorted(set(kabkota)), ["region", "year", "service"])

    async def assessed(self, owners: Iterable[str]) -> dict[str, list[Standing]]:
        """The last assessment of these kab/kota, by kab/kota; none where there was none."""
        documents = await self._database.by_ids("standings", list(owners))
        return {key: [_standing(row) for row in document["rows"]] for key, document in documents.items()}

    async def all_assessed(self) -> list[Standing]:
        """The last assessment of every kab/kota."""
        return [_standing(row) for doc in await self._database.find("standings", {}) for row in doc["rows"]]

    async def record(self, owner: str, rows: Sequence[Standing]) -> None:
        """Keep an assessment of a kab/kota and its kecamatan in place of the last one."""
        document = {"_id": owner, "rows": [row.model_dump(mode="json") for row in rows]}
        await self._database.replace("standings", [document])

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    async def _in(self, collection: str, field: str, values: list[str], fields: list[str] | None) -> list[Document]:
        return await self._database.find(collection, {field: {"$in": values}}, fields=fields)


def owner_of(region: str) -> str:
    """On whose shelf a region's documents are: its kab/kota's, or its own if it is wider."""
    return kabkota_of(region) if "." in region else region


def _increment(key: str, changes: Changes) -> Any:
    region, _, year = key.partition("/")
    return update(key, {"$inc": changes.counters[key], "$setOnInsert": {"region": region, "year": int(year)}})


def _standing(row: Document) -> Standing:
    return Standing.model_validate(row, strict=False)
