"""The ``eventsourcing`` library as it is meant to be used: an aggregate a citizen, and a projection of the counters.

The aggregate keeps its facts. A new fact, however late, is folded with the others again, and the event that is recorded
carries what this changes in the counters, so that the projection only has to add. The view of the projection is written
in one transaction with the position it has reached (the library's tracking), so that nothing is counted twice. The
library's runner for projections cannot follow a SQLite application, whose recorder has no subscriptions: the recordings
that ``save`` returns are processed instead, which also spares reading them again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypedDict
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import InfrastructureFactory, Recording, Tracking
from eventsourcing.projection import Projection
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteTrackingRecorder
from eventsourcing.utils import Environment

from bench.contender import Figures, Meter, Ran, RawEvent, figures_of
from shared.wilayah import local_day
from tests.oracle import CITIZEN_TYPES

_BEGINS = {"ikd.activated.v1": "ikd", "perekaman.recorded.v1": "perekaman"}
_ENDS = {"ikd.deactivated.v1": "ikd", "perekaman.voided.v1": "perekaman"}
_CACHED = 1_000
_SYNCHRONOUS = ("OFF", "NORMAL", "FULL", "EXTRA")
Change = Sequence[Any]
"""Programme, home kab/kota, ISO date, and how many more. The library's JSON gives a list back for a tuple."""
Counts = Counter[tuple[str, str, str]]


class Fact(TypedDict):
    """One event about a citizen, as the aggregate keeps it."""

    id: str
    source: str
    time: str
    type: str
    home: str
    reactivation: bool


class Citizen(Aggregate):
    """One citizen: the facts that are known, by identity."""

    class Began(Aggregate.Created):
        """The first fact about a citizen came."""

        pseudonym: str
        fact: Fact
        changes: list[Change]

    class Continued(Aggregate.Event):
        """A further fact came."""

        fact: Fact
        changes: list[Change]

    @event(Began)
    def __init__(self, pseudonym: str, fact: Fact, changes: list[Change]) -> None:
        self.facts = {(fact["source"], fact["id"]): fact}

    @staticmethod
    def create_id(pseudonym: str) -> UUID:
        """The aggregate's identity."""
        return uuid5(NAMESPACE_URL, f"/citizens/{pseudonym}")

    def learn(self, fact: Fact) -> None:
        """Take in a fact, unless it is known."""
        if (fact["source"], fact["id"]) not in self.facts:
            known = self.facts.values()
            self._continue(fact, changed(contribution(known), contribution([*known, fact])))

    @event(Continued)
    def _continue(self, fact: Fact, changes: list[Change]) -> None:
        self.facts[fact["source"], fact["id"]] = fact


def contribution(facts: Iterable[Fact]) -> Counts:
    """What these facts of one citizen count, in order of time and identity whatever order they came in."""
    counts: Counts = Counter()
    home = ""
    active: dict[str, bool] = {}
    for when, _, _, fact in sorted((datetime.fromisoformat(f["time"]), f["id"], f["source"], f) for f in facts):
        if home != fact["home"] and not home.startswith(fact["home"] + "."):
            for programme in [programme for programme, held in active.items() if held]:
                counts[programme, home[:5], local_day(when, home).isoformat()] -= 1
                counts[programme, fact["home"][:5], local_day(when, fact["home"]).isoformat()] += 1
            home = fact["home"]
        day = local_day(when, home).isoformat()
        if (begun := _BEGINS.get(fact["type"])) and not fact["reactivation"]:
            counts[begun, home[:5], day] += not active.get(begun, False)
            active[begun] = True
        elif ended := _ENDS.get(fact["type"]):
            counts[ended, home[:5], day] -= active.get(ended, True)
            active[ended] = False
    return counts


def changed(before: Counts, after: Counts) -> list[Change]:
    """What has to be added to the counters."""
    difference = Counter(after)
    difference.subtract(before)
    return [(*key, net) for key, net in difference.items() if net]


