"""When a row says it happened: dates as people and programs write them, the day always before the month."""

# ruff: noqa: DTZ001 - a cell has no zone

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.files.moments import Part, part_of, together
from services.cli.files.row import Cell
from services.cli.files.vocabulary import Field
from shared.errors import InvalidError
from shared.wilayah import zone_of

BALI = zone_of("51.71")
DAY = date(2024, 5, 23)


def said(**cells: Cell) -> str:
    parts: dict[Field, Part] = {}
    for field in ("time", "date", "clock"):
        if field in cells:
            parts[field] = part_of(field, cells[field])
    return together(parts, BALI).isoformat()


@pytest.mark.parametrize(
    "cell",
    [
        DAY,
        datetime(2024, 5, 23),
        "2024-05-23",
        "23/05/2024",
        "23/5/2024",
        "23-5-2024",
        "23.05.2024",
        "23 Mei 2024",
        "23 mei 2024",
        "23-Mei-2024",
        "23 May 2024",
        " 23  MAY 2024 ",
        "'23/05/2024",
        "2024-05-23 00:00:00",
    ],
)
def test_a_date_without_clock_is_noon_of_the_zone(cell: Cell) -> None:
    assert said(date=cell) == "2024-05-23T12:00:00+08:00"


@pytest.mark.parametrize(
    ("word", "month"),
    [("Januari", 1), ("Peb", 2), ("maret", 3), ("Agustus", 8), ("Agt", 8), ("Aug", 8), ("October", 10), ("Okt", 10),
     ("Nopember", 11), ("Desember", 12), ("Dec", 12)],
)  # fmt: skip
def test_months_have_indonesian_and_english_names(word: str, month: int) -> None:
    assert part_of("date", f"1 {word} 2024").day == date(2024, month, 1)


@pytest.mark.parametrize(
    ("cell", "clock"),
    [
        (time(10, 4), "10:04:00"),
        ("10:04", "10:04:00"),
        ("10.04", "10:04:00"),
        ("8.05", "08:05:00"),
        ("10:04:30", "10:04:30"),
        ("10.04.30", "10:04:30"),
        ("10", "10:00:00"),
        (10.04, "10:04:00"),
        (10.3, "10:30:00"),
        (10.0, "10:00:00"),
        (14, "14:00:00"),
    ],
)
def test_clocks(cell: Cell, clock: str) -> None:
    assert said(date=DAY, clock=cell) == f"2024-05-23T{clock}+08:00"


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2024-05-23T10:04:00+08:00", "2024-05-23T10:04:00+08:00"),
        ("2024-05-23T10:04:00Z", "2024-05-23T10:04:00+00:00"),
        ("2024-05-23T10:04:00.250+0700", "2024-05-23T10:04:00.250000+07:00"),
        ("2024-05-23T10:04-03:30", "2024-05-23T10:04:00-03:30"),
        ("2024-05-23T10:04+09", "2024-05-23T10:04:00+09:00"),
        ("2024-05-23 10:04", "2024-05-23T10:04:00+08:00"),
        ("23/05/2024 10.04", "2024-05-23T10:04:00+08:00"),
        ("23 Mei 2024, 10.04 WIB", "2024-05-23T10:04:00+07:00"),
        ("23 Mei 2024 10:04 wita", "2024-05-23T10:04:00+08:00"),
        ("23 Mei 2024 10:04 WIT", "2024-05-23T10:04:00+09:00"),
        (datetime(2024, 5, 23, 10, 4), "2024-05-23T10:04:00+08:00"),
        (datetime(2024, 5, 23, 10, 3, 59, 999_990), "2024-05-23T10:04:00+08:00"),
        (DAY, "2024-05-23T12:00:00+08:00"),
        (datetime(2024, 5, 23), "2024-05-23T12:00:00+08:00"),
        ("2024-05-23 00:00", "2024-05-23T00:00:00+08:00"),
    ],
)
def test_date_and_clock_in_one_cell(cell: Cell, moment: str) -> None:
    assert said(time=cell) == moment


