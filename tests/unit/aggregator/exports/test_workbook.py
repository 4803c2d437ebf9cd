"""Tables as XLSX, read back by another library, and what the second sheet says of the first."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook

from services.aggregator.web.exports.about import About, Asked, Subject, about
from services.aggregator.web.exports.contents import of_days, of_regions
from services.aggregator.web.exports.sheet import Column, Sheet
from services.aggregator.web.exports.workbook import as_xlsx
from services.aggregator.web.pages.shell import Stamp
from shared.wilayah import find
from shared.wording import Language, wording_in
from tests.unit.aggregator.exports.samples import DAY, EVIL, LANGUAGES, LEBAK, days, nation
from tests.unit.notifier.standings import BEHIND

MADE = datetime(2024, 6, 28, 1, 30, tzinfo=ZoneInfo("Asia/Jakarta"))
BARE = About("Tentang", "Judul", ())


def words(language: Language = "id") -> Any:
    return wording_in("services.aggregator.web.exports", language)


def pages(language: Language = "id") -> Any:
    return wording_in("services.aggregator.web.pages", language)


def described(language: Language = "id", *regions: str, simulated: bool = False) -> About:
    subject = Subject("days", find("36.04"), "ikd", DAY, date(2024, 1, 1), DAY)
    asked = Asked("/regions/36.04/days.xlsx?programme=ikd", regions or ("ID",), MADE)
    return about(subject, Stamp(20_431, 3), [BEHIND], asked, pages(language), words(language), simulated=simulated)


def read(content: bytes) -> CalamineWorkbook:
    return CalamineWorkbook.from_filelike(BytesIO(content))


def part(content: bytes, name: str) -> str:
    return ZipFile(BytesIO(content)).read(f"xl/{name}").decode()


def test_cells_are_real_numbers_dates_and_texts() -> None:
    columns = (
        Column("Kode", "text"), Column("Selisih"), Column("Laju", "decimal"), Column("Capaian", "percent"),
        Column("Tanggal", "day"), Column("Perkiraan"),
    )  # fmt: skip
    row = ("51.10", -262_443, Decimal("398.10"), Decimal("13.80"), DAY, None)
    book = read(as_xlsx(Sheet("Wilayah", columns, (row,)), BARE, MADE, "id"))
    heading, found = book.get_sheet_by_name("Wilayah").to_python()
    assert heading == ["Kode", "Selisih", "Laju", "Capaian", "Tanggal", "Perkiraan"]
    assert found == ["51.10", -262_443, 398.1, pytest.approx(0.138), DAY, ""]


@pytest.mark.parametrize("text", EVIL)
def test_no_text_becomes_a_formula(text: str) -> None:
    content = as_xlsx(Sheet("Pelayanan", (Column("Tempat", "text"),), ((text,),)), BARE, MADE, "id")
    assert "<f>" not in part(content, "worksheets/sheet1.xml")
    assert read(content).get_sheet_by_name("Pelayanan").to_python()[1] == [text]


def test_no_text_becomes_a_link() -> None:
    address = "https://evil.example/"
    content = as_xlsx(Sheet("Pelayanan", (Column("Tempat", "text"),), ((address,),)), BARE, MADE, "id")
    assert "hyperlink" not in part(content, "worksheets/sheet1.xml")


def test_the_headings_stay_and_the_page_is_as_wide_as_the_table() -> None:
    sheet = part(as_xlsx(of_days(days(), words()), BARE, MADE, "id"), "worksheets/sheet1.xml")
    assert 'state="frozen"' in sheet
    assert '<autoFilter ref="A1:C101"/>' in sheet
    assert 'fitToHeight="0"' in sheet


@pytest.mark.parametrize(("language", "code"), [("id", "[$-421]d mmmm yyyy"), ("en", "[$-809]d mmmm yyyy")])
def test_percentages_and_days_are_shown_as_on_the_pages(language: Language, code: str) -> None:
    looks = part(as_xlsx(of_regions([BEHIND], pages(language), words(language)), BARE, MADE, language), "styles.xml")
    assert code in looks
    assert 'formatCode="0.00%"' in looks


def test_a_table_without_rows_is_a_table() -> None:
    content = as_xlsx(of_regions([], pages(), words()), BARE, MADE, "id")
    (heading,) = read(content).get_sheet_by_name("Wilayah").to_python()
    assert heading[:2] == ["Kode", "Wilayah"]


def test_all_of_the_nation_is_in_it() -> None:
    content = as_xlsx(of_regions(nation(), pages(), words()), BARE, MADE, "id")
    _, *rows = read(content).get_sheet_by_name("Wilayah").to_python()
    assert len(rows) == 514
    assert {row[6] for row in rows} == {BEHIND.actual}


def test_the_second_sheet_tells_what_the_first_is() -> None:
    content = as_xlsx(of_days(days(), words()), described(simulated=True), MADE, "id")
    book = read(content)
    assert book.sheet_names == ["Harian", "Tentang"]
    lines = book.get_sheet_by_name("Tentang").to_python()
    said = {name: value for name, value, *_ in reversed(lines)}
    assert said["Isi"] == "IKD per hari, Kabupaten Serang, sampai 27 Juni 2024"
    assert said["Wilayah"] == "Kabupaten Serang (36.04)"
    assert (said["Keadaan per"], said["Dari hari"], said["Sampai hari"]) == (DAY, date(2024, 1, 1), DAY)
    assert (said["Urutan peristiwa terakhir"], said["Proyeksi"]) == (20_431, 3)
    assert said["Target wilayah"] == (
        "IKD: 30,00% dari wajib KTP sampai 31 Desember 2024. "
        "Nasional, Surat Dirjen 400.8.1.2/1634, berlaku sejak 1 Januari 2024."
    )
    assert said["Diminta dengan alamat"] == "/regions/36.04/days.xlsx?programme=ikd"
    assert said["Diminta oleh"] == "yang boleh melihat semua wilayah"
    assert said["Dibuat"] == "28 Juni 2024 01.30 WIB"
    assert said["SIMULASI"] == "Angka dalam berkas ini memuat peristiwa simulasi dan bukan angka resmi."


def test_who_asked_is_told_by_what_they_may_see() -> None:
    assert ("Diminta oleh", "yang boleh melihat Kabupaten Serang (36.04)") in described("id", "36.04").lines


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_said_of_simulation_where_there_is_none(language: Language) -> None:
    warning = words(language)("about.warning")
    assert warning not in {name for name, _ in described(language).lines}
    assert warning in {name for name, _ in described(language, simulated=True).lines}


def test_a_region_without_a_target_is_told_of_as_such() -> None:
    said = about(
        Subject("table", find("36.02"), "ikd", DAY), Stamp(1, 1), [LEBAK], Asked("/", ("ID",), MADE), pages(), words(),
        simulated=False,
    )  # fmt: skip
    assert ("Target wilayah", "IKD: belum ada target") in said.lines
