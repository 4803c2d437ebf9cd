"""Rows become events, or everything that is wrong with them is told."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.cli.files.checking import every_error
from services.cli.files.columns import STANDARD, Mapping, load_mapping
from services.cli.files.events import RowProblem, canonical, column_of, event_of, keyed_identity
from services.cli.files.reading import open_table
from services.cli.files.row import Cell, Row
from services.cli.files.vocabulary import HEADERS, Field
from shared.events import holds_nik
from tests.unit.cli.files.making import delimited, xlsx
from tests.unit.cli.files.sheet_rows import HEADER, NOW, SYSTEM, Written, rows

NIK = "5171012304999999"
NAME = "Ni Made Siapa"
IDENTIFY = keyed_identity(b"secret")
CHANNELS = (
    "kantor, kecamatan, desa, upt, jemput bola sekolah, jemput bola opd, jemput bola mal, jemput bola desa, "
    "dari rumah ke rumah, lainnya"
)
TYPES = "perekaman, pembatalan perekaman, aktivasi, penonaktifan, pindah, reaktivasi"
ACTIVATION: dict[str, Cell] = {
    "Jenis": "aktivasi",
    "NIK": NIK,
    "Tanggal": date(2024, 5, 23),
    "Jam": "10.04",
    "Domisili": "5171011001",
    "Layanan": 51.71,
    "Kanal": "jemput bola sekolah",
    "Tempat": "SMAN 1 Denpasar",
    "Kelompok": "pelajar",
}


def made(
    cells: dict[str, Cell],
    mapping: Mapping = STANDARD,
    defaults: dict[Field, Cell] | None = None,
    *,
    beyond: tuple[str, ...] = (),
) -> dict[str, Any] | tuple[RowProblem, ...]:
    return event_of(Row(7, cells, beyond), mapping, {"source": SYSTEM, **(defaults or {})}, IDENTIFY, now=NOW)


def event(cells: dict[str, Cell], mapping: Mapping = STANDARD, **defaults: Cell) -> dict[str, Any]:
    found = made(cells, mapping, {name: defaults[name] for name in HEADERS if name in defaults})
    assert isinstance(found, dict), found
    return found


def problems(cells: dict[str, Cell], **more: Any) -> dict[str | None, str]:
    found = made(cells, **more)
    assert isinstance(found, tuple), "the row became an event"
    assert all(problem.row == 7 for problem in found)
    assert len({problem.column for problem in found if problem.column}) == sum(1 for each in found if each.column)
    return {problem.column: problem.message for problem in found}


def test_a_row_becomes_the_event_that_ingest_takes() -> None:
    found = event(ACTIVATION)
    assert found == {
        "specversion": "1.0",
        "id": found["id"],
        "source": SYSTEM,
        "type": "ikd.activated.v1",
        "time": "2024-05-23T10:04:00+08:00",
        "data": {
            "nik": NIK,
            "home": "51.71.01.1001",
            "service": "51.71",
            "channel": "outreach_school",
            "place": "SMAN 1 Denpasar",
            "group": "student",
        },
    }
    json.dumps(found)


def test_empty_cells_are_left_out_and_unknown_columns_do_not_matter() -> None:
    found = event({**ACTIVATION, "Tempat": None, "Kelompok": " - ", "Reaktivasi": "", "Nama": NAME, "No": 1.0})
    assert set(found["data"]) == {"nik", "home", "service", "channel"}


@pytest.mark.parametrize(
    ("cells", "type_", "reactivation"),
    [
        ({"Jenis": "perekaman"}, "perekaman.recorded.v1", None),
        ({"Jenis": "reaktivasi"}, "ikd.activated.v1", True),
        ({"Jenis": "reaktivasi", "Reaktivasi": "ya"}, "ikd.activated.v1", True),
        ({"Reaktivasi": "ya"}, "ikd.activated.v1", True),
        ({"Reaktivasi": True}, "ikd.activated.v1", True),
        ({"Reaktivasi": "tidak"}, "ikd.activated.v1", None),
        ({"Jenis": "perekaman", "Reaktivasi": "tidak"}, "perekaman.recorded.v1", None),
    ],
)
def test_types_and_reactivations(cells: dict[str, Cell], type_: str, reactivation: bool | None) -> None:
    found = event({**ACTIVATION, **cells})
    assert (found["type"], found["data"].get("reactivation")) == (type_, reactivation)


def test_events_without_service() -> None:
    base: dict[str, Cell] = {"NIK": NIK, "Tanggal": "23/05/2024", "Domisili": "35.73"}
    voided = event({**base, "Jenis": "pembatalan perekaman", "Alasan": "ganda"})
    assert (voided["type"], voided["data"]["reason"]) == ("perekaman.voided.v1", "duplicate")
    moved = event({**base, "Jenis": "pindah"})
    assert moved["data"] == {"nik": NIK, "home": "35.73"}
    assert moved["time"] == "2024-05-23T12:00:00+07:00"


@pytest.mark.parametrize(("service", "offset"), [("35.73", "+07:00"), ("51.71", "+08:00"), ("91.71", "+09:00")])
def test_the_clock_is_that_of_the_service_region(service: str, offset: str) -> None:
    assert event({**ACTIVATION, "Layanan": service})["time"].endswith(offset)


def test_defaults_stand_in_for_columns_that_are_missing_and_not_for_empty_cells() -> None:
    cells = {header: cell for header, cell in ACTIVATION.items() if header not in ("Jenis", "Kanal", "Layanan", "Jam")}
    found = event(cells, type="aktivasi", channel="kantor", service="51.71", clock="08.30", reason="ganda")
    assert found["data"]["channel"] == "office"
    assert found["time"] == "2024-05-23T08:30:00+08:00"
    assert "reason" not in found["data"]
    assert problems({**ACTIVATION, "Kanal": None}, defaults={"channel": "kantor"}) == {"Kanal": "is missing"}


def test_a_default_day_goes_with_a_column_of_clocks_and_yields_to_one_of_days() -> None:
    cells: dict[str, Cell] = {name: cell for name, cell in ACTIVATION.items() if name not in ("Tanggal", "Jam")}
    assert event({**cells, "Waktu": "10:04"}, date="23/05/2024")["time"] == "2024-05-23T10:04:00+08:00"
    assert event({**cells, "Waktu": "22/05/2024 10:04"}, date="23/05/2024")["time"] == "2024-05-22T10:04:00+08:00"


def test_the_callers_defaults_come_before_those_of_a_mapping_file(tmp_path: Path) -> None:
    file = tmp_path / "peta.toml"
    file.write_text('[columns]\n"Cara" = "channel"\n[values.channel]\npameran = "outreach_mall"\n'
                    '[defaults]\nservice = "35.73"\nplace = "Aula"\n')  # fmt: skip
    cells = {name: cell for name, cell in ACTIVATION.items() if name not in ("Kanal", "Layanan", "Tempat")}
    found = event({**cells, "Cara": "Pameran"}, load_mapping(file), service="91.71")
    assert (found["data"]["channel"], found["data"]["service"]) == ("outreach_mall", "91.71")
    assert found["data"]["place"] == "Aula"


def test_an_id_column_gives_the_id() -> None:
    assert event({**ACTIVATION, "No registrasi": "2024/17"})["id"] == "2024/17"
    assert problems({**ACTIVATION, "No registrasi": None}) == {"No registrasi": "is missing"}


def test_all_problems_of_a_row_are_told_in_the_order_of_its_columns() -> None:
    cells: dict[str, Cell] = {
        **ACTIVATION,
        "No registrasi": f"R-{NIK}",
        "NIK": 5171012304999999.0,
        "Tanggal": "31/02/2024",
        "Jam": "25.00",
        "Domisili": "51.99",
        "Layanan": "Denpasar",
        "Kanal": NAME,
        "Tempat": f"rumah {NIK}",
        "Kelompok": 3.5,
        "Reaktivasi": "mungkin",
    }
    found = problems(cells)
    assert list(found) == [header for header in cells if header != "Jenis"]
    assert found == {
        "NIK": "the NIK is stored as a number and may have lost its last digits; "
        "format the column as text and enter it again",
        "Tanggal": "is not a date that exists; the day comes before the month, such as 23/05/2024",
        "Jam": "is not a time of day that exists",
        "Domisili": "region code 51.99 is unknown: it is not in Kepmendagri 300.2.2-2138/2025",
        "Layanan": "is not a region code such as 51.71 or 51.71.01.1001",
        "Kanal": f"is none of the known words: {CHANNELS}",
        "Tempat": "looks like it contains a NIK; send a NIK only in data.nik",
        "Kelompok": "must be text; format the column as text and enter it again",
        "No registrasi": "looks like it contains a NIK; send a NIK only in data.nik, and number events another way",
        "Reaktivasi": "is none of the known words: ya, tidak",
    }


@pytest.mark.parametrize(
    ("cells", "column", "told"),
    [
        ({"NIK": "517101230499999"}, "NIK", "must be exactly 16 digits"),
        ({"NIK": NAME}, "NIK", "must be exactly 16 digits"),
        ({"NIK": "9971012304990001"}, "NIK", "cannot be a NIK"),
        ({"NIK": None}, "NIK", "is missing"),
        ({"NIK": None, "Pseudonim": None}, "NIK", "is missing"),
        ({"NIK": None, "Pseudonim": NIK}, "Pseudonim", "match pattern"),
        ({"Pseudonim": f"k1:{0:032x}"}, "NIK", "either nik or citizen, not both"),
        ({"Pseudonim": date(2024, 5, 23)}, "Pseudonim", "must be text"),
        ({"Jenis": "apa", "Alasan": "ganda"}, "Jenis", "is none of the known words"),
        ({"Domisili": "51"}, "Domisili", "wider than a kab/kota"),
        ({"Domisili": "92.71"}, "Domisili", "retired since its province was split: use 96.71"),
        ({"Layanan": None}, "Layanan", "is missing"),
        ({"Tanggal": None}, "Tanggal", "is missing"),
        ({"Waktu": "22/05/2024"}, "Tanggal", "another date or time"),
        ({"Tanggal": "27/06/2024", "Jam": "11.06"}, "Tanggal", "is in the future"),
        ({"Tanggal": "31/12/2010"}, "Tanggal", "is before 2011"),
        ({"Alasan": "ganda"}, "Alasan", "is not a field of this event type"),
        ({"Jenis": "perekaman", "Reaktivasi": "ya"}, "Reaktivasi", "is not a field of this event type"),
        ({"Jenis": "reaktivasi", "Reaktivasi": "tidak"}, "Reaktivasi", "says no, but the row is said to be"),
        ({"Jenis": "apa"}, "Jenis", f"is none of the known words: {TYPES}"),
        ({"Jenis": None}, "Jenis", f"is missing; it is one of {TYPES}"),
        ({"Tempat": "x" * 101}, "Tempat", "at most 100"),
        ({"Tempat": "a\x07b"}, "Tempat", "control characters"),
        ({"Sumber": None}, "Sumber", "is missing"),
    ],
)
def test_a_problem_names_its_column(cells: dict[str, Cell], column: str, told: str) -> None:
    found = problems({**ACTIVATION, **cells})
    assert list(found) == [column]
    assert told in found[column]


def test_a_time_within_the_allowance_is_not_in_the_future() -> None:
    cells: dict[str, Cell] = {**ACTIVATION, "Tanggal": "27/06/2024", "Jam": "11.05"}
    assert event(cells)["time"] == "2024-06-27T11:05:00+08:00"
    row = Row(7, cells)
    strict = event_of(row, STANDARD, {"source": SYSTEM}, IDENTIFY, now=NOW, allowance=timedelta(minutes=4))
    assert isinstance(strict, tuple)


def test_a_time_that_needs_the_zone_of_an_unknown_region_is_not_judged() -> None:
    cells: dict[str, Cell] = {**ACTIVATION, "Layanan": "91.99", "Tanggal": "27/06/2024", "Jam": "11.30"}
    assert list(problems(cells)) == ["Layanan"]
    assert list(problems({**cells, "Jam": "11.30 WIB"})) == ["Tanggal", "Layanan"]


def test_an_unknown_type_does_not_hide_the_other_problems() -> None:
    found = problems(
        {**ACTIVATION, "Jenis": "?!", "NIK": "1", "Tanggal": "01/01/2010", "Domisili": "51.99", "Kanal": None}
    )
    assert list(found) == ["Jenis", "NIK", "Tanggal", "Domisili"]
    assert list(problems({"Jenis": "x", "NIK": None, "Tanggal": "23/05/2024", "Domisili": None})) == [
        "Jenis", "NIK", "Domisili",
    ]  # fmt: skip


def test_a_column_that_is_missing_is_named_by_the_header_of_the_templates() -> None:
    found = event_of(Row(3, {"Kanal": "kantor", "Tempat": "Aula"}), STANDARD, {"type": "perekaman"}, IDENTIFY, now=NOW)
    assert isinstance(found, tuple)
    hint = "(the file has no such column, and there is no default)"
    assert {problem.reason for problem in found} == {
        f"{name} is missing {hint}"
        for name in ("NIK", "Tanggal", "Kode wilayah domisili", "Kode wilayah layanan", "Sumber")
    }


def test_a_column_that_is_there_but_empty_is_named() -> None:
    cells: dict[str, Cell] = {name: cell for name, cell in ACTIVATION.items() if name not in ("Tanggal", "Jam")}
    assert problems({**cells, "Waktu": None}) == {"Waktu": "is missing"}


def test_a_default_for_another_type_does_not_matter() -> None:
    found = event({**ACTIVATION, "Jenis": "perekaman"}, reactivation="ya", reason="ganda")
    assert set(found["data"]) == set(event(ACTIVATION)["data"])


def test_a_bad_default_is_told_as_one() -> None:
    cells = {name: cell for name, cell in ACTIVATION.items() if name != "Layanan"}
    told = "the default for service region code 51.99 is unknown: it is not in Kepmendagri 300.2.2-2138/2025"
    assert problems(cells, defaults={"service": "51.99"}) == {None: told}
    assert problems({**cells, "Jenis": "?"}, defaults={"service": "51.99"})[None] == told


def test_a_row_with_too_many_cells_is_refused_even_if_it_could_be_read() -> None:
    found = problems(ACTIVATION, beyond=("kantor",))
    assert list(found) == [None]
    assert "more cells than there are headers" in str(found[None])


def test_the_reason_is_column_and_message() -> None:
    assert RowProblem(7, "NIK", "is missing").reason == "NIK: is missing"
    assert RowProblem(7, None, "has more cells").reason == "has more cells"


@pytest.mark.parametrize(
    ("path", "column"),
    [("data.nik", "NIK"), ("data.citizen", "NIK"), ("data.home", "Domisili"), ("time", "Tanggal"), ("type", "Jenis"),
     ("source", None), ("data.reason", None), ("id", None)],
)  # fmt: skip
def test_a_path_of_ingest_is_translated_to_a_header(path: str, column: str | None) -> None:
    assert column_of(path, Row(7, ACTIVATION), STANDARD) == column


def test_a_path_that_no_column_stands_for_has_no_header() -> None:
    assert column_of("data.unheard_of", Row(7, ACTIVATION), STANDARD) is None
    assert column_of("", Row(7, ACTIVATION), STANDARD) is None


def test_the_id_is_a_keyed_digest_of_the_event_without_it() -> None:
    found = event(ACTIVATION)
    without = {name: value for name, value in found.items() if name != "id"}
    assert found["id"] == IDENTIFY(canonical(without))
    assert found["id"] != keyed_identity(b"another key")(canonical(without))
    assert canonical({"b": 1, "a": {"d": "é", "c": 2}}) == '{"a":{"c":2,"d":"é"},"b":1}'.encode()
    # HMAC-SHA256 of "abc" with the key "key", computed with openssl.
    assert keyed_identity(b"key")(b"abc") == OPENSSL


OPENSSL = "9c196e32-dc0175f8-6f4b1cb8-9289d661"


@given(event=st.binary(max_size=40))
def test_no_id_looks_like_it_contains_a_nik(event: bytes) -> None:
    parts = IDENTIFY(event).split("-")
    assert [len(part) for part in parts] == [8, 8, 8, 8]
    assert not holds_nik(IDENTIFY(event))


@given(first=rows(), second=rows())
def test_ids_are_equal_exactly_for_equal_events(first: Written, second: Written) -> None:
    without = [{name: cell for name, cell in each.cells.items() if name != "No registrasi"} for each in (first, second)]
    one, again, other = event(without[0]), event(dict(without[0])), event(without[1])
    assert one == again
    same = {**one, "id": ""} == {**other, "id": ""}
    assert (one["id"] == other["id"]) == same


def equal(found: object, written: Written) -> bool:
    """Times are compared as moments: an office in Bali and one in Java write the same one differently."""
    if not isinstance(found, dict):
        return False
    moments = [datetime.fromisoformat(each["time"]) for each in (found, written.event)]
    return {**found, "time": ""} == {**written.event, "time": ""} and moments[0] == moments[1]


@given(written=rows())
def test_every_event_comes_back_from_a_row(written: Written) -> None:
    found = made(written.cells)
    assert equal(found, written), found


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=st.lists(rows(typed=False), min_size=1, max_size=4), delimiter=st.sampled_from(",;\t|"))
def test_every_event_comes_back_from_delimited_text(tmp_path: Path, written: list[Written], delimiter: str) -> None:
    lines = [HEADER, *(tuple(each.cells[name] for name in HEADER) for each in written)]
    table = open_table(delimited(tmp_path / "a.csv", lines, delimiter))
    assert [equal(made(row.cells, beyond=row.beyond), each) for row, each in zip(table.rows, written, strict=True)] == [
        True
    ] * len(written)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=st.lists(rows(), min_size=1, max_size=4))
def test_every_event_comes_back_from_a_workbook(tmp_path: Path, written: list[Written]) -> None:
    lines = [HEADER, *(tuple(each.cells[name] for name in HEADER) for each in written)]
    found = [made(row.cells) for row in open_table(xlsx(tmp_path / "a.xlsx", lines)).rows]
    assert [equal(*pair) for pair in zip(found, written, strict=True)] == [True] * len(written)


ODD: tuple[Cell, ...] = (
    NIK, f" {NIK} ", f"x{NIK}", "5171 0123 0499 9999", "51.71.01.230499.9999", 5171012304999999, 5171012304999999.0,
    NAME, f"{NAME} {NIK}", "51.99", "51", 51.71, "kantor", "2024-05-23", "31/02/2024", 45435.5, date(2030, 1, 1),
    time(10), True, None, "", "x" * 200, float("nan"), "5,17E+15",
)  # fmt: skip


@settings(max_examples=300)
@given(
    cells=st.dictionaries(st.sampled_from([names[0] for names in HEADERS.values()]), st.sampled_from(ODD)),
    kind=st.sampled_from(["perekaman", "aktivasi", "reaktivasi", "pindah", "penonaktifan", NAME, NIK, None]),
)
def test_no_message_repeats_a_nik_or_a_name(cells: dict[str, Cell], kind: str | None) -> None:
    found = made({**cells, "Jenis": kind}, defaults={"place": NIK})
    assert isinstance(found, tuple)
    for problem in found:
        assert not holds_nik(problem.reason, written_out=True)
        assert NAME not in problem.reason
        assert NIK[:12] not in problem.reason


@settings(max_examples=300)
@given(
    written=rows(), spoilt=st.sets(st.sampled_from(["home", "service", "channel", "nik", "citizen", "reason", "time"]))
)
def test_each_spoilt_cell_is_told_whatever_else_is_wrong(written: Written, spoilt: set[Field]) -> None:
    there = {name for name in spoilt if written.cells[HEADERS[name][0]] is not None}
    found = made({**written.cells, **{HEADERS[name][0]: "???" for name in there}})
    told = {problem.column for problem in found} if isinstance(found, tuple) else set()
    assert told == {HEADERS[name][0] for name in there}


def test_what_ingest_says_is_complete_and_ends() -> None:
    raw = {
        "specversion": "2",
        "id": "",
        "source": NIK,
        "type": "resident.moved.v1",
        "time": "soon",
        "data": {"home": "51"},
    }
    errors = every_error(raw, ["data.nik"], NOW, timedelta())
    assert {error.path for error in errors} == {"specversion", "id", "source", "time", "data.home"}
