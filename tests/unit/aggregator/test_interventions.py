"""Rates around an intervention, and what a plan expects."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from services.aggregator.book import Book, Denominator, Track
from services.aggregator.facts import Opening, RegionFacts
from services.aggregator.interventions import effect
from services.aggregator.stock import backlog_on, stock_on
from shared.events.region import Blanko, Intervention, WajibKtp

START = date(2024, 5, 22)


def per_day(first: date, last: date, count: int) -> dict[date, int]:
    return {first + timedelta(days=n): count for n in range((last - first).days + 1)}


BEFORE = per_day(START - timedelta(days=28), START - timedelta(days=1), 100)
BOOK = Book({"ikd": Track(BEFORE | per_day(START, START + timedelta(days=60), 150))})


def test_a_circular_has_a_before_and_an_after() -> None:
    circular = Intervention(region="51.71", kind="circular", title="SE", starts_on=START)
    row = effect("51.71", circular, BOOK, date(2024, 6, 27))
    assert (row.rate_before, row.rate_during, row.rate_after) == (Decimal("100.00"), None, Decimal("150.00"))


def test_a_campaign_has_a_during_too() -> None:
    campaign = Intervention(
        region="51.71", kind="campaign", title="Pekan IKD", starts_on=START, ends_on=START + timedelta(days=6)
    )
    row = effect("51.71", campaign, BOOK, date(2024, 6, 27))
    assert (row.rate_before, row.rate_during, row.rate_after) == (Decimal(100), Decimal(150), Decimal(150))


def test_what_has_not_begun_has_no_rate() -> None:
    planned = Intervention(region="51.71", kind="outreach", title="Desa", starts_on=START, ends_on=START)
    row = effect("51.71", planned, BOOK, START - timedelta(days=1))
    assert (row.rate_during, row.rate_after) == (None, None)


def test_a_plan_for_every_desa_of_serang() -> None:
    plan = Intervention(region="36.04", kind="outreach", title="Perangkat desa", starts_on=START, people_per_desa=30)
    assert effect("36.04", plan, BOOK, START).expected_people == 9_780


def test_fewer_cards_than_people_still_to_record_is_a_warning() -> None:
    day = date(2023, 9, 12)
    denpasar = Book(
        {"perekaman": Track({}, [Opening(day, 498_773)])},
        Denominator([WajibKtp(region="51.71", as_of=day, count=506_409, source="siak")]),
    )
    facts = RegionFacts(blanko=[Blanko(region="51.71", as_of=day, sheets=1_639)])
    backlog = backlog_on(denpasar, facts, day)
    stock = stock_on(facts, backlog, day)
    assert backlog is not None
    assert stock is not None
    assert (backlog.count, stock.percent_of_backlog, stock.warning) == (7_636, Decimal("21.46"), True)
