"""What one cell means: NIKs, region codes and free text, stored as text or as a number."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.files.cells import nik, region_code, value_of
from services.cli.files.row import Cell
from services.cli.files.vocabulary import Field
from shared import wilayah
from shared.errors import InvalidError

NIK = "5171012304999999"
CODES = [code for kabkota in ("51.71", "33.10", "91.71") for code in (kabkota, *wilayah.children(kabkota))]


@pytest.mark.parametrize(
    "cell", [NIK, f" {NIK}\u00a0", "5171 0123 0499 9999", "51.71.01.230499.9999", "517101-230499-9999", f"'{NIK}"]
)
def test_a_nik_is_read_as_people_write_it(cell: str) -> None:
    assert nik(cell) == NIK


@pytest.mark.parametrize("cell", [5171012304999999, 5.171012304999999e15, "5,17E+15", "5.17101E+15", "5E15", 51, True])
def test_a_nik_that_is_a_number_is_refused_since_digits_may_be_lost(cell: Cell) -> None:
    with pytest.raises(InvalidError, match="stored as a number and may have lost its last digits; format the column"):
        nik(cell)


def test_a_nik_that_became_a_date_is_refused() -> None:
    with pytest.raises(InvalidError, match="must be text of 16 digits"):
        nik(date(2024, 5, 23))


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("51.71.01.1001", "51.71.01.1001"),
        (" 51.71.01 ", "51.71.01"),
        ("5171011001", "51.71.01.1001"),
        ("51710110 01", "51.71.01.1001"),
        ("517101", "51.71.01"),
        ("5171", "51.71"),
        ("51,71", "51.71"),
        ("'51.71", "51.71"),
        ("33.1", "33.10"),
        ("33,1", "33.10"),
        (33.1, "33.10"),
        (51.71, "51.71"),
        (51.0, "51"),
        (5171.0, "51.71"),
        (5171011001, "51.71.01.1001"),
        (5171011001.0, "51.71.01.1001"),
    ],
)
def test_a_region_code_is_read_dotted_undotted_and_as_a_number(cell: Cell, code: str) -> None:
    assert region_code(cell) == code


@pytest.mark.parametrize(
    "cell",
    ["Denpasar", "51.71.1", "517", "51.71.01.100", "5,17E+09", "ID", "", 51.715, 517.1, 5.0, float("inf"), -51.71],
)
def test_what_has_not_the_form_of_a_code_is_refused_without_repeating_it(cell: Cell) -> None:
    with pytest.raises(InvalidError) as raised:
        region_code(cell)
    assert raised.value.reason == "is not a region code such as 51.71 or 51.71.01.1001"


@pytest.mark.parametrize("cell", [date(2024, 1, 11), time(11, 1), True])
def test_a_code_that_the_program_took_for_a_date_is_refused(cell: Cell) -> None:
    with pytest.raises(InvalidError, match="was stored as a date or time; format the column as text"):
        region_code(cell)


@given(code=st.sampled_from(CODES))
def test_every_code_survives_every_way_to_write_it(code: str) -> None:
    assert region_code(code) == code
    assert region_code(code.replace(".", "")) == code
    assert region_code(int(code.replace(".", ""))) == code
    if len(code) == 5:
        assert region_code(float(code)) == code
        assert region_code(str(float(code))) == code


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("id", " R-17 ", "R-17"),
        ("id", 17.0, "17"),
        ("place", "SMAN  1\n Denpasar", "SMAN 1 Denpasar"),
        ("place", 12.0, "12"),
        ("channel", "Jemput bola: SEKOLAH", "outreach_school"),
        ("channel", "outreach_school", "outreach_school"),
        ("reactivation", True, "true"),
        ("reactivation", 0.0, "false"),
        ("reactivation", "Ya", "true"),
        ("source", "siak/51.71", "siak/51.71"),
    ],
)
def test_other_fields(field: Field, cell: Cell, value: str) -> None:
    assert value_of(field, cell) == value


@pytest.mark.parametrize(
    ("field", "cell", "told"),
    [
        ("id", 1.2e17, "may have lost its last digits"),
        ("id", "1,2E+17", "may have lost its last digits"),
        ("id", date(2024, 5, 23), "must be text"),
        ("place", 1.5, "must be text"),
        ("place", time(10), "must be text"),
        ("channel", "toko", "is none of the known words: kantor, kecamatan"),
        ("group", 3.5, "must be text"),
        ("type", "apa saja", "perekaman, pembatalan perekaman, aktivasi, penonaktifan, pindah, reaktivasi"),
    ],
)
def test_other_fields_that_cannot_be_read(field: Field, cell: Cell, told: str) -> None:
    with pytest.raises(InvalidError, match=told):
        value_of(field, cell)
