"""The projection that serves, for an operator's commands that look into it directly."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.aggregator.pointer import Pointer, database_name
from services.aggregator.settings import AggregatorSettings
from services.aggregator.store import Store
from services.cli.errors import CliError, NotAllowedError
from shared.database import Database, DatabaseRefusesError
from shared.errors import InvalidError, RecoverableError


@dataclass(frozen=True, slots=True)
class Serving:
    """The projection's number, its documents as they are, and the store that writes them."""

    number: int
    database: Database
    store: Store


def settings_at(mongo_url: str | None) -> AggregatorSettings:
    """The aggregator's settings, with another address of MongoDB if one is given."""
    return AggregatorSettings() if mongo_url is None else AggregatorSettings(mongo_url=mongo_url)


@asynccontextmanager
async def serving(settings: AggregatorSettings) -> AsyncIterator[Serving]:
    """The projection that the pointer names; its connections are closed at the end.

    Raises:
        CliError: the URL is none, the database cannot be reached, failed within the block, or was written in another
            format.
        NotAllowedError: it takes another account.
    """
    try:
        root = Database.at(settings.mongo_url, settings.mongo_database, ca=settings.ca)
    except InvalidError as error:
        raise CliError(error.reason) from error
    try:
        await root.ping()
        number = await Pointer(root).serving()
        database = root.sibling(database_name(settings.mongo_database, number))
        store = Store(database, number, "cli")
        if not await store.readable():
            raise CliError(
                f"another version of Laju wrote projection {number}, in a format that this one does not read. Use that "
                "version's commands, or `laju rebuild` to build the next projection from EVENTS and switch to it."
            )
        yield Serving(number, database, store)
    except DatabaseRefusesError as error:
        raise NotAllowedError(f"{error}. It takes the operator's account (laju_operator) in LAJU_MONGO_URL.") from error
    except RecoverableError as error:
        raise CliError(
            f"{error}. Is MongoDB running? Give its address with --mongo-url or LAJU_MONGO_URL, and run the command "
            "again: repeating is safe."
        ) from error
    finally:
        root.close()
