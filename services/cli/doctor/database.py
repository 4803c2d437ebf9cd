"""MongoDB: a replica set with the indexes and the format that this version needs, and room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from services.aggregator.settings import AggregatorSettings
from services.cli.doctor import clocks, room
from services.cli.doctor.finding import Finding, fault, good, unknown, warning
from services.cli.errors import CliError, NotAllowedError
from services.cli.serving import Serving, serving
from shared.database import Database, DatabaseRefusesError, Server
from shared.errors import InvalidError, RecoverableError
from shared.wilayah import NATION, kabkota_in, kabkota_of

ABOUT = "database"
_LIFETIME_SECONDS = 20
_AS_OPERATOR = "put the operator's account into LAJU_MONGO_URL: LAJU_SECRETS=…/operator laju doctor"


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found, and the kab/kota that have a target; ``None`` if that could not be read."""

    findings: list[Finding]
    aimed: frozenset[str] | None


async def examine(settings: AggregatorSettings) -> Examined:
    """The database that the aggregator and the notifier write to."""
    try:
        root = Database.at(settings.mongo_url, settings.mongo_database, ca=settings.ca)
    except InvalidError as error:
        return Examined([fault(ABOUT, error.reason, "correct LAJU_MONGO_URL")], None)
    try:
        asked = datetime.now(UTC)
        server = await root.server()
        found = [*_judged(server), *clocks.compared("MongoDB", asked, server.now, datetime.now(UTC))]
    except DatabaseRefusesError as error:
        return Examined([fault(ABOUT, str(error), "correct user and password in LAJU_MONGO_URL")], None)
    except RecoverableError as error:
        away = fault(ABOUT, f"{error}", "start it: `docker compose up -d mongo`; or set LAJU_MONGO_URL to where it is")
        return Examined([away], None)
    finally:
        root.close()
    try:
        async with serving(settings) as projection:
            found.append(await _indexed(projection))
            rows = await projection.store.assessments.rows(kabkota_in(NATION))
    except NotAllowedError as error:
        return Examined([*found, unknown(ABOUT, str(error), _AS_OPERATOR)], None)
    except CliError as error:
        broken = fault(ABOUT, str(error), "`laju rebuild` builds the next projection and switches to it")
        return Examined([*found, broken], None)
    return Examined(found, frozenset(kabkota_of(row.region) for row in rows if row.target is not None))


async def _indexed(projection: Serving) -> Finding:
    if missing := await projection.store.missing():
        what = f"projection {projection.number} lacks {', '.join(missing)}: each look reads everything"
        return fault(ABOUT, what, "restart an aggregator: it makes them as it starts")
    return good(ABOUT, f"projection {projection.number} serves, in this version's format, with its indexes")


def _judged(server: Server) -> Iterator[Finding]:
    if server.replica_set is None:
        mend = "start it with --replSet and run rs.initiate(), as docker-compose.yml does"
        yield fault(ABOUT, f"MongoDB {server.version} is no replica set: it has no transactions", mend)
    else:
        yield good(ABOUT, f"MongoDB {server.version} answers, replica set {server.replica_set}")
    if server.transaction_seconds is not None and server.transaction_seconds > _LIFETIME_SECONDS:
        what = f"a killed aggregator's transaction blocks its regions for {server.transaction_seconds} s"
        parameter = f"transactionLifetimeLimitSeconds={_LIFETIME_SECONDS}"
        yield warning(ABOUT, what, f"start mongod with --setParameter {parameter}, as docker-compose.yml does")
    if server.disk_bytes:
        free = server.disk_bytes - server.disk_used_bytes
        yield room.judged("the disk of MongoDB", server.disk_bytes, server.disk_used_bytes, free)
