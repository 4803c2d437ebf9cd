"""What tables hold: the figures of the page, whatever the file."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.aggregator.answers import Day, Share
from services.aggregator.web.exports.contents import FORMS, of_days, of_regions, of_services
from services.aggregator.web.pages import tables
from services.aggregator.web.pages.shell import Shell
from services.aggregator.web.pages.tables import FIGURES
from shared.wording import Language, wording_in
from tests.unit.aggregator.exports.samples import CILEGON, DAY, LANGUAGES, LEBAK
from tests.unit.notifier.standings import BEHIND

ROWS = (BEHIND, CILEGON, LEBAK)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_figures_are_those_of_the_cells_on_the_page(language: Language) -> None:
    pages, say = (wording_in(f"services.aggregator.web.{name}", language) for name in ("pages", "exports"))
    shown = {row.code: row for row in tables.regions(ROWS, Shell(language, pages, "/", {}), "").rows}
    sheet = of_regions(ROWS, pages, say)
    places = {column.heading: place for place, column in enumerate(sheet.columns)}
    figures = {figure.key: figure for figure in FIGURES}
    for row in sheet.rows:
        cells = {cell.name: cell.shown for cell in shown[str(row[0])].cells if cell.name in figures}
        assert cells
        for key, cell in cells.items():
            value = row[places[pages(f"column.{key}")]]
            assert isinstance(value, int | Decimal | None)
            assert cell == (pages("table.unknown") if value is None else figures[key].shown(pages, value))


def test_every_figure_with_decimals_is_written_with_them() -> None:
    with_decimals = {figure.key for figure in FIGURES if isinstance(figure.value(BEHIND), Decimal)}
    assert set(FORMS) == with_decimals


def test_a_region_has_what_its_figures_are_measured_against() -> None:
    pages, say = (wording_in(f"services.aggregator.web.{name}", "en") for name in ("pages", "exports"))
    sheet = of_regions(ROWS, pages, say)
    headings = [column.heading for column in sheet.columns]
    serang, _, lebak = (dict(zip(headings, row, strict=True)) for row in sheet.rows)
    assert (serang["Code"], serang["Date"], serang["Status"], serang["Severity"]) == (
        "36.04", DAY, "behind", "critical",
    )  # fmt: skip
    assert (serang["Required"], serang["Expected today"], serang["Wajib KTP"]) == (660_000, 353_555, 2_200_000)
    assert (serang["Due"], serang["Target set by"]) == (date(2024, 12, 31), "National")
    assert (serang["Document of the target"], serang["Includes simulation"]) == ("Surat Dirjen 400.8.1.2/1634", "no")
    assert (lebak["Required"], lebak["Due"], lebak["Severity"], lebak["Includes simulation"]) == (
        None, None, None, "yes",
    )  # fmt: skip


def test_a_day_is_its_change_and_the_total_by_its_end() -> None:
    sheet = of_days([Day(date=DAY, change=-3, total=91_112)], wording_in("services.aggregator.web.exports", "id"))
    assert [column.heading for column in sheet.columns] == ["Tanggal", "Perubahan", "Jumlah"]
    assert sheet.rows == ((DAY, -3, 91_112),)


def test_what_is_hidden_is_empty() -> None:
    pages, say = (wording_in(f"services.aggregator.web.{name}", "id") for name in ("pages", "exports"))
    assert of_days([Day(date=DAY, change=None, total=None, suppressed=True)], say).rows == ((DAY, None, None),)
    found = {"place": [Share(key="DLHK", name="DLHK", count=None, suppressed=True)]}
    assert of_services(found, pages, say).rows == (("Tempat", "DLHK", "DLHK", None),)  # type: ignore[arg-type]  # the key is a dimension


def test_services_are_named_where_there_is_a_name_and_keep_their_key() -> None:
    pages, say = (wording_in(f"services.aggregator.web.{name}", "id") for name in ("pages", "exports"))
    found = {
        "channel": [Share(key="outreach_opd", name="outreach_opd", count=321)],
        "place": [Share(key="DLHK", name="DLHK", count=118)],
        "service_region": [Share(key="51.03", name="Kabupaten Badung", count=7)],
    }
    sheet = of_services(found, pages, say)  # type: ignore[arg-type]  # the keys are dimensions
    assert sheet.rows == (
        ("Jalur", "outreach_opd", "Jemput bola OPD", 321),
        ("Tempat", "DLHK", "DLHK", 118),
        ("Wilayah pelayanan (untuk penduduk)", "51.03", "Kabupaten Badung", 7),
    )
