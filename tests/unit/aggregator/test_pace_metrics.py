"""The figures as metrics: those of the standings, of targets that are not over, and of nothing that is no longer there.

A line of 366 people over the 366 days of 2024, from nobody, expects as many people as days have gone: 179 on 27 June.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from prometheus_client import CollectorRegistry

from services.aggregator.book import Book, Denominator, Track
from services.aggregator.facts import Decree, Opening
from services.aggregator.latest.assessment import Assessment
from services.aggregator.latest.ledger import Report, ledger_of
from services.aggregator.latest.overview import Seen
from services.aggregator.pace import Policy, assess_all
from services.aggregator.pace_metrics import PaceMetrics, Shown, shown_of, shown_of_nation
from shared.events.region import Target
from shared.wilayah import NATION

EVE, DAY = date(2023, 12, 31), date(2024, 6, 27)
KOTA, OTHER = "51.71", "36.04"


def decree(region: str, due_on: date, authority: str = "national", **changes: Any) -> Decree:
    fields = {
        "region": region, "programme": "ikd", "authority": authority, "basis": "absolute", "value": Decimal(366),
        "start_on": date(due_on.year, 1, 1), "due_on": due_on, "effective_on": date(due_on.year, 1, 1), **changes,
    }  # fmt: skip
    target = Target.model_validate(fields)
    return Decree(f"dukcapil#{due_on}", ("ikd", target.authority, due_on), target.effective_on, target)


def assessed(region: str, done: int, *decrees: Decree, on: date = DAY) -> Assessment:
    """So many were done on the day itself, of 1,000 wajib KTP."""
    track = Track({on: done}, [Opening(EVE, 0)])
    book = Book({"ikd": track}, Denominator([Report(EVE, 1000)]))
    return Assessment(assess_all(region, book, decrees, on, Policy()), ledger_of(book))


YEAR = date(2024, 12, 31)


class Registry:
    """What is shown at this moment."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.metrics = PaceMetrics(self.registry)

    def show(self, *regions: Shown) -> Registry:
        self.metrics.show(regions)
        return self

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"laju_pace_{name}", labels)

    def regions(self, name: str) -> set[str]:
        families: Iterable[Any] = self.registry.collect()
        return {sample.labels["region"] for family in families if family.name == name for sample in family.samples}


def test_a_line_is_shown_as_it_is_assessed() -> None:
    registry = Registry().show(shown_of(KOTA, assessed(KOTA, 90, decree(KOTA, YEAR)), DAY))

    line = {"region": KOTA, "programme": "ikd", "authority": "national"}
    people = [registry.value(f"{name}_people", **line) for name in ("actual", "expected", "required", "gap")]
    assert people == [90, 179, 366, -89]
    assert registry.value("status", **line, status="behind") == 1
    assert registry.value("status", **line, status="on_pace") == 0
    assert registry.value("attainment_ratio", level="kabkota", **line) == 0.2459
    assert registry.value("ratio", level="kabkota", **line) == 0.5028
    assert registry.value("coverage_ratio", level="kabkota", region=KOTA, programme="ikd") == 0.09
    assert registry.value("targets", programme="ikd", authority="national", status="behind") == 1
    assert registry.value("targets", programme="ikd", authority="national", status="no_data") == 0


def test_what_is_no_longer_there_disappears_and_what_changed_is_shown_anew() -> None:
    line = {"region": KOTA, "programme": "ikd", "authority": "national"}
    registry = Registry()
    registry.show(
        shown_of(KOTA, assessed(KOTA, 90, decree(KOTA, YEAR)), DAY),
        shown_of(OTHER, assessed(OTHER, 90, decree(OTHER, YEAR)), DAY),
    )
    assert registry.regions("laju_pace_gap_people") == {KOTA, OTHER}

    registry.show(shown_of(KOTA, assessed(KOTA, 200, decree(KOTA, YEAR)), DAY))

    for name in ("gap_people", "status", "coverage_ratio", "attainment_ratio", "ratio"):
        assert registry.regions(f"laju_pace_{name}") == {KOTA}
    assert registry.value("actual_people", **line) == 200
    assert registry.value("status", **line, status="behind") == 0
    assert registry.value("targets", programme="ikd", authority="national", status="behind") == 0


