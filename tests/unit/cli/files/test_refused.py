"""Refused rows come back in a file that can be corrected and sent, whatever became of the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.cli.errors import CliError
from services.cli.files.columns import STANDARD, Mapping
from services.cli.files.reading import open_table
from services.cli.files.refused import RefusedFile
from services.cli.files.row import Cell, Row
from tests.unit.cli.files.making import delimited, number_format, ods, xlsx

NIK = "5171012304999999"
HEADER = ("NIK", "Tanggal", "Jam", "Ket")
MOMENT = datetime(2024, 5, 23, 10, 4, 30)  # noqa: DTZ001 - a cell has no zone
TYPED: list[list[Cell]] = [
    [NIK, date(2024, 5, 23), time(10, 4), "=1+1"],
    [5171012304999999.0, MOMENT, None, True],
    [f" {NIK}", "kemarin", 10.04, "a, b; c"],
]


def refuse(source: Path, *numbers: int, path: Path | None = None, reasons: Sequence[str] = ("NIK: salah",)) -> Path:
    """Refuse some rows of a file."""
    table = open_table(source)
    with RefusedFile(source, table.header, path) as refused:
        for row in table.rows:
            if row.number in numbers:
                refused.add(row, reasons)
                refused.sync()
    return refused.path


def shown(path: Path) -> list[tuple[Cell, ...]]:
    return [(*row.cells.values(), *row.beyond) for row in open_table(path).rows]


@pytest.mark.parametrize("name", ["hari ini.xlsx", "hari ini.ods"])
def test_cells_of_a_workbook_stay_what_they_are(tmp_path: Path, name: str) -> None:
    source = (xlsx if name.endswith("xlsx") else ods)(tmp_path / name, [HEADER, *TYPED])
    read = [tuple(row.cells.values()) for row in open_table(source).rows]
    path = refuse(source, 2, 3, 4, reasons=("NIK: salah", "Jam: kosong"))
    assert path == tmp_path / "hari ini.ditolak.xlsx"
    assert open_table(path).header == (*HEADER, "kesalahan")
    assert shown(path) == [(*cells, "NIK: salah; Jam: kosong") for cells in read]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimited_text_stays_delimited_by_the_same(tmp_path: Path, delimiter: str) -> None:
    lines = [HEADER, (NIK, "23/05/2024", "10.04", 'a,b;c\t"d"|é'), ("2", "x", "y", "z")]
    path = refuse(delimited(tmp_path / "a.tsv", lines, delimiter, "utf-16"), 2)
    assert path == tmp_path / "a.ditolak.csv"
    assert shown(path) == [(*lines[1], "NIK: salah")]
    # Without the mark at the beginning a spreadsheet program takes the text for another encoding.
    assert path.read_bytes().startswith("\ufeff".encode() + delimiter.join((*HEADER, "kesalahan")).encode())


def test_cells_beyond_the_header_are_kept_for_the_person_who_corrects_the_row(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("NIK,Tempat,Kanal\n1,SMAN 1, Denpasar,kantor\n2,b,c\n")
    path = refuse(source, 2)
    assert shown(path) == [("1", "SMAN 1", " Denpasar", "NIK: salah", "kantor")]
    assert shown(refuse(source, 3)) == [
        ("1", "SMAN 1", " Denpasar", "NIK: salah", "kantor"),
        ("2", "b", "c", "NIK: salah"),
    ]
    assert shown(refuse(path, 2, 3, path=tmp_path / "b.csv")) == shown(path)


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_only_its_owner_may_read_the_file(tmp_path: Path, name: str) -> None:
    path = refuse((delimited if name == "a.csv" else xlsx)(tmp_path / name, [HEADER, [NIK]]), 2)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_nothing_is_left_behind_if_no_row_was_refused(tmp_path: Path, name: str) -> None:
    source = (delimited if name == "a.csv" else xlsx)(tmp_path / name, [HEADER, [NIK]])
    refuse(source)
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_a_file_that_is_there_keeps_its_rows_and_gets_none_twice(tmp_path: Path, name: str) -> None:
    lines: list[list[Cell]] = [list(HEADER), [NIK, "a", "b", "c"], ["2", "d", "e", "f"], [NIK, "a", "b", "c"]]
    source = (delimited if name == "a.csv" else xlsx)(tmp_path / name, lines)
    path = refuse(source, 2)
    assert refuse(source, 2, 3) == path
    assert [row[1] for row in shown(path)] == ["a", "d"]
    path.unlink()
    assert [row[1] for row in shown(refuse(source, 2, 4))] == ["a", "a"]
    assert sorted(tmp_path.iterdir()) == sorted([source, path])


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_typed_rows_are_not_added_twice_either(tmp_path: Path, name: str) -> None:
    lines = [[None if cell is None else str(cell) for cell in cells] for cells in TYPED] if name == "a.csv" else TYPED
    source = (delimited if name == "a.csv" else xlsx)(tmp_path / name, [HEADER, *lines])
    path = refuse(source, 2, 3, 4)
    before = shown(path)
    assert shown(refuse(source, 2, 3, 4)) == before
    assert len(before) == 3


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_rows_of_a_run_that_failed_are_in_the_file(tmp_path: Path, name: str) -> None:
    source = (delimited if name == "a.csv" else xlsx)(tmp_path / name, [HEADER, [NIK, "a", "b", "c"]])
    table = open_table(source)

    def run() -> None:
        with RefusedFile(source, table.header) as refused:
            refused.add(next(table.rows), ["NIK: salah"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert shown(tmp_path / f"a.ditolak{source.suffix}") == [(NIK, "a", "b", "c", "NIK: salah")]


KILLED = """
import os, signal, sys
from pathlib import Path
from services.cli.files.reading import open_table
from services.cli.files.refused import RefusedFile
source = Path(sys.argv[1])
table = open_table(source)
with RefusedFile(source, table.header) as refused:
    refused.add(next(table.rows), ["salah"])
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_rows_of_a_run_that_was_killed_are_taken_up_by_the_next(tmp_path: Path, name: str) -> None:
    source = (delimited if name == "a.csv" else xlsx)(tmp_path / name, [HEADER, [NIK, "a"], ["2", "b"]])
    killed = subprocess.run([sys.executable, "-c", KILLED, str(source)], check=False)
    assert killed.returncode == -signal.SIGKILL
    journal = tmp_path / f".a.ditolak{source.suffix}.journal"
    assert journal.stat().st_mode & 0o777 == 0o600
    with journal.open("ab") as file:
        file.write(b'[3, ["2", "to')
    path = refuse(source, 3)
    assert [row[:2] for row in shown(path)] == [(NIK, "a"), ("2", "b")]
    assert not journal.exists()