class Citizens(Application[UUID]):
    """The write side."""

    def take(self, events: Iterable[RawEvent]) -> Sequence[Recording[UUID]]:
        """Fold these events into their citizens and save them together: what was recorded."""
        citizens: dict[UUID, Citizen] = {}
        for said in events:
            pseudonym, fact = said["data"]["citizen"], fact_of(said)
            identity = Citizen.create_id(pseudonym)
            try:
                citizen = citizens.get(identity) or self.repository.get(identity)
            except AggregateNotFoundError:
                citizen = Citizen(pseudonym, fact, changed(Counter(), contribution([fact])))
            citizen.learn(fact)
            citizens[identity] = citizen
        return self.save(*citizens.values())

    def durability(self) -> str:
        """How the library sets SQLite."""
        assert isinstance(self.recorder, SQLiteApplicationRecorder)
        with self.recorder.datastore.transaction(commit=False) as cursor:
            cursor.execute("PRAGMA journal_mode")
            mode = cursor.fetchone()[0]
            cursor.execute("PRAGMA synchronous")
            return f"journal_mode {mode.upper()}, synchronous {_SYNCHRONOUS[cursor.fetchone()[0]]}"


class View(SQLiteTrackingRecorder):
    """The counters as a table, beside the position they have reached."""

    def construct_create_table_statements(self) -> list[str]:
        """Also the table of the counters."""
        return [
            *super().construct_create_table_statements(),
            "CREATE TABLE IF NOT EXISTS counters (programme TEXT, region TEXT, day TEXT, net INTEGER, "
            "PRIMARY KEY (programme, region, day)) WITHOUT ROWID",
        ]

    def add(self, changes: Iterable[Change], tracking: Tracking) -> None:
        """Add to the counters and say how far they have got, both or neither."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.executemany(
                "INSERT INTO counters VALUES (?, ?, ?, ?) "
                "ON CONFLICT (programme, region, day) DO UPDATE SET net = net + excluded.net",
                changes,
            )

    def figures(self) -> Figures:
        """The counters as they are stored."""
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute("SELECT programme, region, day, net FROM counters")
            return figures_of(tuple(row) for row in cursor.fetchall())


class Counters(Projection[View]):
    """The read side."""

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Count one event."""
        self.process_chunk([domain_event], tracking)

    def process_chunk(self, domain_events: Iterable[Any], tracking: Tracking) -> None:
        """Count events that were saved together, in one transaction."""
        sums: Counts = Counter()
        for domain_event in domain_events:
            for programme, region, day, net in domain_event.changes:
                sums[programme, region, day] += net
        self.view.add([(*key, net) for key, net in sums.items()], tracking)


def fact_of(said: RawEvent) -> Fact:
    """What the aggregate keeps of an event."""
    data = said["data"]
    return Fact(
        id=said["id"],
        source=said["source"],
        time=said["time"],
        type=said["type"],
        home=data["home"],
        reactivation=data.get("reactivation", False),
    )


def citizen_events(path: Path) -> Iterator[RawEvent]:
    """The citizen events of a file, in order of arrival."""
    with path.open() as lines:
        yield from (said for said in map(json.loads, lines) if said["type"] in CITIZEN_TYPES)


def run(path: Path, folder: Path, chunk: int, configuration: str) -> Ran:
    """Save and count all events, ``chunk`` at a time."""
    settings = {
        "PERSISTENCE_MODULE": "eventsourcing.sqlite",
        "SQLITE_DBNAME": str(folder / "citizens.sqlite"),
        # This process is the only writer, so what is in the cache is what is stored.
        "AGGREGATE_CACHE_MAXSIZE": str(_CACHED),
        "AGGREGATE_CACHE_FASTFORWARD": "n",
        "DEEPCOPY_FROM_AGGREGATE_CACHE": "n",
    }
    factory: InfrastructureFactory[View] = InfrastructureFactory.construct(Environment(Counters.name, settings))
    with Citizens(settings) as application, factory:
        counters = Counters(factory.tracking_recorder(View))
        configuration += f", {_CACHED:,} aggregates cached; SQLite on disk, {application.durability()} (the library's)"
        meter = Meter({})
        meter.start()
        events = citizen_events(path)
        count = 0
        while together := list(islice(events, chunk)):
            count += len(together)
            if recordings := application.take(together):
                position = Tracking(application.name, recordings[-1].notification.id)
                counters.process_chunk([recording.domain_event for recording in recordings], position)
        ran = meter.stop(count, None, configuration)
        return replace(ran, figures=counters.view.figures())
