"""MongoDB through motor, behind one module: moving to another driver is a change here and nowhere else.

Every write waits for the journal (``w: majority, j: true``), and every document is addressed by ``_id``.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession, AsyncIOMotorDatabase
from pymongo import ReplaceOne, UpdateOne
from pymongo.errors import CollectionInvalid, ConfigurationError, ConnectionFailure, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.uri_parser import parse_uri
from pymongo.write_concern import WriteConcern

from shared.errors import InvalidError, RecoverableError

log = logging.getLogger(__name__)

Document = dict[str, Any]
Write = UpdateOne | ReplaceOne[Document]
Result = TypeVar("Result")
_IDS_PER_QUERY = 500
_SNAPSHOT = ReadConcern("snapshot")
SESSIONS = "sessions"
# The driver's own helper would go on for two minutes, longer than JetStream waits for an acknowledgement.
_TRANSACTION_SECONDS = 20.0
_FIRST_PAUSE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 0.5
_DUPLICATE_KEY = 11000
_NAMESPACE_EXISTS = 48
_NOT_ALLOWED = 13
_NOT_LET_IN = 18


class DatabaseUnavailableError(RecoverableError):
    """The database cannot be reached or did not commit; the same work may be tried again."""


class DatabaseRefusesError(Exception):
    """The server does not let in the account of the URL, or does not let it do this. Nothing mends that but another
    account, or other rights."""


class Session:
    """Reads and writes inside one transaction."""

    def __init__(self, database: AsyncIOMotorDatabase[Document], session: AsyncIOMotorClientSession) -> None:
        self._database = database
        self._session = session

    async def by_ids(self, collection: str, ids: Sequence[str]) -> dict[str, Document]:
        """The documents with these ids, by id; missing ones are left out. Asked for sorted, in bounded lists."""
        found: dict[str, Document] = {}
        wanted = sorted(ids)
        for start in range(0, len(wanted), _IDS_PER_QUERY):
            query = {"_id": {"$in": wanted[start : start + _IDS_PER_QUERY]}}
            # All in one answer, which otherwise would hold 101 and let us ask for the rest.
            cursor = self._database[collection].find(query, session=self._session, batch_size=_IDS_PER_QUERY)
            found |= {document["_id"]: document for document in await cursor.to_list(None)}
        return found

    async def find(self, collection: str, query: Document, *, fields: Sequence[str] | None = None) -> list[Document]:
        """All matching documents; ``fields`` limits what is fetched of each."""
        projection = dict.fromkeys(fields, 1) if fields is not None else None
        return await self._database[collection].find(query, projection, session=self._session).to_list(None)

    async def write(self, collection: str, writes: Sequence[Write]) -> None:
        """Apply the writes, in any order; nothing to do is allowed."""
        if writes:
            await self._database[collection].bulk_write(list(writes), session=self._session, ordered=False)

    async def insert(self, collection: str, documents: Sequence[Document]) -> None:
        """Add documents that are not there yet; none is allowed."""
        if documents:
            await self._database[collection].insert_many(list(documents), session=self._session, ordered=False)

    async def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete the documents with these ids, in bounded lists."""
        for start in range(0, len(ids), _IDS_PER_QUERY):
            query = {"_id": {"$in": list(ids[start : start + _IDS_PER_QUERY])}}
            await self._database[collection].delete_many(query, session=self._session)