def test_a_journal_with_nothing_whole_in_it_is_as_good_as_none(tmp_path: Path) -> None:
    source = delimited(tmp_path / "a.csv", [HEADER, [NIK]])
    for torn in (b"", b'["NIK", "Tan', b'["NIK", "Tanggal"]\n', b'["NIK"]\n[2, ["51'):
        (tmp_path / ".a.ditolak.csv.journal").write_bytes(torn)
        refuse(source)
        assert list(tmp_path.iterdir()) == [source]


def test_a_journal_or_a_file_with_other_columns_is_not_touched(tmp_path: Path) -> None:
    source = delimited(tmp_path / "a.csv", [HEADER, [NIK]])
    journal = tmp_path / ".a.ditolak.csv.journal"
    journal.write_bytes(b'["NIK", "Kanal"]\n[2, ["1", "x"], "salah", []]\n')
    with pytest.raises(CliError, match=r"holds refused rows of a file with other columns.*Move it away"):
        refuse(source, 2)
    journal.unlink()
    other = delimited(tmp_path / "a.ditolak.csv", [["NIK", "Tanggal", "Jam"], ["1", "2", "3"]])
    before = other.read_bytes()
    with pytest.raises(CliError, match=r"with other columns than .*a\.csv\. Move it away, or give another name"):
        refuse(source, 2)
    assert other.read_bytes() == before


def test_a_refused_file_that_is_sent_has_one_error_column(tmp_path: Path) -> None:
    first = refuse(delimited(tmp_path / "a.csv", [HEADER, [NIK, "a", "b", "c"]]), 2)
    second = refuse(first, 2, path=tmp_path / "b.csv", reasons=["lain"])
    assert open_table(second).header == (*HEADER, "kesalahan")
    assert shown(second) == [(NIK, "a", "b", "c", "lain")]


