"""What is known about one citizen, and what it adds to the counters. The heart of the projection, and pure.

``merge`` is set union, so order and duplication of events cannot matter; what a set counts is a fold over it in one
fixed order, so neither can lateness. A batch changes the counters by the difference of the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from services.aggregator.counters import Increments, Told, count_resident, count_served, count_simulated
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


def count_change(before: Facts, after: Facts, counters: Increments) -> None:
    """Add to the counters what a citizen's facts count ``after`` a merge, less what they counted ``before`` it.

    Up to the first fact that is new both are the same life; only what comes from there on is counted. That is most
    often one fact, because facts tend to come in the order in which they happened.
    """
    old, new = sorted(before.values()), sorted(after.values())
    same = 0
    while same < len(old) and same < len(new) and old[same] == new[same]:
        same += 1
    for facts, times in ((new, 1), (old, -1)):
        if len(facts) == same:
            continue
        life = _Life(counters)
        for fact in facts[:same]:
            life.go_on(fact, 0)
        for fact in facts[same:]:
            life.go_on(fact, times)


class _Life:
    """A citizen's life as a fold over facts in the order of (time, id); days are in the zone of the region counted.

    An activation or recording counts once while it lasts; ending it takes one off on that day, also for someone never
    seen active, whom the opening balance counted; ending it twice changes nothing. A different ``home`` moves the
    citizen with what they hold; a wider region that contains the present home says nothing new. A reactivation is
    service done but no new activation.
    """

    __slots__ = ("_counters", "_holds", "_home")

    def __init__(self, counters: Increments) -> None:
        self._counters = counters
        self._home = ""
        self._holds: dict[Programme, bool] = {}

    def go_on(self, fact: Fact, times: int) -> None:
        """Let one more fact happen and count it ``times`` over."""
        if not self._home:
            self._home = fact.home
        elif fact.home != self._home and not within(self._home, fact.home):
            for programme, held in self._holds.items():
                if held:
                    self._count(programme, fact.time, -times)
            self._home = fact.home
            for programme, held in self._holds.items():
                if held:
                    self._count(programme, fact.time, times)
        if begun := _BEGINS.get(fact.kind):
            if not self._holds.get(begun):
                self._holds[begun] = True
                self._count(begun, fact.time, times)
                self._serve(begun, fact, times)
        elif fact.kind == "reactivated":
            self._serve("ikd", fact, times)
        elif ended := _ENDS.get(fact.kind):
            if self._holds.get(ended, True):
                self._count(ended, fact.time, -times)
            self._holds[ended] = False
        if times and fact.source.startswith(SIMULATED):
            count_simulated(self._counters, fact.home, fact.time, times)

    def _count(self, programme: Programme, time: str, change: int) -> None:
        if change:
            count_resident(self._counters, self._home, programme, time, change)

    def _serve(self, programme: Programme, fact: Fact, times: int) -> None:
        if fact.service is None:  # only services get here, and they all say where
            raise ValueError("a service fact without a service region")
        if not times:
            return
        # A kecamatan is the narrowest office that has its own line; a desa counts with its kecamatan.
        by_region: Told = (("service_region", fact.service[:8]),)
        count_served(self._counters, self._home, programme, by_region, fact.time, times)
        told: Told = (
            ("home_region", kabkota_of(self._home)),
            ("channel", fact.channel),
            ("place", fact.place),
            ("group", fact.group),
        )
        count_served(self._counters, fact.service, programme, told, fact.time, times)


def _canonical(fact: Fact) -> tuple[str, ...]:
    return tuple("" if value is None else value for value in fact)