Begin = Callable[[Session], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Server:
    """What a database server says of itself; ``now`` is its clock (UTC), the disk's bytes are 0 if it does not say,
    ``transaction_seconds`` how long a transaction may stay open at most, ``None`` if it does not say."""

    version: str
    replica_set: str | None
    now: datetime
    disk_bytes: int
    disk_used_bytes: int
    transaction_seconds: int | None


class Database:
    """One database of one MongoDB deployment."""

    def __init__(self, client: AsyncIOMotorClient[Document], name: str) -> None:
        self._client = client
        self._database = client.get_database(
            name, write_concern=WriteConcern("majority", j=True), read_concern=ReadConcern("majority")
        )

    @classmethod
    def at(cls, url: str, name: str, *, ca: Path | None = None) -> Database:
        """A database at a URL, connected when it is first used. If the URL asks for TLS and names no authority of its
        own, the server's certificate must be from one in the PEM file ``ca``, or from one that the system trusts.

        Raises:
            InvalidError: it is no such URL, or a file that it names cannot be read.
        """
        try:
            options: dict[str, Any] = {"tlsCAFile": str(ca)} if ca is not None and _asks_for_tls(url) else {}
            client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
                url,
                **options,
                serverSelectionTimeoutMS=3000,
                socketTimeoutMS=20_000,
                tz_aware=True,
                appname="laju",
                maxPoolSize=20,
            )
        except (ConfigurationError, OSError, ValueError) as error:
            raise _unusable(error) from None
        return cls(client, name)

    async def ping(self) -> None:
        """Return if the primary answers.

        Raises:
            DatabaseUnavailableError: it does not.
        """
        try:
            await self._client.admin.command("ping")
        except PyMongoError as error:
            raise DatabaseUnavailableError(f"pinging MongoDB failed: {type(error).__name__}") from error

    async def server(self) -> Server:
        """What is behind the address.

        Raises:
            DatabaseUnavailableError: the database cannot be reached.
            DatabaseRefusesError: it does not let us in.
        """
        try:
            hello = await self._client.admin.command("hello")
            build = await self._client.admin.command("buildInfo")
            stats = await self._told(self._database, {"dbStats": 1})
            asked = {"getParameter": 1, "transactionLifetimeLimitSeconds": 1}
            parameter = await self._told(self._client.admin, asked)
        except PyMongoError as error:
            raise _failed("asking the database", error) from error
        return Server(
            version=str(build["version"]),
            replica_set=hello.get("setName"),
            now=hello["localTime"].replace(tzinfo=UTC),  # commands answer without a zone
            disk_bytes=int(stats.get("fsTotalSize", 0)),
            disk_used_bytes=int(stats.get("fsUsedSize", 0)),
            transaction_seconds=parameter.get("transactionLifetimeLimitSeconds"),
        )

    @staticmethod
    async def _told(database: AsyncIOMotorDatabase[Document], command: Document) -> Document:
        """What a command answers; nothing if that is not for us to know, or the server is another program that speaks
        the protocol."""
        try:
            answer: Document = await database.command(command)
        except OperationFailure as error:
            if error.code == _NOT_LET_IN:
                raise
            return {}
        return answer

    async def missing(self, indexes: Mapping[str, Sequence[str]]) -> list[str]:
        """Which of these single-field indexes are not there, such as ``facts.owner``.

        Raises:
            DatabaseUnavailableError: the database cannot be reached.
            DatabaseRefusesError: its account may not look at indexes.
        """
        found: list[str] = []
        try:
            for name, fields in indexes.items():
                known = {index["key"][0][0] for index in (await self._database[name].index_information()).values()}
                found += [f"index {name}.{field}" for field in fields if field not in known]
        except (ConnectionFailure, OperationFailure) as error:
            raise _failed("asking for indexes", error) from error
        return found

    async def reachable(self, *, retry_seconds: float = 0.5) -> None:
        """Wait until the database answers, for as long as it takes; readiness tells meanwhile."""
        while True:
            try:
                return await self.ping()
            except DatabaseUnavailableError as error:
                log.warning("%s; trying again", error)
                await asyncio.sleep(retry_seconds)

    async def ensure(self, collections: Sequence[str], indexes: Mapping[str, Sequence[str]]) -> None:
        """Create collections (a transaction may not) and single-field indexes that do not exist yet.

        Raises:
            DatabaseUnavailableError: the database cannot be reached.
        """
        try:
            existing = await self._database.list_collection_names()
            for name in collections:
                if name not in existing:
                    try:
                        await self._database.create_collection(name)
                    except CollectionInvalid:  # another replica was faster
                        log.info("collection %s is there already", name)
                    except OperationFailure as error:
                        if error.code != _NAMESPACE_EXISTS:
                            raise
            for name, fields in indexes.items():
                for field in fields:
                    await self._database[name].create_index(field)
        except ConnectionFailure as error:
            raise DatabaseUnavailableError(f"preparing the database failed: {type(error).__name__}") from error

    def transactions(
        self, owner: str, retried: Callable[[], None] = lambda: None, *, begin: Begin | None = None
    ) -> Transactions:
        """Transactions of ``owner``, a name that is the same after a restart and nobody else's meanwhile. ``retried``
        is called whenever one begins again. ``begin`` is the first that is done in each; if it fails, nothing is."""
        return Transactions(self._client, self._database, owner, retried, begin)

    async def snapshot(self, work: Callable[[Session], Awaitable[Result]]) -> Result:
        """Read with ``work`` what was there at one moment: documents that are put together meanwhile count once.

        Raises:
            DatabaseUnavailableError: the database cannot be reached.
        """
        try:
            async with await self._client.start_session() as session, session.start_transaction(_SNAPSHOT):
                return await work(Session(self._database, session))
        except PyMongoError as error:
            raise DatabaseUnavailableError(f"reading from MongoDB failed: {_described(error)}") from None

    async def newest(
        self, collection: str, field: str, *, fields: Sequence[str], limit: int, query: Document | None = None
    ) -> list[Document]:
        """The ``limit`` documents with the greatest ``field``, greatest first; the field should have an index. With a
        ``query`` those of the documents that match.

        Raises:
            DatabaseUnavailableError: the database cannot be reached.
        """
        try:
            found = self._database[collection].find(query or {}, dict.fromkeys(fields, 1))
            return await found.sort(field, -1).limit(limit).to_list(None)
        except ConnectionFailure as error:
            raise DatabaseUnavailableError(f"reading {collection} failed: {type(error).__name__}") from error

    async def find(self, collection: str, query: Document, *, fields: Sequence[str] | None = None) -> list[Document]:
        """All matching documents; ``fields`` limits what is fetched of each.

        Raises:
            DatabaseUnavailableError: the database cannot be reached.
            DatabaseRefusesError: its account may not read them.
        """
        projection = dict.fromkeys(fields, 1) if fields is not None else None
        try:
            return await self._database[collection].find(query, projection).to_list(None)
        except (ConnectionFailure, OperationFailure) as error:
            raise _failed(f"reading {collection}", error) from error

    async def count(self, collection: str, query: Document) -> int:
        """How many documents match.

        Raises:
            DatabaseUnavailableError: the database cannot be reached.
        """
        try:
            return int(await self._database[collection].count_documents(query))
        except ConnectionFailure as error:
            raise DatabaseUnavailableError(f"counting in {collection} failed: {type(error).__name__}") from error

    async def by_ids(
        self, collection: str, ids: Sequence[str], *, fields: Sequence[str] | None = None
    ) -> dict[str, Document]:
        """As :meth:`Session.by_ids`, outside a transaction."""
        found: dict[str, Document] = {}
        wanted = sorted(ids)
        for start in range(0, len(wanted), _IDS_PER_QUERY):
            query = {"_id": {"$in": wanted[start : start + _IDS_PER_QUERY]}}
            found |= {document["_id"]: document for document in await self.find(collection, query, fields=fields)}
        return found

    async def update(self, collection: str, key: str, change: Document, *, upsert: bool = False) -> None:
        """Apply update operators to the one document with this id.

        Raises:
            DatabaseUnavailableError: the database cannot be reached.
        """
        try:
            await self._database[collection].update_one({"_id": key}, change, upsert=upsert)
        except ConnectionFailure as error:
            raise DatabaseUnavailableError(f"updating {collection} failed: {type(error).__name__}") from error

    async def delete(self, collection: str, key: str) -> None:
        """Delete the document with this id, if there is one.

        Raises:
            DatabaseUnavailableError: the database cannot be reached.
        """
        try:
            await self._database[collection].delete_one({"_id": key})
        except ConnectionFailure as error:
            raise DatabaseUnavailableError(f"deleting from {collection} failed: {type(error).__name__}") from error

    async def write(self, collection: str, writes: Sequence[Write]) -> None:
        """Apply the writes, each by itself, in any order; nothing to do is allowed.

        Raises:
            DatabaseUnavailableError: the database cannot be reached.
        """
        if writes:
            try:
                await self._database[collection].bulk_write(list(writes), ordered=False)
            except ConnectionFailure as error:
                raise DatabaseUnavailableError(f"writing {collection} failed: {type(error).__name__}") from error

    def sibling(self, name: str) -> Database:
        """Another database of the same deployment, over the same connections."""
        return Database(self._client, name)

    async def drop(self) -> None:
        """Delete the whole database."""
        await self._client.drop_database(self._database.name)

    def close(self) -> None:
        """Close all connections, those of its siblings too."""
        self._client.close()


