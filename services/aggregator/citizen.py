"""What is known about one citizen, and what it adds to the counters. The heart of the projection, and pure.

``merge`` is set union, so order and duplication of events cannot matter; ``contribution`` is a fold over the set in
one fixed order, so neither can lateness. A batch changes the counters by the difference of the contributions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Literal, NamedTuple

from shared.events import (
    CitizenEvent,
    IkdActivated,
    IkdDeactivated,
    PerekamanRecorded,
    PerekamanVoided,
    Programme,
    ResidentMoved,
)
from shared.wilayah import kabkota_of, lineage, local_day, within

MAX_FACTS = 100
TOO_MANY = f"more than {MAX_FACTS} facts about one citizen"
CONFLICT = "another event has the same source and id but says something else"
SIMULATED = "simulation/"
Kind = Literal["recorded", "voided", "activated", "reactivated", "deactivated", "moved"]
Dimension = Literal["channel", "place", "group", "home_region", "service_region"]

_KINDS: dict[type[CitizenEvent], Kind] = {
    PerekamanRecorded: "recorded",
    PerekamanVoided: "voided",
    IkdActivated: "activated",
    IkdDeactivated: "deactivated",
    ResidentMoved: "moved",
}
_BEGINS: dict[Kind, Programme] = {"recorded": "perekaman", "activated": "ikd"}
_ENDS: dict[Kind, Programme] = {"voided": "perekaman", "deactivated": "ikd"}


class Fact(NamedTuple):
    """One event about a citizen, reduced to what the fold needs. ``time`` is UTC with microseconds, as sortable text:
    MongoDB keeps milliseconds only, which could change the order of two facts."""

    time: str
    id: str
    source: str
    kind: Kind
    home: str
    service: str | None = None
    channel: str | None = None
    place: str | None = None
    group: str | None = None

    @property
    def key(self) -> Key:
        """The event's source and id, under which the fact is in the set."""
        return (self.source, self.id)


Key = tuple[str, str]
Facts = Mapping[Key, Fact]


class Resident(NamedTuple):
    """Counter cell: net change of a programme among the residents of a region (kab/kota, kecamatan or desa)."""

    region: str
    programme: Programme
    day: date


class Served(NamedTuple):
    """Counter cell: service done, seen from one kab/kota along one dimension.

    ``channel``, ``place``, ``group`` and ``home_region`` count the work of the offices in ``region``;
    ``service_region`` counts where residents of ``region`` were served. The two are never added up.
    """

    region: str
    programme: Programme
    by: Dimension
    key: str
    day: date


class Simulated(NamedTuple):
    """Counter cell: facts from a simulation among a kab/kota's residents, so that its figures can be labelled."""

    region: str
    year: int


Cell = Resident | Served | Simulated


@dataclass(frozen=True, slots=True)
class Merged:
    """A citizen's facts after a merge, and those that have no place in it, each with the reason."""

    facts: dict[Key, Fact]
    rejected: list[tuple[Fact, str]]


def fact_of(event: CitizenEvent) -> Fact:
    """The fact that an event states."""
    data = event.data
    time = event.time.astimezone(UTC).isoformat(timespec="microseconds")
    kind = _KINDS[type(event)]
    if isinstance(event, IkdActivated) and event.data.reactivation:
        kind = "reactivated"
    if isinstance(event, PerekamanRecorded | IkdActivated):
        served = event.data
        return Fact(
            time, event.id, event.source, kind, data.home, served.service, served.channel, served.place, served.group
        )
    return Fact(time, event.id, event.source, kind, data.home)


def merge(facts: Facts, more: Iterable[Fact]) -> Merged:
    """The union of two sets of facts by identity: idempotent, commutative and associative.

    Two different facts under one identity are a sender's mistake; the lesser of the two stays, whichever came first.
    More than ``MAX_FACTS`` about one citizen is suspicious: the earliest stay, the others are evicted, and again it
    does not matter in which order they came.
    """
    union = dict(facts)
    rejected: list[tuple[Fact, str]] = []
    for fact in more:
        known = union.setdefault(fact.key, fact)
        if known != fact:
            union[fact.key], lost = sorted((known, fact), key=_canonical)
            rejected.append((lost, CONFLICT))
    if len(union) > MAX_FACTS:
        ordered = sorted(union.values())
        union = {fact.key: fact for fact in ordered[:MAX_FACTS]}
        rejected += [(fact, TOO_MANY) for fact in ordered[MAX_FACTS:]]
    return Merged(union, rejected)


def contribution(facts: Facts) -> Counter[Cell]:
    """What these facts add to the counters, by cell, days in the zone of the region counted.

    Facts apply in order of (time, id). An activation or recording counts once while it lasts; ending it takes one off
    on that day, also for someone never seen active, whom the opening balance counted; ending it twice changes
    nothing. A different ``home`` moves the citizen with what they hold; a wider region that contains the present home
    says nothing new. A reactivation is service done but no new activation.
    """
    cells: Counter[Cell] = Counter()
    home: str | None = None
    holds: dict[Programme, bool] = {}
    for fact in sorted(facts.values()):
        if home is None:
            home = fact.home
        elif fact.home != home and not within(home, fact.home):
            for programme, held in holds.items():
                if held:
                    _count(cells, home, programme, fact.time, -1)
                    _count(cells, fact.home, programme, fact.time, +1)
            home = fact.home
        if begun := _BEGINS.get(fact.kind):
            if not holds.get(begun):
                holds[begun] = True
                _count(cells, home, begun, fact.time, +1)
                _serve(cells, fact, home, begun)
        elif fact.kind == "reactivated":
            _serve(cells, fact, home, "ikd")
        elif ended := _ENDS.get(fact.kind):
            if holds.get(ended, True):
                _count(cells, home, ended, fact.time, -1)
            holds[ended] = False
        if fact.source.startswith(SIMULATED):
            cells[Simulated(kabkota_of(fact.home), _day(fact.time, fact.home).year)] += 1
    return cells


def _count(cells: Counter[Cell], home: str, programme: Programme, time: str, change: int) -> None:
    day = _day(time, home)
    for region in lineage(home):
        cells[Resident(region, programme, day)] += change


def _serve(cells: Counter[Cell], fact: Fact, home: str, programme: Programme) -> None:
    if fact.service is None:  # only services get here, and they all say where
        raise ValueError("a service fact without a service region")
    office, resident = kabkota_of(fact.service), kabkota_of(home)
    day = _day(fact.time, office)
    # A kecamatan is the narrowest office that has its own line; a desa counts with its kecamatan.
    at = fact.service[:8]
    cells[Served(resident, programme, "service_region", at, _day(fact.time, resident))] += 1
    cells[Served(office, programme, "home_region", resident, day)] += 1
    told: dict[Dimension, str | None] = {"channel": fact.channel, "place": fact.place, "group": fact.group}
    for by, key in told.items():
        if key is not None:
            cells[Served(office, programme, by, key, day)] += 1


def _canonical(fact: Fact) -> tuple[str, ...]:
    return tuple("" if value is None else value for value in fact)


# A fold before and a fold after meet the same facts; beyond a batch hardly any moment comes again.
@lru_cache(maxsize=20_000)
def _day(time: str, region: str) -> date:
    return local_day(datetime.fromisoformat(time), region)
