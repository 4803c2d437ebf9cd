"""What is known about one citizen, and what it adds to the counters. The heart of the projection, and pure.

``merge`` is set union, so order and duplication of events cannot matter; ``contribute`` is a fold over the set in one
fixed order, so neither can lateness. A batch changes the counters by the difference of the contributions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from services.aggregator.counters import Dimension, Increments, count_resident, count_served, count_simulated
from services.aggregator.stored import DoneEvent, SaidEvent
from shared.events import Programme
from shared.wilayah import kabkota_of, within

MAX_FACTS = 100
TOO_MANY = f"more than {MAX_FACTS} facts about one citizen"
CONFLICT = "another event has the same source and id but says something else"
SIMULATED = "simulation/"
Kind = Literal["recorded", "voided", "activated", "reactivated", "deactivated", "moved"]

_KINDS: dict[str, Kind] = {
    "perekaman.recorded.v1": "recorded",
    "perekaman.voided.v1": "voided",
    "ikd.activated.v1": "activated",
    "ikd.deactivated.v1": "deactivated",
    "resident.moved.v1": "moved",
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


@dataclass(frozen=True, slots=True)
class Merged:
    """A citizen's facts after a merge, and those that have no place in it, each with the reason."""

    facts: dict[Key, Fact]
    rejected: list[tuple[Fact, str]]


def fact_of(event: SaidEvent | DoneEvent) -> Fact:
    """The fact that an event states."""
    kind = _KINDS[event["type"]]
    if event["type"] != "perekaman.recorded.v1" and event["type"] != "ikd.activated.v1":
        return Fact(event["time"], event["id"], event["source"], kind, event["data"]["home"])
    data = event["data"]
    if kind == "activated" and data.get("reactivation"):
        kind = "reactivated"
    return Fact(
        event["time"], event["id"], event["source"], kind,
        data["home"], data["service"], data["channel"], data.get("place"), data.get("group"),
    )  # fmt: skip


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


def contribute(facts: Facts, counters: Increments, times: int = 1) -> None:
    """Add what these facts count to the counters, ``times`` over; days are in the zone of the region counted.

    Facts apply in order of (time, id). An activation or recording counts once while it lasts; ending it takes one off
    on that day, also for someone never seen active, whom the opening balance counted; ending it twice changes
    nothing. A different ``home`` moves the citizen with what they hold; a wider region that contains the present home
    says nothing new. A reactivation is service done but no new activation.
    """
    home: str | None = None
    holds: dict[Programme, bool] = {}
    for fact in sorted(facts.values()):
        if home is None:
            home = fact.home
        elif fact.home != home and not within(home, fact.home):
            for programme, held in holds.items():
                if held:
                    count_resident(counters, home, programme, fact.time, -times)
                    count_resident(counters, fact.home, programme, fact.time, times)
            home = fact.home
        if begun := _BEGINS.get(fact.kind):
            if not holds.get(begun):
                holds[begun] = True
                count_resident(counters, home, begun, fact.time, times)
                _serve(counters, fact, home, begun, times)
        elif fact.kind == "reactivated":
            _serve(counters, fact, home, "ikd", times)
        elif ended := _ENDS.get(fact.kind):
            if holds.get(ended, True):
                count_resident(counters, home, ended, fact.time, -times)
            holds[ended] = False
        if fact.source.startswith(SIMULATED):
            count_simulated(counters, fact.home, fact.time, times)


def _serve(counters: Increments, fact: Fact, home: str, programme: Programme, times: int) -> None:
    if fact.service is None:  # only services get here, and they all say where
        raise ValueError("a service fact without a service region")
    # A kecamatan is the narrowest office that has its own line; a desa counts with its kecamatan.
    count_served(counters, home, programme, (("service_region", fact.service[:8]),), fact.time, times)
    told: tuple[tuple[Dimension, str | None], ...] = (
        ("home_region", kabkota_of(home)),
        ("channel", fact.channel),
        ("place", fact.place),
        ("group", fact.group),
    )
    count_served(counters, fact.service, programme, told, fact.time, times)


def _canonical(fact: Fact) -> tuple[str, ...]:
    return tuple("" if value is None else value for value in fact)
