"""Whatever the order, the repetition and the batching: the projection is a function of the set of events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from services.aggregator.citizen import CONFLICT, MAX_FACTS, TOO_MANY
from services.aggregator.counters import Dimension, days_of, services_of
from services.aggregator.projection import facts_in
from shared.events import PROGRAMMES
from tests.oracle import Oracle
from tests.property.memory import Memory
from tests.property.streams import HOMES, streams

_REGIONS = sorted({*HOMES, *(home[:5] for home in HOMES), *(home[:8] for home in HOMES)})


def _batches(data: st.DataObject, events: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The events in any order, some of them twice or more, cut anywhere."""
    repeated = events + data.draw(st.lists(st.sampled_from(events), max_size=6) if events else st.just([]))
    shuffled = data.draw(st.permutations(repeated))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(shuffled)), max_size=5)))
    return [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]


def _projected(batches: Iterable[list[dict[str, Any]]], compacted: Callable[[], bool] = lambda: False) -> Memory:
    memory = Memory()
    for batch in batches:
        memory.apply(batch)
        if compacted():
            memory.compact()
    return memory


def _without_zeros(days: dict[date, int]) -> dict[date, int]:
    return {day: count for day, count in days.items() if count}


def _under_the_next_key(event: dict[str, Any]) -> dict[str, Any]:
    former = event["data"]["citizen"]
    return {**event, "data": {**event["data"], "citizen": f"k2{former[2:]}", "formerly": former}}


@given(events=st.integers(1, 3).flatmap(lambda keys: streams(keys=keys)), data=st.data())
@settings(max_examples=600, deadline=None)
def test_any_order_duplication_and_batching_gives_what_the_oracle_gives(
    events: list[dict[str, Any]], data: st.DataObject
) -> None:
    """Also with several pseudonyms of a citizen, in events that come before it is known that they are one's."""
    memory = _projected(_batches(data, events), lambda: data.draw(st.booleans()))
    oracle = Oracle(events)
    for region in _REGIONS:
        documents = memory.of(region[:5])
        for programme in PROGRAMMES:
            assert _without_zeros(days_of(documents, region, programme)) == oracle.days(region, programme)
    for kabkota in {region[:5] for region in _REGIONS}:
        for programme in PROGRAMMES:
            for by in get_args(Dimension):
                counted: Counter[str] = Counter()
                for key, _, count in services_of(memory.of(kabkota), programme, by):
                    counted[key] += count
                assert {key: n for key, n in counted.items() if n} == oracle.by(kabkota, programme, by)


@given(events=streams(), data=st.data())
@settings(max_examples=300, deadline=None)
def test_what_is_sent_again_under_the_next_key_counts_nobody_twice(
    events: list[dict[str, Any]], data: st.DataObject
) -> None:
    again = [_under_the_next_key(event) for event in events if data.draw(st.booleans())]
    memory = _projected(_batches(data, events + again))
    oracle = Oracle(events)
    for region in _REGIONS:
        for programme in PROGRAMMES:
            counted = _without_zeros(days_of(memory.of(region[:5]), region, programme))
            assert counted == oracle.days(region, programme)


@given(events=st.integers(1, 3).flatmap(lambda keys: streams(keys=keys)), data=st.data())
@settings(max_examples=300, deadline=None)
def test_a_rebuild_gives_the_same_documents_as_living_through_it(
    events: list[dict[str, Any]], data: st.DataObject
) -> None:
    lived = _projected(_batches(data, events))
    rebuilt = _projected([events])
    assert lived.persons() == rebuilt.persons()
    for region in _REGIONS:
        for programme in PROGRAMMES:
            assert _without_zeros(days_of(lived.of(region[:5]), region, programme)) == _without_zeros(
                days_of(rebuilt.of(region[:5]), region, programme)
            )


@given(events=st.integers(1, 2).flatmap(lambda keys: streams(keys=keys)), data=st.data())
@settings(max_examples=300, deadline=None)
def test_different_content_under_one_identity_converges_too(events: list[dict[str, Any]], data: st.DataObject) -> None:
    quarrelling = [{**event, "id": f"e{number % 3}", "source": "siak/1"} for number, event in enumerate(events)]
    one = data.draw(st.permutations(quarrelling))
    other = data.draw(st.permutations(quarrelling))
    first, second = _projected([[event] for event in one]), _projected([other])
    assert first.persons() == second.persons()
    assert {reason for _, reason in first.rejected | second.rejected} <= {CONFLICT}
    for region in _REGIONS:
        for programme in PROGRAMMES:
            assert _without_zeros(days_of(first.of(region[:5]), region, programme)) == _without_zeros(
                days_of(second.of(region[:5]), region, programme)
            )


@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_too_many_facts_keep_the_earliest_in_any_order(data: st.DataObject) -> None:
    events = [
        {
            "specversion": "1.0",
            "id": f"e{number:03}",
            "source": "siak/51.71",
            "type": "resident.moved.v1",
            "time": f"2024-05-{1 + number // 24:02}T{number % 24:02}:00:00+08:00",
            "data": {"citizen": "k1:" + "0" * 32, "home": ("51.71", "35.73")[number % 2]},
        }
        for number in range(MAX_FACTS + 10)
    ]
    memory = _projected(_batches(data, events))
    (document,) = memory.citizens.values()
    assert [fact.id for fact in facts_in(document).values()] == [event["id"] for event in events[:MAX_FACTS]]
    assert memory.rejected == {(event["id"], TOO_MANY) for event in events[MAX_FACTS:]}


@st.composite
def _reports(draw: st.DrawFn) -> dict[str, Any]:
    """A region fact: few slots, so that several speak about the same one."""
    kind = draw(
        st.sampled_from(["wajib_ktp.reported.v1", "target.set.v1", "target.withdrawn.v1", "baseline.reported.v1"])
    )
    day = f"2024-05-{draw(st.integers(1, 3)):02}"
    value = draw(st.integers(1, 99))
    target: dict[str, Any] = {"programme": "ikd", "authority": "national", "due_on": "2024-12-31", "effective_on": day}
    data = {
        "wajib_ktp.reported.v1": {"as_of": day, "count": value, "source": "siak"},
        "baseline.reported.v1": {"as_of": day, "activated": value},
        "target.set.v1": {**target, "basis": "absolute", "value": value, "start_on": "2024-01-01"},
        "target.withdrawn.v1": target,
    }[kind]
    return {
        "specversion": "1.0",
        "id": f"e{draw(st.integers(0, 99))}",
        "source": draw(st.sampled_from(["siak/51.71", "dkb"])),
        "type": kind,
        "time": f"2024-06-0{draw(st.integers(1, 3))}T10:00:00+08:00",
        "data": {"region": "51.71", **data},
    }


@given(events=st.lists(_reports(), max_size=10), data=st.data())
@settings(max_examples=300, deadline=None)
def test_region_facts_converge_and_the_last_time_wins(events: list[dict[str, Any]], data: st.DataObject) -> None:
    memory = _projected(_batches(data, events))
    assert memory.slots == _projected([events]).slots
    for slot in memory.slots.values():
        if slot["kind"] == "wajib_ktp":
            rivals = [
                (event["time"], event["id"], event["source"], event["data"]["count"])
                for event in events
                if event["type"] == "wajib_ktp.reported.v1" and event["data"]["as_of"] == slot["data"]["as_of"]
            ]
            assert slot["data"]["count"] == max(rivals)[3]
