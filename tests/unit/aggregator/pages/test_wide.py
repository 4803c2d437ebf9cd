"""The views of wider regions: what tiles say, who moved most, and how many have which status."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.aggregator.web.pages import language, wide
from services.aggregator.web.pages.shell import Shell
from shared.events.standing import Standing
from shared.wilayah import NATION, children
from tests.unit.notifier.standings import back, standing

SHELL = Shell("id", language.words("id"), "/", {"on": "2024-06-27"})


def moved(region: str, week: int, month: int, wajib_ktp: int = 100_000) -> Standing:
    """A region with so many people a day in the last seven days and in the last 28."""
    return standing(region=region, done7=7 * week, done28=28 * month, wajib_ktp=wajib_ktp)


@pytest.mark.parametrize(("week", "month", "up", "down"), [(70, 28, 1, 0), (7, 280, 0, 1), (7, 28, 0, 0)])
def test_movers_are_those_whose_week_differs_from_their_month(week: int, month: int, up: int, down: int) -> None:
    found = wide.movers([standing(done7=week, done28=month)], SHELL)
    assert (len(found.up), len(found.down)) == (up, down)


def test_who_moved_most_comes_first_up_and_down() -> None:
    rows = [moved(f"36.0{number}", 50 + number, 50) for number in range(-8, 9) if number]
    rows = [row.model_copy(update={"region": f"{at:02}"}) for at, row in enumerate(rows)]
    found = wide.movers(rows, SHELL)
    assert [mover.week - mover.month for mover in found.up] == [8, 7, 6, 5, 4]
    assert [mover.week - mover.month for mover in found.down] == [-8, -7, -6, -5, -4]


def test_regions_of_any_size_compare() -> None:
    small, large = moved("36.01", 60, 50, wajib_ktp=100_000), moved("36.02", 520, 500, wajib_ktp=4_000_000)
    found = wide.movers([large, small], SHELL)
    assert [(mover.standing.region, mover.week, mover.month) for mover in found.up] == [
        ("36.01", Decimal(60), Decimal(50)),
        ("36.02", Decimal(13), Decimal("12.5")),
    ]


def test_who_was_not_heard_has_not_moved() -> None:
    silent = moved("36.01", 0, 50).model_copy(update={"status": "no_data"})
    assert wide.movers([silent, moved("36.02", 1, 2, wajib_ktp=0)], SHELL) == wide.Movers((), ())


def test_a_tile_says_how_much_of_the_target_is_done() -> None:
    province = standing(region="36", coverage_percent=Decimal("4.14"), attainment_percent=Decimal("13.80"))
    assert wide.text_of("36", province, SHELL.say) == "Banten: tertinggal, 13,80% dari target"
    aimless = standing(target=None, status="no_target", severity=None, attainment_percent=None)
    assert wide.text_of("36", aimless, SHELL.say) == "Banten: belum ada target"


def test_every_province_has_a_tile_that_leads_to_the_same_day() -> None:
    found = {tile.code: tile for tile in wide.tiled([standing(region="36"), back(region="51")], SHELL)}
    assert found.keys() == set(children(NATION))
    assert (found["36"].kind, found["51"].kind, found["11"].kind) == ("critical", "on_pace", "no_target")
    assert {tile.link for tile in found.values()} == {f"/regions/{code}?on=2024-06-27" for code in children(NATION)}


def test_a_tally_begins_with_the_gravest_and_leaves_out_what_nobody_is() -> None:
    statuses = ("on_pace", "behind", "no_target", "behind", "missed", "on_pace")
    found = wide.tally(standing(status=status) for status in statuses)
    assert list(found.items()) == [("missed", 1), ("behind", 2), ("on_pace", 2), ("no_target", 1)]
