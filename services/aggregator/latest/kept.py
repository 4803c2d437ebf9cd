"""The last assessment of each kab/kota as it is kept in the projection's database, with what is still to be told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from services.aggregator.latest.assessment import Assessment, assessment_in, nothing, renewed, standing
from services.aggregator.shelves import Shelf, owner_of, shelved
from shared.database import Database, Session, replacement, update
from shared.events.standing import Standing

Document = dict[str, Any]


class Assessments:
    """Those of one projection, as one process makes them; ``replica`` names it across restarts, ``retried`` is called
    whenever a transaction begins again. All methods raise DatabaseUnavailableError if the database cannot be
    reached."""

    def __init__(
        self, database: Database, projection: int, replica: str, retried: Callable[[], None] = lambda: None
    ) -> None:
        self._database = database
        self.projection = projection
        self._assessing = database.transactions(f"{replica}/assessing", retried)

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
            shelves = await shelved(session.find, sorted(owners), finer=False)
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

    async def rows(self, owners: Iterable[str]) -> list[Standing]:
        """The rows of these kab/kota, and of their kecamatan and desa with targets."""
        documents = await self._database.by_ids("standings", list(owners), fields=["rows"])
        return [standing(row) for document in documents.values() for row in document["rows"]]

    async def revisions(self) -> dict[str, int]:
        """The revision of the last assessment of each kab/kota that has one; one that an earlier version made, without
        a ledger, is about to be made anew and does not count."""
        documents = await self._database.find("standings", {"ledger": {"$exists": True}}, fields=["revision"])
        return {document["_id"]: document["revision"] for document in documents}

    async def of(self, owners: Iterable[str]) -> dict[str, Assessment]:
        """The last assessments of those of these kab/kota that have one."""
        documents = await self._database.by_ids("standings", list(owners), fields=["revision", "rows", "ledger"])
        # Some hundred of them are a tenth of a second: not on the event loop.
        return await asyncio.to_thread(
            lambda: {owner: assessment_in(found) for owner, found in documents.items() if "ledger" in found}
        )

    async def adopt(self, other: Assessments) -> None:
        """Take over the assessments of another projection, so that what is already told is not told again."""
        documents = await other._database.find("standings", {})
        await self._database.write("standings", [replacement(document) for document in documents])

    async def behind(self, other: Assessments) -> list[str]:
        """The kab/kota whose last assessment is older than the one in another projection."""
        theirs, ours = await other.revisions(), await self.revisions()
        return sorted(owner for owner, revision in theirs.items() if ours.get(owner, 0) < revision)