@pytest.mark.parametrize(
    "cells",
    [
        {"date": DAY, "time": "10.04"},
        {"date": DAY, "time": "10.04.00"},
        {"date": DAY, "time": time(10, 4)},
        {"date": datetime(2024, 5, 23, 10, 4)},
        {"date": datetime(2024, 5, 23), "clock": "10:04 WITA"},
        {"date": "2024-05-23 00:00:00", "clock": "10:04"},
        {"time": "23/05/2024 10:04", "date": DAY, "clock": time(10, 4)},
    ],
)
def test_the_columns_complete_each_other(cells: dict[str, Cell]) -> None:
    assert said(**cells) == "2024-05-23T10:04:00+08:00"


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({}, "is missing"),
        ({"clock": "10:04"}, "is missing"),
        ({"time": "10:04"}, "is missing"),
        ({"time": "23/05/2024", "date": "24/05/2024"}, "another date or time"),
        ({"time": "23/05/2024 10:04", "clock": "10:05"}, "another date or time"),
    ],
)
def test_columns_that_say_too_little_or_contradict_each_other(cells: dict[str, Cell], told: str) -> None:
    with pytest.raises(InvalidError, match=told):
        said(**cells)


@pytest.mark.parametrize(
    ("field", "cell", "told"),
    [
        ("date", "05/23/2024", "not a date that exists; the day comes before the month"),
        ("date", "31/02/2024", "not a date that exists"),
        ("date", "2024-23-05", "not a date that exists"),
        ("date", "23 Foo 2024", "not a date that exists"),
        ("date", "23/05/24", "write the year with four digits"),
        ("date", "23.05.24", "write the year with four digits"),
        ("time", "23-05-24 10:04", "write the year with four digits"),
        ("date", "kemarin", "is not a date such as 23/05/2024"),
        ("date", "23/05/20245", "is not a date such as"),
        ("date", "10:04", "is not a date such as"),
        ("date", 45435.0, "is stored as a number: format the column as date"),
        ("date", True, "is stored as a number"),
        ("time", 45435.4, "is stored as a number"),
        ("time", "23/05/2024 pagi", "is not a date and time such as"),
        ("clock", "25:00", "not a time of day that exists"),
        ("clock", "10:60", "not a time of day that exists"),
        ("clock", "10:4", "is not a time of day such as"),
        ("clock", "pagi", "is not a time of day such as"),
        ("clock", DAY, "is not a time of day such as"),
        ("clock", 0.42, "is stored as a number: format the column as time"),
        ("clock", 10.041, "is stored as a number"),
        ("clock", 1004, "is stored as a number"),
        ("clock", 10.75, "not a time of day that exists"),
        ("clock", float("nan"), "is stored as a number"),
        ("time", "2024-05-23T10:04+25:00", "offset that does not exist"),
    ],
)
def test_what_cannot_be_read(field: Field, cell: Cell, told: str) -> None:
    with pytest.raises(InvalidError, match=told):
        part_of(field, cell)


@given(
    moment=st.datetimes(
        min_value=datetime(2011, 1, 1), max_value=datetime(2100, 1, 1),
        timezones=st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters))),
    )
)  # fmt: skip
def test_every_rfc_3339_text_is_read_as_it_is(moment: datetime) -> None:
    assert datetime.fromisoformat(said(time=moment.isoformat())) == moment


@given(
    day=st.dates(date(2011, 1, 1), date(2100, 1, 1)), clock=st.times().map(lambda found: found.replace(microsecond=0))
)
def test_a_cell_and_its_texts_say_the_same(day: date, clock: time) -> None:
    expected = datetime.combine(day, clock, BALI).isoformat()
    assert said(date=day, clock=clock) == expected
    assert said(date=f"{day:%d/%m/%Y}", clock=f"{clock:%H.%M.%S}") == expected
    assert said(time=f"{day.day}-{day.month}-{day.year} {clock:%H:%M:%S}") == expected