class Transactions:
    """One transaction at a time, all in one session whose id is kept under its owner's name.

    Who is killed inside a transaction leaves its locks at the server until the transaction's lifetime ends (60 s by
    default, for some servers without a setting), and whatever they cover stands still. So the next process of the same
    name first ends the session of the one before it; and within a process the next transaction of the session ends one
    whose abort never reached the server.
    """

    def __init__(
        self,
        client: AsyncIOMotorClient[Document],
        database: AsyncIOMotorDatabase[Document],
        owner: str,
        retried: Callable[[], None],
        begin: Begin | None,
    ) -> None:
        self._client = client
        self._database = database
        self._owner = owner
        self._retried = retried
        self._begin = begin
        self._session: AsyncIOMotorClientSession | None = None
        self._one_at_a_time = asyncio.Lock()

    async def run(self, work: Callable[[Session], Awaitable[Result]]) -> Result:
        """Run ``work`` in one transaction. It runs again after a conflict, and when it is unknown whether it was
        committed: it must keep no state, and applying it twice must be as good as once.

        Two transactions that add the same document are a conflict too: the later one finds a duplicate key.

        Raises:
            DatabaseUnavailableError: it could not be committed.
        """
        async with self._one_at_a_time:
            deadline = time.monotonic() + _TRANSACTION_SECONDS
            pause = _FIRST_PAUSE_SECONDS
            while True:
                try:
                    session = self._session = self._session or await self._opened()
                    async with session.start_transaction():
                        inside = Session(self._database, session)
                        if self._begin is not None:
                            await self._begin(inside)
                        return await work(inside)
                except PyMongoError as error:
                    if not _passes(error) or time.monotonic() > deadline:
                        # Also what looks permanent: nothing is acknowledged or lost, the retries are counted and seen,
                        # and the operator can mend what only an operator can (rights, disk, size).
                        described = _described(error)
                        raise DatabaseUnavailableError(f"committing to MongoDB failed: {described}") from None
                self._retried()
                await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - spreads tries, keeps no secret
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _opened(self) -> AsyncIOMotorClientSession:
        sessions = self._database[SESSIONS]
        before = await sessions.find_one({"_id": self._owner})
        if before is not None:
            await self._client.admin.command("killSessions", [{"id": before["session"]}])
        session = await self._client.start_session()
        identity = cast("Mapping[str, Any]", session.session_id)  # motor declares its properties as functions
        await sessions.update_one({"_id": self._owner}, {"$set": {"session": identity["id"]}}, upsert=True)
        return session


