"""Nothing that a reader answers holds a count that is hidden: every question it can be asked is asked here."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import count
from typing import Any

import pytest
from pydantic import TypeAdapter

from services.aggregator.briefing import Line, NoSuchLineError
from services.aggregator.latest.overview import Overview
from services.aggregator.pace import Policy
from services.aggregator.projection import Rejected, batch_of
from services.aggregator.reading.reader import Reader
from services.aggregator.store import Store
from services.aggregator.suppression import Suppression
from shared.database import Database
from tests.events import citizen, event, target
from tests.property.memory import opened

FEW = 17
"""How many have IKD in Denpasar Barat, all by the school on the day of the measure, and how many are recorded in
Denpasar Selatan. Nothing else is as many."""
SMALLEST = 20
KOTA, SELATAN, TIMUR, BARAT, UTARA = "51.71", "51.71.01", "51.71.02", "51.71.03", "51.71.04"
TODAY, SCHOOL_DAY = date(2024, 6, 27), date(2024, 6, 6)
NATIONAL, LOCAL = (Line("ikd", authority, date(2024, 12, 31)) for authority in ("national", "local"))

Ask = Callable[[Reader], Awaitable[Any]]
QUESTIONS: Sequence[tuple[str, Ask]] = [
    ("regions.of", lambda reader: reader.regions.of(BARAT)),
    ("regions.with_standings", lambda reader: reader.regions.with_standings(BARAT)),
    ("standings.of", lambda reader: reader.standings.of(BARAT)),
    ("standings.of", lambda reader: reader.standings.of(SELATAN)),
    ("standings.of", lambda reader: reader.standings.of(SELATAN, "ikd", TODAY)),
    ("standings.parts", lambda reader: reader.standings.parts(KOTA)),
    ("standings.decrees", lambda reader: reader.standings.decrees(SELATAN, LOCAL)),
    ("briefings.of", lambda reader: reader.briefings.of(BARAT, NATIONAL)),
    ("briefings.of", lambda reader: reader.briefings.of(SELATAN, LOCAL)),
    ("briefings.of", lambda reader: reader.briefings.of(KOTA, NATIONAL)),
    ("briefings.of", lambda reader: reader.briefings.of(KOTA, LOCAL)),
    ("work.days", lambda reader: reader.work.days(BARAT, "ikd", None, None)),
    ("work.daily", lambda reader: reader.work.daily(BARAT, "ikd", None, None)),
    ("work.shares", lambda reader: reader.work.shares(KOTA, "ikd", "place", None, None)),
    ("work.breakdown", lambda reader: reader.work.breakdown(KOTA, "ikd", "channel", None, None)),
    ("reported.claims", lambda reader: reader.reported.claims(BARAT)),
    ("reported.claims", lambda reader: reader.reported.claims(SELATAN)),
    ("reported.interventions", lambda reader: reader.reported.interventions(BARAT)),
    ("reported.outreach", lambda reader: reader.reported.outreach(KOTA)),
]
TELLS_OF_NOBODY = {
    "sequence",  # of EVENTS
    "standings.provinces",  # of which nothing is hidden
}
_numbers = count(1)


def _done(programme: str, people: int, home: str, day: date, **more: str) -> Iterator[dict[str, Any]]:
    for number in range(people):
        yield event(
            programme,
            time=f"{day}T10:00:00+08:00",
            citizen=citizen(int(home.replace(".", "")) * 1000 + number),
            home=home,
            **{"service": KOTA, "channel": "office", **more},
        )


EVENTS = [
    *_done("ikd.activated", 70, SELATAN, date(2024, 6, 1)),
    *_done("ikd.activated", 40, TIMUR, date(2024, 6, 2), channel="outreach_mall", place="Mal"),
    *_done("ikd.activated", FEW, BARAT, SCHOOL_DAY, channel="outreach_school", place="SMAN 1"),
    *_done("ikd.activated", 90, UTARA, date(2024, 6, 7)),
    *_done("perekaman.recorded", 30, TIMUR, date(2024, 5, 2)),
    *_done("perekaman.recorded", FEW, SELATAN, date(2024, 5, 3)),
    target(KOTA, 2000, basis="absolute"),
    *(target(code, 1000, basis="absolute") for code in (SELATAN, BARAT, UTARA)),
    *(
        target(code, 100, basis="percent_of_recorded", authority="local", effective_on="2024-06-01")
        for code in (KOTA, SELATAN)
    ),
    *(
        event("figure.claimed", region=code, as_of="2024-06-20", programme="ikd", percent=1.5, source="a newspaper")
        for code in (BARAT, SELATAN)
    ),
    event(
        "intervention.announced", region=BARAT, kind="outreach", programme="ikd", title="School days",
        starts_on=str(SCHOOL_DAY), ends_on=str(SCHOOL_DAY),
    ),
    *(
        event("outreach.reported", region=KOTA, on=day, channel=channel, place=place, applicants=200)
        for day, channel, place in (
            (str(SCHOOL_DAY), "outreach_school", "SMAN 1"), ("2024-06-02", "outreach_mall", "Mal"),
        )
    ),
]  # fmt: skip


@pytest.fixture
async def store(servers: Mapping[str, str]) -> AsyncIterator[Store]:
    database = Database.at(servers["LAJU_MONGO_URL"], "laju_reading")
    found = Store(database, 1, "reading")
    await found.ensure()

    async def none_is_rejected(rejected: Sequence[Rejected]) -> None:
        assert list(rejected) == []

    await found.merging.apply(batch_of(opened(EVENTS)), {0: 1}, none_is_rejected)
    yield found
    await found.drop()
    database.close()


def _reader(store: Store, suppression: Suppression) -> Reader:
    def today(code: str) -> date:
        return TODAY

    overview = Overview(store.assessments, store.shelves, policy=Policy(), today=today)
    return Reader(store, overview, policy=Policy(), today=today, suppression=suppression)


def _holds(answer: Any) -> bool:
    """Whether the few are in an answer: as a number, or within a sentence."""
    if isinstance(answer, Mapping):
        return any(_holds(value) for value in answer.values())
    if isinstance(answer, list | tuple):
        return any(_holds(value) for value in answer)
    return answer == FEW or (isinstance(answer, str) and f"{FEW} " in answer)


async def _answered(ask: Ask, reader: Reader) -> Any:
    try:
        return TypeAdapter(Any).dump_python(await ask(reader))
    except NoSuchLineError as error:
        return error.reason


async def test_no_answer_holds_a_hidden_count(store: Store) -> None:
    open_, told = (_reader(store, suppression) for suppression in (Suppression(), Suppression(SMALLEST)))

    assert [name for name, ask in QUESTIONS if not _holds(await _answered(ask, open_))] == []
    assert [name for name, ask in QUESTIONS if _holds(await _answered(ask, told))] == []


async def test_standings_of_a_programme_are_told_together_or_not_at_all(store: Store) -> None:
    open_, told = (_reader(store, suppression) for suppression in (Suppression(), Suppression(SMALLEST)))

    # One of Selatan's two lines is a share of the few who are recorded there, and nothing of Utara is hidden.
    assert [row.programme for row in await open_.standings.of(SELATAN)] == ["ikd", "ikd", "perekaman"]
    assert await told.standings.of(SELATAN) == []
    assert [row.programme for row in await told.standings.of(UTARA)] == ["ikd", "perekaman"]


async def test_every_question_is_among_these(store: Store) -> None:
    reader = _reader(store, Suppression())
    asked = {name for name, _ in inspect.getmembers(reader, inspect.iscoroutinefunction)}
    for kind, part in vars(reader).items():
        asked |= {f"{kind}.{name}" for name, _ in inspect.getmembers(part, inspect.ismethod)}

    public = {name for name in asked if not any(step.startswith("_") for step in name.split("."))}
    assert public == {name for name, _ in QUESTIONS} | TELLS_OF_NOBODY
