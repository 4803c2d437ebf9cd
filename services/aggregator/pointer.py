"""Which projection serves: one document that `laju rebuild` flips, and that every aggregator follows."""

from __future__ import annotations

from shared.database import Database

_COLLECTION, _KEY = "pointer", "projection"


class Pointer:
    """Kept in a database of its own, beside those of the projections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def serving(self) -> int:
        """The number of the projection that serves; 1 in the beginning.

        Raises:
            DatabaseUnavailableError: the database cannot be reached.
        """
        documents = await self._database.find(_COLLECTION, {"_id": _KEY})
        return int(documents[0]["serving"]) if documents else 1

    async def flip(self, number: int) -> None:
        """From now on projection ``number`` serves."""
        await self._database.update(_COLLECTION, _KEY, {"$set": {"serving": number}}, upsert=True)


def database_name(prefix: str, number: int) -> str:
    """The database of a projection: ``laju_p2``."""
    return f"{prefix}_p{number}"