def test_of_two_targets_of_an_authority_the_one_that_is_due_first_is_shown() -> None:
    later = decree(
        KOTA, date(2025, 12, 31), start_on=date(2024, 1, 1), effective_on=date(2024, 1, 1), value=Decimal(900)
    )

    registry = Registry().show(shown_of(KOTA, assessed(KOTA, 90, decree(KOTA, YEAR), later), DAY))

    assert registry.value("required_people", region=KOTA, programme="ikd", authority="national") == 366


def test_coverage_goes_on_when_the_last_target_is_over() -> None:
    new_year = date(2025, 1, 20)
    found = assessed(KOTA, 90, decree(KOTA, YEAR), on=new_year)
    (over,) = [row for row in found.rows if row.programme == "ikd"]
    assert over.actual == 0  # on its last day

    registry = Registry().show(shown_of(KOTA, found, new_year))

    assert registry.value("actual_people", region=KOTA, programme="ikd", authority="national") is None
    assert registry.value("coverage_ratio", level="kabkota", region=KOTA, programme="ikd") == 0.09


def test_without_a_target_coverage_is_shown_and_nothing_else() -> None:
    registry = Registry().show(shown_of(KOTA, assessed(KOTA, 90), DAY))

    assert registry.value("coverage_ratio", level="kabkota", region=KOTA, programme="ikd") == 0.09
    assert registry.regions("laju_pace_actual_people") == set()
    assert registry.value("silent_regions", programme="ikd") == 0


def test_a_silent_region_counts_once_with_two_targets() -> None:
    silent = [decree(KOTA, YEAR), decree(KOTA, YEAR, "local")]
    book = Book({"ikd": Track({date(2024, 2, 1): 5}, [Opening(EVE, 0)])}, Denominator([Report(EVE, 1000)]))
    found = Assessment(assess_all(KOTA, book, silent, DAY, Policy()), ledger_of(book))

    registry = Registry().show(
        shown_of(KOTA, found, DAY), shown_of(OTHER, assessed(OTHER, 90, decree(OTHER, YEAR)), DAY)
    )

    assert registry.value("silent_regions", programme="ikd") == 1
    assert registry.value("silent_regions", programme="perekaman") == 0
    assert registry.value("targets", programme="ikd", authority="national", status="no_data") == 1


def test_parts_of_a_kabkota_are_not_shown() -> None:
    found = assessed(KOTA, 90, decree(KOTA, YEAR))
    part = found.rows[0].model_copy(update={"region": "51.71.01"})

    registry = Registry().show(shown_of(KOTA, Assessment([*found.rows, part], found.ledger), DAY))

    assert registry.regions("laju_pace_actual_people") == {KOTA}


def test_the_nation_is_shown_as_ratios_alone_so_that_counts_can_be_summed() -> None:
    rows = assessed(KOTA, 90, decree(KOTA, YEAR)).rows
    standings = [row.model_copy(update={"region": NATION}) for row in rows]
    seen = Seen(NATION, DAY, 1, 1, standings, {"ikd": 90, "perekaman": 0}, 1000, None)

    registry = Registry().show(shown_of_nation(seen))

    line = {"region": NATION, "programme": "ikd", "authority": "national"}
    assert registry.value("coverage_ratio", level="nation", region=NATION, programme="ikd") == 0.09
    assert registry.value("ratio", level="nation", **line) == 0.5028
    assert registry.regions("laju_pace_actual_people") == set()
    assert registry.value("targets", programme="ikd", authority="national", status="behind") is None