def encrypted_hosts(url: str, ca: Path | None) -> tuple[list[tuple[str, int]], Path | None]:
    """The servers, with their ports, that a usable URL leads to over TLS; none if it does not ask for that. With them
    the PEM file of those whom its client trusts, ``None`` for those whom the system trusts; ``ca`` as in
    :meth:`Database.at`.

    Raises:
        InvalidError: it is no such URL.
    """
    try:
        parsed = parse_uri(url, warn=False)
    except (ConfigurationError, ValueError) as error:
        raise _unusable(error) from None
    if not parsed["options"].get("tls"):
        return [], None
    named = parsed["options"].get("tlsCAFile")
    return parsed["nodelist"], Path(named) if named else ca


def _unusable(error: Exception) -> InvalidError:
    """Without what the error says: it may repeat parts of the URL, where the password is."""
    return InvalidError(
        f"reading LAJU_MONGO_URL failed: {type(error).__name__}. It must be an address such as "
        "mongodb://127.0.0.1:27017/?replicaSet=rs0, with special characters of user and password as %XX"
    )


def _asks_for_tls(url: str) -> bool:
    """Whether it says ``tls=true``, and leaves open who is trusted."""
    options = parse_uri(url, warn=False)["options"]
    return bool(options.get("tls")) and "tlsCAFile" not in options


def _passes(error: PyMongoError) -> bool:
    """Whether the same transaction may well be committed a moment later."""
    return (
        error.has_error_label("TransientTransactionError")
        or error.has_error_label("UnknownTransactionCommitResult")
        or isinstance(error, ConnectionFailure)
        or (isinstance(error, OperationFailure) and _is_duplicate(error))
    )


def _is_duplicate(error: OperationFailure) -> bool:
    details = error.details or {}
    return any(failed.get("code") == _DUPLICATE_KEY for failed in (details, *details.get("writeErrors", ())))


def _failed(what: str, error: PyMongoError) -> Exception:
    """The error to raise because of another: a refusal, the line, or itself if it is neither."""
    if isinstance(error, OperationFailure):
        if error.code == _NOT_ALLOWED:
            return DatabaseRefusesError(f"{what} failed: the account in LAJU_MONGO_URL may not do that")
        if error.code == _NOT_LET_IN:
            return DatabaseRefusesError(f"{what} failed: MongoDB does not know the user or password in LAJU_MONGO_URL")
        return error
    return DatabaseUnavailableError(f"{what} failed: {_described(error)}")


def _described(error: PyMongoError) -> str:
    """The kind of an error with its codes. Its own text can hold whole documents, which do not belong in a log."""
    if not isinstance(error, OperationFailure):
        return type(error).__name__
    details = error.details or {}
    codes = [error.code, *(failed.get("code") for failed in details.get("writeErrors", ()))]
    return f"{type(error).__name__} with code {', '.join(str(code) for code in codes if code is not None)}"


def replacement(document: Document) -> Write:
    """A write that puts ``document`` in place of the one with the same ``_id``, or adds it."""
    return ReplaceOne({"_id": document["_id"]}, document, upsert=True)


def update(key: str, change: Document, *, upsert: bool = True) -> Write:
    """A write that applies update operators to the document with this ``_id``, with ``upsert`` adding it first if need
    be."""
    return UpdateOne({"_id": key}, change, upsert=upsert)
