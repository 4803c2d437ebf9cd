"""Files of every format give the same rows, with the numbers a spreadsheet program shows, or say what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from services.cli.errors import CliError
from services.cli.files.columns import STANDARD, Mapping
from services.cli.files.reading import open_table
from services.cli.files.row import Cell, Row
from tests.unit.cli.files.making import Rows, delimited, encrypted, ods, xlsx

NIK = "5171012304999999"
HEADER: list[Cell] = ["NIK", "Tanggal", " Kanal "]


WRITERS: dict[str, Callable[[Path, Rows], Path]] = {"a.csv": delimited, "a.xlsx": xlsx, "a.ods": ods}


def cells(*values: Cell) -> dict[str, Cell]:
    return dict(zip(("NIK", "Tanggal", "Kanal"), values, strict=True))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_delimited_text_in_every_delimiter_and_encoding(tmp_path: Path, delimiter: str, encoding: str) -> None:
    lines: list[list[Cell]] = [HEADER, [NIK, "23/05/2024", "café, pagi; sore | siang"], [], ["", "24/05/2024", " "]]
    file = delimited(tmp_path / "a.csv", lines, delimiter, encoding)
    assert list(open_table(file).rows) == [
        Row(2, cells(NIK, "23/05/2024", "café, pagi; sore | siang")),
        Row(4, cells(None, "24/05/2024", None)),
    ]


@pytest.mark.parametrize(("write", "name"), [(xlsx, "a.xlsx"), (xlsx, "a.xlsm"), (ods, "a.ods")])
def test_workbooks_keep_the_kind_of_each_cell(tmp_path: Path, write: Callable[[Path, Rows], Path], name: str) -> None:
    file = write(
        tmp_path / name,
        [
            HEADER,
            [NIK, date(2024, 5, 23), "kantor"],
            [],
            [5171012304999999, datetime(2024, 5, 23, 10, 4, 30), time(10, 4)],  # noqa: DTZ001 - a cell has no zone
        ],
    )
    assert list(open_table(file).rows) == [
        Row(2, cells(NIK, date(2024, 5, 23), "kantor")),
        Row(4, cells(5171012304999999.0, datetime(2024, 5, 23, 10, 4, 30), time(10, 4))),  # noqa: DTZ001
    ]


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.ods"])
def test_title_rows_above_the_header_are_tolerated(tmp_path: Path, name: str) -> None:
    lines: list[list[Cell]] = [["Rekap Tanggal"], [], ["No", "Nama"], HEADER, [NIK, "23/05/2024", "kantor"]]
    table = open_table(WRITERS[name](tmp_path / name, lines))
    assert (table.header_row, table.header) == (4, ("NIK", "Tanggal", "Kanal"))
    assert [row.number for row in table.rows] == [5]


def test_a_table_away_from_the_corner_keeps_its_row_numbers(tmp_path: Path) -> None:
    lines: list[list[Cell]] = [[], [], [None, None, *HEADER], [None, "catatan", NIK, "x", "y"], [], [None, None, NIK]]
    found = list(open_table(xlsx(tmp_path / "a.xlsx", lines)).rows)
    assert found == [Row(4, cells(NIK, "x", "y")), Row(6, cells(NIK, None, None))]


def test_the_first_visible_sheet_with_a_header_is_read(tmp_path: Path) -> None:
    file = xlsx(
        tmp_path / "a.xlsx",
        [["Catatan"]],
        [HEADER, ["1", "2", "3"]],
        [HEADER, ["4", "5", "6"]],
        hidden=[HEADER, ["7", "8", "9"]],
    )
    assert [row.cells["NIK"] for row in open_table(file).rows] == ["1"]


def test_a_row_with_nothing_but_a_running_number_or_an_old_error_is_blank(tmp_path: Path) -> None:
    lines: list[list[Cell]] = [["No", *HEADER, "Kesalahan"], [1, NIK], [2], [3, None, None, None, "NIK: salah"]]
    assert [row.number for row in open_table(xlsx(tmp_path / "a.xlsx", lines)).rows] == [2]


def test_a_time_of_day_may_be_stored_as_a_duration(tmp_path: Path) -> None:
    lines: Rows = [HEADER, [NIK, timedelta(hours=10, minutes=4), timedelta(hours=26)]]
    assert [row.cells for row in open_table(xlsx(tmp_path / "a.xlsx", lines)).rows] == [
        cells(NIK, time(10, 4), "1 day, 2:00:00")
    ]


def test_a_number_that_is_none_becomes_text(tmp_path: Path) -> None:
    lines: list[list[Cell]] = [HEADER, [NIK, float("nan"), float("inf")]]
    assert [row.cells for row in open_table(ods(tmp_path / "a.ods", lines)).rows] == [cells(NIK, "nan", "inf")]


def test_cells_beyond_the_header_of_a_line_are_told_and_empty_ones_are_not(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("NIK,Tempat,Kanal\n1,SMAN 1, Denpasar,kantor,\n2,b,c,,\n,,,x")
    assert [row.beyond for row in open_table(file).rows] == [("kantor",), (), ("x",)]
    assert open_table(file).total == 3


def test_a_line_break_within_quotation_marks_does_not_change_row_numbers(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b'NIK,Tempat\r\n1,"a\r\nb"\r\n2,c\r\n')
    assert [(row.number, row.cells["Tempat"]) for row in open_table(file).rows] == [(2, "a\r\nb"), (3, "c")]


def test_a_mapping_makes_a_header_known(tmp_path: Path) -> None:
    file = delimited(tmp_path / "a.csv", [["Nomor Induk", "Hari"], ["1", "2"]])
    with pytest.raises(CliError, match="none of the first 20 rows"):
        open_table(file)
    mapping = Mapping({**STANDARD.columns, "nomor induk": "nik", "hari": "date"})
    assert [row.cells for row in open_table(file, mapping).rows] == [{"Nomor Induk": "1", "Hari": "2"}]


def test_what_the_columns_are_comes_with_the_table(tmp_path: Path) -> None:
    table = open_table(delimited(tmp_path / "a.csv", [["No", *HEADER, "Nama", "#", "%"], ["1"]]))
    assert table.columns.fields == {"NIK": "nik", "Tanggal": "date", "Kanal": "channel"}
    assert table.columns.ignored == ("Nama", "#", "%")


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_the_total_counts_what_lies_below_the_header(tmp_path: Path, name: str) -> None:
    file = WRITERS[name](tmp_path / name, [["judul"], HEADER, *([[NIK, "x", "y"]] * 7)])
    assert open_table(file).total == 7


def test_delimited_rows_are_read_when_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("NIK,Kanal\n" + "1,a\n" * 50_000 + '2,"never closed\n3,b\n')
    found = open_table(file).rows
    assert next(found) == Row(2, {"NIK": "1", "Kanal": "a"})
    with pytest.raises(CliError, match=r"row 50002: the row cannot be taken apart.*quotation mark"):
        list(found)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"a,b\n1,2\n", "none of the first 20 rows"),
        ("a.csv", b"x\n" * 20 + b"NIK,Kanal\n", "none of the first 20 rows"),
        ("a.csv", b"NIK,Kanal,nik\n", r"row 1: the header 'nik' occurs twice; rename or delete"),
        ("a.csv", b"Tanggal,NIK,Tgl\n", r"'Tanggal' and 'Tgl' are both read as date"),
        ("a.csv", b"NIK,Kanal\n\x81,\n", "neither UTF-8 nor Windows-1252; save the file as CSV UTF-8"),
        ("a.csv", b"\xef\xbb\xbfNIK,Kanal\n\xff,\n", "save the file as CSV UTF-8"),
        ("a.xlsx", b"", "is not a spreadsheet"),
        ("a.xlsx", b"NIK,Kanal\n", "save it as .xlsx"),
        ("a.xls", b"<html><table>", "is not a spreadsheet"),
        ("a.ods", b"PK\x03\x04 cut off", "is not a spreadsheet"),
        ("a.xlsb", b"junk", "is not a spreadsheet"),
        ("a.xlsx", encrypted(), "protected with a password.*save it without"),
        ("a.pdf", b"%PDF", r"ends in '\.pdf' cannot be read; use one of \.csv"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(CliError, match=told) as raised:
        list(open_table(file).rows)
    assert str(file) in str(raised.value)


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.ods"])
def test_a_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(CliError, match="cannot be read: No such file"):
        open_table(tmp_path / name)


def test_workbooks_without_content_and_without_header(tmp_path: Path) -> None:
    with pytest.raises(CliError, match="is empty"):
        open_table(xlsx(tmp_path / "a.xlsx", []))
    with pytest.raises(CliError, match="none of the first 20 rows"):
        open_table(xlsx(tmp_path / "b.xlsx", [["NIK"], [NIK]]))


def test_no_nik_leaves_through_a_header_or_a_row_in_a_traceback(tmp_path: Path) -> None:
    with pytest.raises(CliError) as raised:
        open_table(delimited(tmp_path / "a.csv", [["NIK", "Kanal", NIK, NIK]]))
    assert NIK not in str(raised.value)
    assert NIK not in repr(Row(2, cells(NIK, NIK, NIK), (NIK,)))
