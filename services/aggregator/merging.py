"""What a projector writes: one transaction for each batch, and counters put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from services.aggregator.counters import COUNTED, collection_of, document_of, key_of, labels_of, summed
from services.aggregator.persons import with_leading
from services.aggregator.projection import Batch, Changes, Rejected, fold
from shared.database import Database, Session, replacement, update

Document = dict[str, Any]


class Merging:
    """Into one projection, by one process; ``replica`` names it across restarts, ``retried`` is called whenever one of
    its transactions begins again."""

    def __init__(self, database: Database, replica: str, retried: Callable[[], None] = lambda: None) -> None:
        self._database = database
        self._merging = database.transactions(f"{replica}/merging", retried)
        self._compacting = database.transactions(f"{replica}/compacting", retried)

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


async def _put(
    session: Session, collection: str, documents: Mapping[str, Document], *, known: Mapping[str, Document]
) -> None:
    """Write documents by id, those of which are ``known`` in place of what is there. An insert costs half of a
    replacement that may turn out to be one (13 against 28 microseconds of the server)."""
    ids = sorted(documents)  # neighbours lie together: fewer pages are touched
    await session.insert(collection, [documents[key] for key in ids if key not in known])
    await session.write(collection, [replacement(documents[key]) for key in ids if key in known])
