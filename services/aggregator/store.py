"""The projection's database: what it was built from, how far, and who writes and reads it.

Collections of ``laju_p<version>``: ``citizens`` (facts by pseudonym), ``facts`` (region facts by slot), ``counters``
and ``details`` (see counters.py), ``checkpoints`` (by partition), ``origin`` (which EVENTS it was built from, and its
format), ``standings`` (the last assessment of each region), ``sessions`` (see shared/database.py).

Batches are written in merging.py, regions are read in shelves.py, and assessments are kept in latest/kept.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from services.aggregator.counters import COUNTED
from services.aggregator.latest.kept import Assessments
from services.aggregator.merging import Merging
from services.aggregator.shelves import Shelves
from shared.database import Database
from shared.errors import FormatError

FORMAT = 2
"""Of the documents; another number whenever this version could misread what the one before wrote."""

COLLECTIONS = ("citizens", "facts", *COUNTED, "checkpoints", "origin", "standings")
_INDEXES: Mapping[str, Sequence[str]] = {"facts": ["owner"], **{name: ["region"] for name in COUNTED}}


class Store:
    """One projection version, as one process writes it (``merging``), reads it (``shelves``) and keeps what it assessed
    (``assessments``); ``replica`` names the process across restarts, ``retried`` is called whenever one of its
    transactions begins again."""

    def __init__(
        self, database: Database, projection: int, replica: str, retried: Callable[[], None] = lambda: None
    ) -> None:
        self._database = database
        self.projection = projection
        self.merging = Merging(database, replica, retried)
        self.shelves = Shelves(database)
        self.assessments = Assessments(database, projection, replica, retried)

    async def ensure(self) -> None:
        """Create what does not exist yet: a transaction may not create collections."""
        await self._database.ensure(COLLECTIONS, _INDEXES)

    async def missing(self) -> list[str]:
        """The indexes that are not there, such as ``index facts.owner``."""
        return await self._database.missing(_INDEXES)

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

    async def sequence(self) -> int:
        """The highest committed stream sequence of all, 0 if there is none."""
        return max((await self.checkpoints()).values(), default=0)

    async def drop(self) -> None:
        """Delete this projection."""
        await self._database.drop()