def test_a_nik_that_is_entered_again_in_its_cell_stays_text(tmp_path: Path) -> None:
    header = ("NIK", "Nomor Induk Lama", "Umur")
    mapping = Mapping({**STANDARD.columns, "nomor induk lama": "id", "nik": None})
    row = Row(2, dict(zip(header, (5171012304999999.0, 17, 40), strict=True)))
    for chosen, formats in ((STANDARD, (49, 0, 0)), (mapping, (0, 49, 0))):
        with RefusedFile(tmp_path / "a.xlsx", header, mapping=chosen) as refused:
            refused.add(row, ["NIK: salah"])
        assert tuple(number_format(refused.path, cell) for cell in ("A2", "B2", "C2")) == formats
        refused.path.unlink()


def test_fractions_of_a_second_make_no_other_row(tmp_path: Path) -> None:
    cells: tuple[Cell, ...] = (NIK, MOMENT.replace(microsecond=250_001), time(10, 4, 30, 250_001), None)
    for _ in range(2):
        with RefusedFile(tmp_path / "a.xlsx", HEADER) as refused:
            refused.add(Row(2, dict(zip(HEADER, cells, strict=True))), ["salah"])
    assert shown(refused.path) == [(NIK, MOMENT, time(10, 4, 30), None, "salah")]


def test_a_date_that_no_workbook_can_hold_is_kept_as_text(tmp_path: Path) -> None:
    with RefusedFile(tmp_path / "a.ods", HEADER) as refused:
        refused.add(Row(2, {"NIK": NIK, "Tanggal": date(24, 5, 23), "Jam": time(10, 4, 30)}), ["Tanggal: salah"])
    assert shown(refused.path) == [(NIK, "0024-05-23", time(10, 4, 30), None, "Tanggal: salah")]


def test_a_name_of_another_format_is_refused(tmp_path: Path) -> None:
    for source, name, ending in (
        ("a.csv", "b.xlsx", ".csv"),
        ("a.xlsx", "b.csv", ".xlsx"),
        ("a.ods", "b.ods", ".xlsx"),
    ):
        with pytest.raises(CliError, match=f"go to a file that ends in {ending}"):
            RefusedFile(tmp_path / source, HEADER, tmp_path / name)


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    source = xlsx(tmp_path / "a.xlsx", [HEADER, [NIK]])
    with pytest.raises(CliError, match=r"b\.xlsx cannot be written: No such file"):
        refuse(source, 2, path=tmp_path / "nowhere" / "b.xlsx")


def test_nothing_stays_of_a_file_that_could_not_be_written(tmp_path: Path) -> None:
    source = delimited(tmp_path / "a.csv", [HEADER, [NIK]])
    table = open_table(source)
    refused = RefusedFile(source, table.header).__enter__()
    refused.add(next(table.rows), ["salah"])
    source.unlink()
    with pytest.raises(CliError, match=r"a\.csv cannot be read"):
        refused.__exit__(None, None, None)
    assert [file.name for file in tmp_path.iterdir()] == [".a.ditolak.csv.journal"]


cells = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(str.strip),
    st.integers(-(10**15), 10**15),
    st.booleans(),
    st.dates(date(1901, 1, 1), date(2100, 1, 1)),
    st.datetimes(datetime(1901, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - a cell has no zone
        lambda found: found.replace(hour=found.hour or 1, microsecond=0)
    ),
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(cells, cells, cells, cells).filter(any), min_size=1, max_size=5))
def test_any_rows_come_back_from_a_workbook_and_are_known_there(tmp_path: Path, rows: list[tuple[Cell, ...]]) -> None:
    source = tmp_path / "a.xlsx"
    for _ in range(2):
        with RefusedFile(source, HEADER) as refused:
            for number, row in enumerate(rows, start=2):
                refused.add(Row(number, dict(zip(HEADER, row, strict=True))), ["salah"])
        assert shown(refused.path) == [(*row, "salah") for row in rows]
    os.unlink(refused.path)
