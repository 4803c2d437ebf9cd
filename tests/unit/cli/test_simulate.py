"""The simulated stream: repeatable, valid, and of the promised mix."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import chain, pairwise

import pytest

from services.cli.simulate import citizens, facts, plan
from shared.events import DISTRICT_EVENT, Activation, CitizenEvent, IkdActivated, PerekamanRecorded, Service
from shared.wilayah import kabkota_of, local_day

FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)
EVENTS = 20_000


def ndjson(events: int, seed: int) -> list[bytes]:
    wanted = plan(events, 12, seed, FIRST, LAST)
    return [event.model_dump_json(exclude_none=True).encode() for event in chain(facts(wanted), citizens(wanted))]


@pytest.fixture(scope="module")
def stream() -> list[CitizenEvent]:
    return list(citizens(plan(EVENTS, 12, 7, FIRST, LAST)))


@pytest.fixture(scope="module")
def distinct(stream: list[CitizenEvent]) -> list[CitizenEvent]:
    return list({event.identity: event for event in stream}.values())


def services(events: list[CitizenEvent]) -> list[Service]:
    return [event.data for event in events if isinstance(event, PerekamanRecorded | IkdActivated)]


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    assert ndjson(500, 3) == ndjson(500, 3)
    assert ndjson(500, 3) != ndjson(500, 4)


def test_every_line_is_a_valid_event() -> None:
    lines = ndjson(3_000, 5)
    for line in lines:
        DISTRICT_EVENT.validate_json(line)
    assert len(lines) == 3_000 + 12 * 4  # a denominator, a baseline and two targets for each region come on top


def test_exactly_as_many_events_as_asked_for_and_two_per_cent_of_them_repeats(
    stream: list[CitizenEvent], distinct: list[CitizenEvent]
) -> None:
    assert len(stream) == EVENTS
    assert len(distinct) == EVENTS * 0.98
    by_identity = {event.identity: event for event in distinct}
    assert all(event == by_identity[event.identity] for event in stream)


@pytest.mark.parametrize("events", [0, 1, 24, 25, 26, 99])
def test_small_numbers_are_exact_too(events: int) -> None:
    assert len(list(citizens(plan(events, 1, 1, FIRST, LAST)))) == events


def test_one_in_five_is_served_out_of_town(distinct: list[CitizenEvent]) -> None:
    served = services(distinct)
    away = sum(kabkota_of(one.home) != kabkota_of(one.service) for one in served)
    assert away / len(served) == pytest.approx(0.2, abs=0.03)


def test_one_in_a_hundred_is_a_reactivation(distinct: list[CitizenEvent]) -> None:
    again = sum(isinstance(one, Activation) and one.reactivation for one in services(distinct))
    assert again / len(distinct) == pytest.approx(0.01, abs=0.004)


def test_moves_deactivations_and_voids_occur_and_both_programmes(distinct: list[CitizenEvent]) -> None:
    types = Counter(event.type for event in distinct)
    assert set(types) == {
        "ikd.activated.v1",
        "perekaman.recorded.v1",
        "resident.moved.v1",
        "ikd.deactivated.v1",
        "perekaman.voided.v1",
    }
    assert types["ikd.activated.v1"] > types["perekaman.recorded.v1"] > 5_000


def test_an_activation_follows_the_recording_of_the_same_citizen(distinct: list[CitizenEvent]) -> None:
    recorded = {event.data.citizen: event.time for event in distinct if isinstance(event, PerekamanRecorded)}
    both = [event for event in distinct if isinstance(event, IkdActivated) and event.data.citizen in recorded]
    assert len(both) > 0.8 * len(recorded)
    assert all(event.time > recorded[event.data.citizen] for event in both)


def test_some_events_are_sent_weeks_late(stream: list[CitizenEvent]) -> None:
    newest = stream[0].time
    late = 0
    for event in stream:
        late += newest - event.time > timedelta(weeks=2)
        newest = max(newest, event.time)
    assert 0.01 < late / len(stream) < 0.05
    assert any(after.time < before.time for before, after in pairwise(stream))


def test_work_is_done_within_the_dates_by_day_and_mostly_on_weekdays(distinct: list[CitizenEvent]) -> None:
    hours, days = Counter[int](), Counter[int]()
    for event in distinct:
        region = event.data.service if isinstance(event.data, Service) else event.data.home
        day = local_day(event.time, region)
        assert FIRST <= day <= LAST
        days[day.weekday()] += 1
        hours[event.time.hour] += 1
    assert sum(days[n] for n in range(5)) > 0.95 * len(distinct)
    assert sum(hours[n] for n in range(8, 16)) > 0.99 * len(distinct)


def test_regions_differ_in_size_as_in_zipfs_law(distinct: list[CitizenEvent]) -> None:
    sizes = [size for _, size in Counter(kabkota_of(one.service) for one in services(distinct)).most_common()]
    assert len(sizes) == 12
    assert sizes[0] / sizes[3] == pytest.approx(4**0.9, rel=0.25)


@pytest.mark.parametrize(
    ("regions", "first", "last", "message"),
    [(0, FIRST, LAST, "1 to 514"), (515, FIRST, LAST, "1 to 514"), (1, LAST, FIRST, "is before the first")],
)
def test_an_impossible_plan_is_refused(regions: int, first: date, last: date, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plan(10, regions, 1, first, last)
