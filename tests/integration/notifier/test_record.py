"""Steps that are not yet on ALERTS, on a real database and bus."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.notifier.alert import AlertState, after, folded
from services.notifier.contents import Reason
from services.notifier.lines import Line
from services.notifier.record import STEPS, Record
from services.notifier.steps import step
from shared.database import Database, Session
from shared.events.outcome import Told
from tests.integration.notifier.conftest import World
from tests.unit.notifier.standings import back, standing

NOW = datetime(2024, 6, 28, 2, 0, tzinfo=UTC)


async def test_a_clock_set_back_between_two_steps_does_not_turn_them_round(world: World) -> None:
    first = step(Line(standing(), AlertState()), Reason.FIRST, rule="", mails=(), now=NOW)
    told = after(AlertState(), first)
    resolved = step(Line(back(), told), Reason.RESOLVED, rule="", mails=(), now=NOW - timedelta(days=1))
    database = Database.at(world.settings.mongo_url, world.settings.notifier_database)
    try:
        await database.ensure([STEPS], {})
        record = Record(database, lambda: world.js)
        for one in (first, resolved, first):
            await put(record, database, one)
        assert await record.kept() == [first, resolved]
        await record.flush()
        assert await record.kept() == []
    finally:
        database.close()

    found = [message.data for message in await world.alerts()]
    assert [first.id in found[0].decode(), resolved.id in found[1].decode(), len(found)] == [True, True, 2]
    assert not folded([first, resolved]).open


async def put(record: Record, database: Database, one: Told) -> None:
    async def work(session: Session) -> None:
        await record.put(session, [one])

    await database.transactions("recording").run(work)
