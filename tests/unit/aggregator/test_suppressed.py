"""Answers in which small counts are hidden: what is left out with them, and that nothing else is."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aggregator.answers import (
    Day,
    Days,
    IkdCount,
    OutreachDay,
    PerekamanCount,
    Programmes,
    RegionReading,
    Share,
    Shares,
    WajibKtpCount,
)
from services.aggregator.figures import percent
from services.aggregator.reading import suppressed
from services.aggregator.stock import Backlog, ReasonCount, Stock
from services.aggregator.suppression import Suppression
from shared.briefing import Point
from shared.events.region import Outreach
from shared.wilayah import Level

FIVE, NOTHING = Suppression(5), Suppression()
DAY = date(2024, 6, 27)
READING = RegionReading(
    code="51.71.01.1001",
    name="Dauh Puri Klod",
    level=Level.DESA,
    parent="51.71.01",
    on=DAY,
    wajib_ktp=WajibKtpCount(count=100, as_of=DAY),
    programmes=Programmes(
        ikd=IkdCount(active=3, coverage_percent=percent(3, 100), served=0),
        perekaman=PerekamanCount(recorded=90, coverage_percent=percent(90, 100), served=0),
    ),
    backlog=Backlog(
        count=10,
        reasons=[ReasonCount(reason="turned_17", count=7), ReasonCount(reason="away", count=3)],
        reasons_as_of=DAY,
    ),
    blanko=Stock(sheets=20, as_of=DAY, percent_of_backlog=percent(20, 10), warning=False),
    warnings=["ikd_exceeds_perekaman: 3 active IKD but only 2 recorded"],
    simulated=False,
    sequence=7,
    projection=1,
)


def _days(*changes: int) -> list[Day]:
    total, found = 0, []
    for number, change in enumerate(changes):
        total += change
        found.append(Day(date=DAY + timedelta(days=number), change=change, total=total))
    return found


def test_a_reading_without_what_is_hidden() -> None:
    told = suppressed.region(READING, FIVE, {"ikd"})

    assert (told.programmes.ikd.active, told.programmes.ikd.coverage_percent, told.programmes.ikd.suppressed) == (
        None, None, True,
    )  # fmt: skip
    assert told.programmes.perekaman == READING.programmes.perekaman
    assert told.warnings == ["ikd_exceeds_perekaman: the numbers are hidden"]
    assert told.blanko == READING.blanko
    assert told.backlog is not None
    assert (told.backlog.count, told.backlog.suppressed) == (10, True)
    assert [row.count for row in told.backlog.reasons] == [None, None]


def test_who_is_not_recorded_is_wajib_ktp_less_who_is() -> None:
    told = suppressed.region(READING, FIVE, {"perekaman"})

    assert told.programmes.perekaman.recorded is None
    assert told.backlog is not None
    assert told.backlog.count is None
    assert told.blanko is not None
    assert (told.blanko.sheets, told.blanko.percent_of_backlog) == (20, None)


@pytest.mark.parametrize(("served", "shown"), [(0, 0), (4, None), (5, 5)])
def test_services_of_a_region_are_hidden_where_they_are_few(served: int, shown: int | None) -> None:
    programmes = READING.programmes.model_copy(
        update={"ikd": READING.programmes.ikd.model_copy(update={"served": served})}
    )
    told = suppressed.region(READING.model_copy(update={"programmes": programmes}), FIVE, frozenset())

    assert (told.programmes.ikd.served, told.programmes.ikd.suppressed) == (shown, shown is None)
    assert told.programmes.ikd.active == 3


def test_of_shares_the_hidden_come_last_by_name_and_the_total_stays() -> None:
    counts = {"office": 40, "door_to_door": 2, "desa": 9, "upt": 60}
    told = suppressed.shares(counts, {key: key for key in counts}, FIVE)

    assert [(row.key, row.count) for row in told.rows] == [
        ("upt", 60), ("office", 40), ("desa", None), ("door_to_door", None),
    ]  # fmt: skip
    assert (told.total, told.suppressed) == (111, True)


def test_where_all_are_few_not_even_their_names_are_told() -> None:
    counts = {"office": 3, "desa": 4}

    assert suppressed.shares(counts, {key: key for key in counts}, FIVE) == Shares(rows=[], total=7, suppressed=True)


def test_of_days_totals_end_where_hiding_begins() -> None:
    told = suppressed.days(_days(12, 30, 2, 9, 20), FIVE)

    assert [(day.change, day.total, day.suppressed) for day in told.days] == [
        (12, 12, False), (30, 42, False), (None, None, True), (None, None, True), (20, None, True),
    ]  # fmt: skip


def test_where_every_day_had_few_none_is_told() -> None:
    assert suppressed.days(_days(2, 1, 4), FIVE) == Days(days=[], suppressed=True)
    assert suppressed.days([], FIVE) == Days(days=[])


def test_a_way_is_told_up_to_the_first_hidden_day_and_at_its_end() -> None:
    points = tuple(Point(on=day.date, count=day.total or 0) for day in _days(12, 30, 2, 9, 20))

    assert suppressed.way(points, suppressed.days(_days(12, 30, 2, 9, 20), FIVE)) == (*points[:2], points[-1])
    assert suppressed.way(points, suppressed.days(_days(12, 30), FIVE)) == points
    assert suppressed.way(points, Days(days=[], suppressed=True)) == points[-1:]
    assert suppressed.way((), Days(days=[], suppressed=True)) == ()


@given(st.lists(st.integers(-30, 30).filter(bool), max_size=12))
def test_no_change_follows_from_totals(changes: list[int]) -> None:
    told = suppressed.days(_days(*changes), FIVE)

    known = {day.date: day.total for day in told.days if day.total is not None}
    for day in told.days:
        if day.change is None:
            assert day.date not in known
            assert not any(later > day.date for later in known)


def test_the_places_of_a_day_are_a_table_of_their_own() -> None:
    other = DAY + timedelta(days=1)
    services = {(DAY, "Mal"): 3, (DAY, "SMAN 1"): 8, (DAY, "Kantor"): 40, (other, "Mal"): 8, (other, "SMAN 1"): 0}

    assert suppressed.visits(services, FIVE) == {(DAY, "Mal"), (DAY, "SMAN 1")}
    assert suppressed.visits(services, NOTHING) == frozenset()


def test_yields_are_told_of_places_without_a_hidden_visit_of_late() -> None:
    def reported(place: str, days_ago: int) -> Outreach:
        return Outreach.model_validate(
            {"region": "51.71", "on": DAY - timedelta(days=days_ago), "channel": "outreach_mall", "place": place,
             "applicants": 50},
        )  # fmt: skip

    reports = [reported("Mal", 1), reported("Mal", 2), reported("SMAN 1", 3), reported("SMAN 1", 200)]
    hidden = {(DAY - timedelta(days=1), "Mal"), (DAY - timedelta(days=200), "SMAN 1"), (DAY, "SMAN 1")}

    assert suppressed.outreach(reports, hidden, DAY) == reports[2:]


def test_where_nothing_is_hidden_an_answer_is_what_it_was() -> None:
    counts = {"office": 40, "desa": 2}
    days = _days(12, 2)

    assert suppressed.region(READING, NOTHING, frozenset()) == READING
    assert suppressed.days(days, NOTHING) == Days(days=days)
    shares = suppressed.shares(counts, {key: key for key in counts}, NOTHING)
    assert shares == Shares(
        rows=[Share(key="office", name="office", count=40), Share(key="desa", name="desa", count=2)], total=42
    )
    visit = OutreachDay(on=DAY, channel="outreach_mall", place="Mal", applicants=9, services=2)
    for answer in (READING, shares, visit, *days):
        assert "suppressed" not in answer.model_dump_json()
    assert '"suppressed":true' in visit.model_copy(update={"services": None, "suppressed": True}).model_dump_json()
