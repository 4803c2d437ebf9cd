"""Templates: whoever fills them in as they say gets events, and spreadsheet programs keep NIKs and codes whole."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from python_calamine import load_workbook

from services.cli.errors import CliError
from services.cli.files.columns import STANDARD
from services.cli.files.events import event_of, keyed_identity
from services.cli.files.reading import open_table
from services.cli.files.row import Cell, Row
from services.cli.files.templates import KINDS, fields_in, write
from services.cli.files.vocabulary import CHOICES, HEADERS, WORDS, Field, key_of, spoken
from tests.unit.cli.files.making import xlsx
from tests.unit.cli.files.sheet_rows import NOW, SYSTEM

FIELDS: dict[str, tuple[Field, ...]] = {
    "perekaman": ("type", "nik", "date", "clock", "home", "service", "channel", "place", "group"),
    "aktivasi": ("type", "nik", "date", "clock", "home", "service", "channel", "place", "group"),
    "pembatalan": ("type", "nik", "date", "clock", "home", "reason"),
    "penonaktifan": ("type", "nik", "date", "clock", "home", "reason"),
    "pindah": ("type", "nik", "date", "clock", "home"),
}
TYPES = {
    "perekaman": ["perekaman.recorded.v1", "perekaman.recorded.v1"],
    "aktivasi": ["ikd.activated.v1", "ikd.activated.v1"],
    "pembatalan": ["perekaman.voided.v1", "perekaman.voided.v1"],
    "penonaktifan": ["ikd.deactivated.v1", "ikd.deactivated.v1"],
    "pindah": ["resident.moved.v1", "resident.moved.v1"],
}


def template(kind: str) -> io.BytesIO:
    out = io.BytesIO()
    write(kind, out)
    out.seek(0)
    return out


def part(kind: str, name: str) -> str:
    """One file within the template, as text."""
    with zipfile.ZipFile(template(kind)) as parts:
        return parts.read(f"xl/{name}.xml").decode()


def sheet(kind: str, name: str) -> list[list[Cell]]:
    rows = load_workbook(template(kind)).get_sheet_by_name(name).iter_rows()
    return [[None if cell == "" or isinstance(cell, timedelta) else cell for cell in row] for row in rows]


@pytest.mark.parametrize("kind", KINDS)
def test_the_header_is_one_that_is_read_back(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"{kind}.xlsx"
    write(kind, file)
    table = open_table(file)
    assert tuple(table.columns.fields.values()) == FIELDS[kind] == fields_in(kind)
    assert table.columns.ignored == ()
    assert list(table.rows) == []
    assert load_workbook(file).sheet_names == [kind, "contoh", "petunjuk"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_are_events_of_the_kind(tmp_path: Path, kind: str) -> None:
    example = xlsx(tmp_path / "a.xlsx", sheet(kind, "contoh"))
    found = [
        event_of(Row(row.number, row.cells), STANDARD, {"source": SYSTEM}, keyed_identity(b"key"), now=NOW)
        for row in open_table(example).rows
    ]
    events = [event for event in found if isinstance(event, dict)]
    assert len(events) == len(found) == 2, found
    assert [event["type"] for event in events] == TYPES[kind]
    assert [event["data"].get("reactivation") for event in events] == [None, True if kind == "aktivasi" else None]


@pytest.mark.parametrize("kind", KINDS)
def test_the_drop_down_lists_offer_every_value_in_words_that_are_understood(kind: str) -> None:
    content = part(kind, "worksheets/sheet1")
    lists = {
        place: words.split(",")
        for words, place in re.findall(r'type="list"[^>]*sqref="([A-Z])2:[A-Z]1048576"><formula1>"([^"]*)"', content)
        for place, words in [(words, place)]
    }
    choices = {chr(ord("A") + place): name for place, name in enumerate(FIELDS[kind]) if name in CHOICES}
    assert set(lists) == set(choices)
    for place, name in choices.items():
        values = [WORDS[name][key_of(word)] for word in lists[place]]
        assert values == list(KINDS[kind] if name == "type" else CHOICES[name])


@pytest.mark.parametrize("kind", KINDS)
def test_niks_and_codes_stay_text_in_rows_that_are_still_empty(kind: str) -> None:
    content, styles = part(kind, "worksheets/sheet1"), part(kind, "styles")
    formats = re.findall(r'<xf numFmtId="(\d+)"', styles.partition("<cellXfs")[2].partition("</cellXfs>")[0])
    columns = {
        FIELDS[kind][place - 1]: (float(width), formats[int(style)])
        for first, last, width, style in re.findall(
            r'<col min="(\d+)" max="(\d+)" width="([\d.]+)" style="(\d+)"', content
        )
        for place in range(int(first), int(last) + 1)
    }
    text = {name for name, (_, form) in columns.items() if form == "49"}
    assert set(columns) == set(FIELDS[kind])
    assert text == {"nik", "home", "service", "place"} & set(FIELDS[kind])
    assert all(width >= len(HEADERS[name][0]) for name, (width, _) in columns.items())
    assert '<pane ySplit="1"' in content
    assert 'state="frozen"' in content


@pytest.mark.parametrize("kind", KINDS)
def test_the_instructions_explain_every_column(kind: str) -> None:
    explained = {row[0]: row[1:] for row in sheet(kind, "petunjuk")}
    assert [explained[HEADERS[name][0]][0] for name in FIELDS[kind]] == [
        "tidak" if name in ("clock", "place", "group") else "ya" for name in FIELDS[kind]
    ]
    assert all(len(str(explained[HEADERS[name][0]][1])) > 15 for name in FIELDS[kind])
    for name in FIELDS[kind]:
        if name in CHOICES and name != "type":
            assert str(explained[HEADERS[name][0]][1]).endswith(f"Pilihan: {', '.join(spoken(name))}.")


def test_a_file_that_may_be_filled_in_is_not_replaced(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    file.write_text("rows of a day")
    with pytest.raises(CliError, match=r"a\.xlsx exists already, and may be filled in"):
        write("pindah", file)
    assert file.read_text() == "rows of a day"


def test_a_kind_that_does_not_exist_and_a_folder_that_does_not(tmp_path: Path) -> None:
    with pytest.raises(CliError, match="no template 'sensus'; there are perekaman, aktivasi, pembatalan"):
        write("sensus", tmp_path / "a.xlsx")
    with pytest.raises(CliError, match="cannot be written: No such file"):
        write("pindah", tmp_path / "nowhere" / "a.xlsx")
