"""Tables as CSV: what a spreadsheet and a program make of them."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest

from services.aggregator.web.exports.delimited import as_csv, inert
from services.aggregator.web.exports.sheet import Column, Sheet
from tests.unit.aggregator.exports.samples import EVIL

COLUMNS = (
    Column("Kode", "text"), Column("Selisih"), Column("Laju", "decimal"), Column("Capaian", "percent"),
    Column("Tanggal", "day"),
)  # fmt: skip


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"))))


def test_numbers_are_as_machines_read_them() -> None:
    row = ("36.04", -262_443, Decimal("398.10"), Decimal("13.80"), date(2024, 6, 27))
    content = as_csv(Sheet("Wilayah", COLUMNS, (row,)))
    assert read(content) == [
        ["Kode", "Selisih", "Laju", "Capaian (%)", "Tanggal"],
        ["36.04", "-262443", "398.10", "13.80", "2024-06-27"],
    ]


def test_what_is_not_known_is_empty() -> None:
    content = as_csv(Sheet("Wilayah", COLUMNS, (("36.02", None, None, None, None),)))
    assert read(content)[1] == ["36.02", "", "", "", ""]


def test_excel_is_told_that_it_is_utf_8() -> None:
    content = as_csv(Sheet("Wilayah", (Column("Tempat", "text"),), (("Kafe Senja – Lantai Ⅱ",),)))
    assert content.startswith(b"\xef\xbb\xbf")
    assert read(content)[1] == ["Kafe Senja – Lantai Ⅱ"]


def test_a_code_is_marked_as_text_and_a_number_is_not() -> None:
    content = as_csv(Sheet("Wilayah", COLUMNS[:2], (("51.10", 5),)))
    assert content.decode().splitlines()[1] == '"51.10",5'


def test_lines_end_as_the_rfc_says_and_quotes_are_doubled() -> None:
    content = as_csv(Sheet("Wilayah", (Column("Tempat", "text"),), (('SMA "Satu", Serang',),)))
    assert content.endswith(b'"SMA ""Satu"", Serang"\r\n')


@pytest.mark.parametrize("text", EVIL)
def test_what_a_spreadsheet_would_compute_is_text(text: str) -> None:
    (cell,) = read(as_csv(Sheet("Pelayanan", (Column("Tempat", "text"),), ((text,),))))[1]
    assert cell == inert(text)
    # With either separator no field is left that begins as a formula does.
    for field in inert(text).split(";"):
        assert field[0] not in "=+-@\t\r＝＋－＠"


@pytest.mark.parametrize("text", ["SMA Negeri 1", "5 - 3", "a=b", "O'Brien; lantai 2", "", "'"])
def test_a_harmless_text_stays_as_it_is(text: str) -> None:
    assert inert(text) == text
