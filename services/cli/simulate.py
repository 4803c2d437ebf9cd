"""A made-up stream of events that looks like a year of work at the counters. Pure: the same plan, the same events.

Region codes are real; people are not: a pseudonym comes from a seeded hash and belongs to no NIK. Events come in the
order in which a district would send them, which is not quite the order in which they happened.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import accumulate
from random import Random
from typing import Literal

from services.cli.simulated_places import CHANNELS, group_of, place_of
from shared import wilayah
from shared.events import (
    PROGRAMMES,
    Activation,
    BaselineReported,
    Channel,
    CitizenEvent,
    Ending,
    IkdActivated,
    IkdDeactivated,
    Move,
    PerekamanRecorded,
    PerekamanVoided,
    Programme,
    RegionEvent,
    ResidentMoved,
    Service,
    TargetSet,
    WajibKtpReported,
)
from shared.events.citizen import Reason
from shared.events.region import Baseline, Target, WajibKtp

Kind = Literal["recorded", "activated", "reactivated", "moved", "deactivated", "voided"]

_DUPLICATE_SHARE = 0.02
_LATE_SHARE = 0.03
_RECORDED_HERE_SHARE = 0.85  # of activations follow a recording of the same stream, if there is one to follow
_KINDS: dict[Kind, tuple[float, Programme | None]] = {
    "activated": (0.615, "ikd"),
    "recorded": (0.34, "perekaman"),
    "reactivated": (0.01, "ikd"),
    "moved": (0.015, None),
    "deactivated": (0.013, "ikd"),
    "voided": (0.007, "perekaman"),
}
_TARGETS: dict[Programme, Decimal] = {"ikd": Decimal(30), "perekaman": Decimal("99.4")}  # per cent of wajib KTP
_WEEKDAYS = (1.0, 1.0, 1.0, 1.0, 0.9, 0.12, 0.03)  # Monday first; outreach goes on at weekends
_ZIPF = 0.9
_LARGEST_WAJIB_KTP = 3_900_000  # about the largest kabupaten; with the exponent the 514th has about 14,000
_REMEMBERED = 5_000  # people of a kab/kota that later events may be about; keeps memory bounded
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Plan:
    """What to simulate: ``events`` citizen events on the days ``start`` to ``end``, both included.

    ``regions`` are kab/kota codes, largest first. ``source`` and ``id_prefix`` name the events; two plans of one
    source need different prefixes. ``visitor_share`` of the people served are registered elsewhere, and
    ``familiar_share`` of those who move, or whose entry ends, were served on these days too.
    """

    events: int
    regions: tuple[str, ...]
    seed: int
    start: date
    end: date
    source: str
    id_prefix: str = ""
    programmes: tuple[Programme, ...] = PROGRAMMES
    channels: tuple[Channel, ...] = tuple(CHANNELS)
    visitor_share: float = 0.2
    familiar_share: float = 1.0


@dataclass(slots=True)
class _Person:
    citizen: str
    home: str
    last: datetime | None = None


def plan(events: int, regions: int, seed: int, start: date, end: date) -> Plan:
    """A plan over ``regions`` (1 to 514) kab/kota drawn by ``seed``.

    Raises:
        ValueError: a number or the order of the dates is impossible; the message says which.
    """
    everywhere = wilayah.kabkota_in(wilayah.NATION)
    if not 1 <= regions <= len(everywhere):
        raise ValueError(f"there are {len(everywhere)} kab/kota: regions must be 1 to {len(everywhere)}, not {regions}")
    if events < 0:
        raise ValueError(f"the number of events cannot be negative ({events})")
    if end < start:
        raise ValueError(f"the last day ({end}) is before the first ({start})")
    chosen = _drawing("regions", seed).sample(everywhere, regions)
    return Plan(events, tuple(chosen), seed, start, end, f"simulation/seed-{seed}")


def facts(plan: Plan) -> Iterator[RegionEvent]:
    """Denominator, opening balance and targets of each region, as of the day before the plan starts."""
    draw = _drawing("facts", plan.seed)
    eve = plan.start - timedelta(days=1)
    shares = _shares(plan)
    for rank, region in enumerate(plan.regions, start=1):
        noon = datetime.combine(eve, time(12), wilayah.zone_of(region))
        recordings = plan.events * shares[rank - 1] * _KINDS["recorded"][0]
        count = round(max(_LARGEST_WAJIB_KTP / rank**_ZIPF, 20 * recordings))
        backlog = round(max(count * draw.uniform(0.01, 0.04), 1.3 * recordings))
        activated = round(count * draw.uniform(0.02, 0.12))
        yield WajibKtpReported(
            id=f"wajib_ktp-{region}",
            source=plan.source,
            time=noon,
            data=WajibKtp(region=region, as_of=eve, count=count, source="dkb"),
        )
        yield BaselineReported(
            id=f"baseline-{region}",
            source=plan.source,
            time=noon,
            data=Baseline(region=region, as_of=eve, recorded=count - backlog, activated=activated),
        )
        for programme, percent in _TARGETS.items():
            target = _target(region, programme, percent, plan)
            yield TargetSet(id=f"target-{programme}-{region}", source=plan.source, time=noon, data=target)


def _target(region: str, programme: Programme, percent: Decimal, plan: Plan) -> Target:
    return Target(
        region=region,
        programme=programme,
        authority="national",
        basis="percent_of_wajib_ktp",
        value=percent,
        start_on=plan.start,
        due_on=date(plan.end.year, 12, 31),
        effective_on=plan.start,
        document="simulation",
    )


def citizens(plan: Plan) -> Iterator[CitizenEvent]:
    """Exactly ``plan.events`` events in the order of sending; repeats (the same event sent again) are among them."""
    repeats = round(plan.events * _DUPLICATE_SHARE)
    distinct = plan.events - repeats
    counter = _Counter(plan)
    draw = counter.draw
    waiting: list[tuple[float, int, CitizenEvent]] = []  # by time of sending; the number keeps the order total
    made = sent = 0
    for day, count in _by_day(plan, distinct):
        for _ in range(count):
            event = counter.event(day, made)
            delay = draw.uniform(1, 42) * _DAY_SECONDS if draw.random() < _LATE_SHARE else draw.expovariate(1 / 600)
            arrival = event.time.timestamp() + delay
            heapq.heappush(waiting, (arrival, sent, event))
            sent += 1
            # Spread evenly, so that their share is exact.
            if (made + 1) * repeats // distinct > made * repeats // distinct:
                again = arrival + draw.uniform(0, 3) * _DAY_SECONDS
                heapq.heappush(waiting, (again, sent, event))
                sent += 1
            made += 1
        # East of everything: no event of a later day can have been sent before this moment.
        over = datetime.combine(day + timedelta(days=1), time(), wilayah.zone_of("91")).timestamp()
        while waiting and waiting[0][0] < over:
            yield heapq.heappop(waiting)[2]
    while waiting:
        yield heapq.heappop(waiting)[2]


def _drawing(what: str, seed: int) -> Random:
    return Random(f"{what}/{seed}")  # noqa: S311 - it has to be repeatable, not unforeseeable


def _by_day(plan: Plan, events: int) -> Iterator[tuple[date, int]]:
    days = [plan.start + timedelta(days=n) for n in range((plan.end - plan.start).days + 1)]
    sums = list(accumulate(_WEEKDAYS[day.weekday()] for day in days))
    before = 0
    for day, upto in zip(days, sums, strict=True):
        # The last quotient is exactly 1, so nothing is lost to rounding.
        after = int(events * (upto / sums[-1]))
        yield day, after - before
        before = after


def _shares(plan: Plan) -> list[float]:
    weights = [1 / rank**_ZIPF for rank in range(1, len(plan.regions) + 1)]
    whole = sum(weights)
    return [weight / whole for weight in weights]


class _Counter:
    """The people at the counters of all regions of a plan, and what was done for them."""

    def __init__(self, plan: Plan) -> None:
        self.draw = _drawing(f"{plan.source}/{plan.id_prefix}", plan.seed)
        self._plan = plan
        self._label = f"{plan.source}/{plan.id_prefix}"
        self._born = 0
        self._recorded: defaultdict[str, list[_Person]] = defaultdict(list)
        self._active: defaultdict[str, list[_Person]] = defaultdict(list)
        self._neighbours: dict[str, list[str]] = {}
        self._offices = list(accumulate(_shares(plan)))
        wanted = {kind: share for kind, (share, of) in _KINDS.items() if of is None or of in plan.programmes}
        self._kinds, self._kind_weights = list(wanted), list(accumulate(wanted.values()))
        self._channel_weights = list(accumulate(CHANNELS[channel] for channel in plan.channels))

    def event(self, day: date, number: int) -> CitizenEvent:
        """The ``number``-th event of the plan, on ``day``."""
        kind = self.draw.choices(self._kinds, cum_weights=self._kind_weights)[0]
        office = self.draw.choices(self._plan.regions, cum_weights=self._offices)[0]
        name = f"{self._plan.id_prefix}{number:08d}"
        if kind in ("moved", "deactivated", "voided"):
            return self._register_entry(kind, office, day, name)
        return self._service(kind, office, day, name)

    def _service(self, kind: Kind, office: str, day: date, name: str) -> CitizenEvent:
        visitor = self.draw.random() < self._plan.visitor_share
        home = self._elsewhere(office) if visitor else office
        person = self._person_for(kind, home)
        channel = self.draw.choices(self._plan.channels, cum_weights=self._channel_weights)[0]
        moment = self._moment(day, office, person)
        served = Service(
            citizen=person.citizen,
            home=person.home,
            service=self._service_region(channel, office),
            channel=channel,
            place=place_of(channel, self.draw),
            group=group_of(channel, self.draw),
        )
        if kind == "recorded":
            self._remember(self._recorded[home], person)
            return PerekamanRecorded(id=name, source=self._plan.source, time=moment, data=served)
        self._remember(self._active[home], person)
        activation = Activation(**dict(served), reactivation=kind == "reactivated")
        return IkdActivated(id=name, source=self._plan.source, time=moment, data=activation)

    def _register_entry(self, kind: Kind, home: str, day: date, name: str) -> CitizenEvent:
        known = self._recorded if kind == "voided" else self._active
        # Without a draw where it is certain: streams of former versions stay what they were.
        familiar = self._plan.familiar_share >= 1 or self.draw.random() < self._plan.familiar_share
        person = (self._take(known[home]) if familiar else None) or self._new_person(home)
        moment = self._moment(day, home, person)
        if kind == "moved":
            there = self._elsewhere(home)
            person.home = self._desa(there)
            self._remember(self._active[there], person)
            data = Move(citizen=person.citizen, home=person.home)
            return ResidentMoved(id=name, source=self._plan.source, time=moment, data=data)
        reasons: list[Reason] = ["deceased", "duplicate", "error", "moved_abroad", "other"]
        why = self.draw.choices(reasons, weights=[70, 10, 10, 5, 5])[0]
        ended = Ending(citizen=person.citizen, home=person.home, reason=why)
        if kind == "voided":
            return PerekamanVoided(id=name, source=self._plan.source, time=moment, data=ended)
        return IkdDeactivated(id=name, source=self._plan.source, time=moment, data=ended)

    def _person_for(self, kind: Kind, home: str) -> _Person:
        known: _Person | None = None
        if kind == "reactivated":
            known = self._take(self._active[home])
        elif kind == "activated" and self.draw.random() < _RECORDED_HERE_SHARE:
            known = self._take(self._recorded[home])
        return known or self._new_person(home)

    def _new_person(self, kabkota: str) -> _Person:
        self._born += 1
        digest = hashlib.blake2b(f"{self._label}/{self._plan.seed}/{self._born}".encode(), digest_size=16)
        return _Person(f"k1:{digest.hexdigest()}", self._desa(kabkota))

    def _take(self, people: list[_Person]) -> _Person | None:
        if not people:
            return None
        position = self.draw.randrange(len(people))
        people[position], people[-1] = people[-1], people[position]
        return people.pop()

    def _remember(self, people: list[_Person], person: _Person) -> None:
        if len(people) < _REMEMBERED:
            people.append(person)
        else:
            people[self.draw.randrange(_REMEMBERED)] = person

    def _elsewhere(self, kabkota: str) -> str:
        """Another kab/kota: of the same province if the plan has one, else of the plan, else of the province."""
        if kabkota not in self._neighbours:
            inside = [code for code in self._plan.regions if code != kabkota]
            near = [code for code in inside if code[:2] == kabkota[:2]]
            province = [code for code in wilayah.children(kabkota[:2]) if code != kabkota]
            self._neighbours[kabkota] = near or inside or province
        return self.draw.choice(self._neighbours[kabkota])

    def _desa(self, kabkota: str) -> str:
        return self.draw.choice(wilayah.children(self.draw.choice(wilayah.children(kabkota))))

    def _service_region(self, channel: Channel, kabkota: str) -> str:
        if channel in ("desa", "outreach_village", "door_to_door"):
            return self._desa(kabkota)
        if channel in ("kecamatan", "upt", "outreach_school"):
            return self.draw.choice(wilayah.children(kabkota))
        return kabkota

    def _moment(self, day: date, region: str, person: _Person) -> datetime:
        """Within office hours of the region; after what was done for the person before on the same day."""
        opened = datetime.combine(day, time(8), wilayah.zone_of(region))
        moment = opened + timedelta(seconds=int(self.draw.triangular(0, 7.5 * 3600, 2 * 3600)))
        if person.last is not None and moment <= person.last < opened + timedelta(hours=12):
            moment = (person.last + timedelta(minutes=self.draw.randint(5, 30))).astimezone(moment.tzinfo)
        person.last = moment
        return moment
