"""The projection's database: one transaction for each batch, and the reads that books are made of.

Collections of ``laju_p<version>``: ``citizens`` (facts by pseudonym), ``facts`` (region facts by slot), ``counters``
and ``details`` (see counters.py), ``checkpoints`` (by partition), ``origin`` (which EVENTS it was built from, and its
format), ``standings`` (the last assessment of each region), ``sessions`` (see shared/database.py).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from services.aggregator.book import Book, Denominator, Track
from services.aggregator.comparison import Figures, figures_of
from services.aggregator.counters import (
    collection_of,
    days_of,
    document_of,
    key_of,
    labels_of,
    simulated,
    summed,
)
from services.aggregator.facts import RegionFacts, facts_of
from services.aggregator.latest.assessment import Assessment, assessment_in, nothing, renewed, standing
from services.aggregator.persons import with_leading
from services.aggregator.projection import Batch, Changes, Rejected, fold
from shared.database import Database, Session, replacement, update
from shared.errors import FormatError
from shared.events import PROGRAMMES
from shared.events.standing import Standing
from shared.wilayah import kabkota_of

Document = dict[str, Any]


class Find(Protocol):
    """Reading, inside a transaction or outside."""

    async def __call__(
        self, collection: str, query: Document, *, fields: Sequence[str] | None = None
    ) -> list[Document]:
        """All matching documents."""


FORMAT = 2
"""Of the documents; another number whenever this version could misread what the one before wrote."""

COUNTED = ("counters", "details")
_COLLECTIONS = ("citizens", "facts", *COUNTED, "checkpoints", "origin", "standings")


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
    """Reads and writes of one projection version by one process; ``replica`` names it across restarts, ``retried`` is
    called whenever one of its transactions begins again."""

    def __init__(
        self, database: Database, projection: int, replica: str, retried: Callable[[], None] = lambda: None
    ) -> None:
        self._database = database
        self.projection = projection
        self._merging = database.transactions(f"{replica}/merging", retried)
        self._assessing = database.transactions(f"{replica}/assessing", retried)
        self._compacting = database.transactions(f"{replica}/compacting", retried)

    async def ensure(self) -> None:
        """Create what does not exist yet: a transaction may not create collections."""
        await self._database.ensure(_COLLECTIONS, {"facts": ["owner"], **{name: ["region"] for name in COUNTED}})

    async def apply(
        self,
        batch: Batch,
        checkpoints: Mapping[int, int],
        before_commit: Callable[[Sequence[Rejected]], Awaitable[None]],
    ) -> Changes:
        """Merge a batch in one transaction, with the highest stream sequence it holds of each partition.

        ``before_commit`` gets the facts that have no place and must make them safe first: once committed, they are
        nowhere else. It may run again if the transaction conflicts.

        Raises:
            DatabaseUnavailableError: nothing was committed, or it is unknown whether; applying it again is safe.
        """

        async def work(session: Session) -> Changes:
            citizens = await with_leading(session.by_ids, batch.pseudonyms())
            slots = await session.by_ids("facts", list(batch.slots))
            changes = fold(batch, citizens, slots)
            if changes.rejected:
                await before_commit(changes.rejected)
            await _put(session, "citizens", changes.citizens, known=citizens)
            await _put(session, "facts", changes.slots, known=slots)
            for collection in COUNTED:
                keys = [key for key in changes.counters if collection_of(key) == collection]
                await session.insert(collection, [document_of(key, changes.counters[key]) for key in keys])
            await session.write(
                "checkpoints",
                [
                    update(str(partition), {"$max": {"sequence": sequence}})
                    for partition, sequence in checkpoints.items()
                ],
            )
            return changes

        return await self._merging.run(work)

    async def origin(self, created: str) -> str:
        """When the EVENTS stream that this database was built from was created; ``created`` if it is new.

        Raises:
            FormatError: another version wrote it, in a format that this one does not read.
        """
        change = {"$setOnInsert": {"created": created, "format": FORMAT}}
        await self._database.update("origin", "EVENTS", change, upsert=True)
        (document,) = await self._database.find("origin", {"_id": "EVENTS"})
        if (written := document.get("format", 1)) != FORMAT:
            raise FormatError(
                f"the database of projection {self.projection} was written in format {written}, and this version reads "
                f"and writes format {FORMAT}. `laju rebuild` of this version builds the next projection from EVENTS "
                "and switches to it, while aggregators of the version that wrote this one go on serving; or drop the "
                "database, and it is built anew"
            )
        return str(document["created"])

    async def readable(self) -> bool:
        """Whether what was written there, if anything was, is in the format of this version."""
        documents = await self._database.find("origin", {"_id": "EVENTS"})
        return all(document.get("format", 1) == FORMAT for document in documents)

    async def checkpoints(self) -> dict[int, int]:
        """The highest committed stream sequence of each partition."""
        return {int(doc["_id"]): int(doc["sequence"]) for doc in await self._database.find("checkpoints", {})}

    async def shelves(self, owners: Iterable[str], *, finer: bool = False) -> dict[str, Shelf]:
        """The shelves of these kab/kota (or wider regions). The days of kecamatan and desa are on those about whose
        kecamatan or desa there are facts, and with ``finer`` on all."""

        async def read(session: Session) -> dict[str, Shelf]:
            return await self._shelved(session.find, sorted(set(owners)), finer=finer)

        return await self._database.snapshot(read)

    async def services(self, kabkota: Iterable[str]) -> list[Document]:
        """The documents of these kab/kota with their service counters."""
        query = {"region": {"$in": sorted(set(kabkota))}}

        async def read(session: Session) -> list[Document]:
            return await session.find("details", query, fields=["region", "year", "service"])

        return await self._database.snapshot(read)

    async def scattered(self) -> Counter[str]:
        """In how many documents the counters of each key lie."""
        found: Counter[str] = Counter()
        for collection in COUNTED:
            documents = await self._database.find(collection, {}, fields=["region", "year", "month"])
            found.update(key_of(document) for document in documents)
        return found

    async def compact(self, key: str) -> None:
        """Put the counters of a key, such as ``51.71/2024-05``, into one document.

        Raises:
            DatabaseUnavailableError: they are as they were.
        """
        collection = collection_of(key)

        async def work(session: Session) -> None:
            found = await session.find(collection, labels_of(key))
            if len(found) > 1:
                await session.write(collection, [replacement(document) for document in summed(found).values()])
                await session.delete(collection, [document["_id"] for document in found if document["_id"] != key])

        await self._compacting.run(work)

    async def assessed(self, owners: Iterable[str] | None = None) -> list[Standing]:
        """The last assessments of these kab/kota, or of all, their kecamatan and desa with targets included."""
        if owners is None:
            documents = await self._database.find("standings", {}, fields=["rows"])
        else:
            documents = list((await self._database.by_ids("standings", list(owners), fields=["rows"])).values())
        return [standing(row) for document in documents for row in document["rows"]]

    async def revisions(self) -> dict[str, int]:
        """The revision of the last assessment of each kab/kota that has one; one that an earlier version made, without
        a ledger, is about to be made anew and does not count."""
        documents = await self._database.find("standings", {"ledger": {"$exists": True}}, fields=["revision"])
        return {document["_id"]: document["revision"] for document in documents}

    async def assessments(self, owners: Iterable[str]) -> dict[str, Assessment]:
        """The last assessments of those of these kab/kota that have one."""
        documents = await self._database.by_ids("standings", list(owners), fields=["revision", "rows", "ledger"])
        # Some hundred of them are a tenth of a second: not on the event loop.
        return await asyncio.to_thread(
            lambda: {owner: assessment_in(found) for owner, found in documents.items() if "ledger" in found}
        )

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

    async def adopt_standings(self, other: Store) -> None:
        """Take over the assessments of another projection, so that what is already told is not told again."""
        documents = await other._database.find("standings", {})
        await self._database.write("standings", [replacement(document) for document in documents])

    async def behind(self, other: Store) -> list[str]:
        """The kab/kota whose last assessment is older than the one in another projection."""
        theirs, ours = await other.revisions(), await self.revisions()
        return sorted(owner for owner, revision in theirs.items() if ours.get(owner, 0) < revision)

    async def drop(self) -> None:
        """Delete this projection."""
        await self._database.drop()

    async def assess(self, owners: Sequence[str], assessment_of: Callable[[str, Shelf], Assessment]) -> list[Standing]:
        """Assess these kab/kota in one transaction and keep what changed; returns the rows still to be published.

        The transaction makes revisions mean what they say: of two assessments of a region at once, one sees the
        other's document change and is run again on the newer figures. Rows stay with the document until
        :meth:`published`, so a crash in between does not lose them.

        Raises:
            DatabaseUnavailableError: nothing was kept.
        """

        def looked_at(
            sequence: int, shelves: dict[str, Shelf], documents: dict[str, Document]
        ) -> tuple[list[Standing], list[Document]]:
            waiting: list[Standing] = []
            written: list[Document] = []
            for owner in sorted(owners):
                document = documents.get(owner) or nothing(owner)
                position = {"sequence": sequence, "projection": self.projection}
                found = assessment_of(owner, shelves[owner])
                rows = [row.model_copy(update=position) for row in found.rows]
                if changed := renewed(document, replace(found, rows=rows)):
                    written.append(changed)
                waiting += [standing(row) for row in (changed or document)["unpublished"]]
            return waiting, written

        async def work(session: Session) -> list[Standing]:
            checkpoints = await session.find("checkpoints", {})
            sequence = max((int(document["sequence"]) for document in checkpoints), default=0)
            shelves = await self._shelved(session.find, sorted(owners), finer=False)
            documents = await session.by_ids("standings", owners)
            # Of a country after a year some hundredths of a second: not on the event loop.
            waiting, written = await asyncio.to_thread(looked_at, sequence, shelves, documents)
            await session.write("standings", [replacement(document) for document in written])
            return waiting

        return await self._assessing.run(work)

    async def published(self, rows: Sequence[Standing]) -> None:
        """These rows of an assessment reached PACE."""
        reached = {(owner_of(row.region), row.revision) for row in rows}
        await self._database.write(
            "standings",
            [
                update(owner, {"$pull": {"unpublished": {"revision": revision}}}, upsert=False)
                for owner, revision in sorted(reached)
            ],
        )

    @staticmethod
    async def _shelved(find: Find, owners: list[str], *, finer: bool) -> dict[str, Shelf]:
        shelves = {owner: Shelf([], []) for owner in owners}
        for fact in await find("facts", {"owner": {"$in": owners}}):
            shelves[fact["owner"]].facts.append(fact)
        for counter in await find("counters", {"region": {"$in": owners}}):
            shelves[counter["region"]].counters.append(counter)
        within = owners if finer else [owner for owner, shelf in shelves.items() if shelf.regions() - {owner}]
        for detail in await find("details", {"region": {"$in": within}}, fields=["region", "year", "finer"]):
            shelves[detail["region"]].counters.append(detail)
        return shelves


async def _put(
    session: Session, collection: str, documents: Mapping[str, Document], *, known: Mapping[str, Document]
) -> None:
    """Write documents by id, those of which are ``known`` in place of what is there. An insert costs half of a
    replacement that may turn out to be one (13 against 28 microseconds of the server)."""
    ids = sorted(documents)  # neighbours lie together: fewer pages are touched
    await session.insert(collection, [documents[key] for key in ids if key not in known])
    await session.write(collection, [replacement(documents[key]) for key in ids if key in known])


def owner_of(region: str) -> str:
    """On whose shelf a region's documents are: its kab/kota's, or its own if it is wider."""
    return kabkota_of(region) if "." in region else region
