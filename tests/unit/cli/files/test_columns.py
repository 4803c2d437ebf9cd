"""What columns and words mean, and mapping files of an office's own."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from services.cli.errors import CliError
from services.cli.files.columns import STANDARD, columns_of, load_mapping
from services.cli.files.vocabulary import CHOICES, FIELDS, HEADERS, TYPES, WORDS, Field, key_of, spoken, spoken_as
from shared.errors import InvalidError
from shared.events import CITIZEN_TYPES, Channel, wire_type
from shared.events.citizen import Group, Reason


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("NIK", "nik"),
        ("  nik :", "nik"),
        ("Kode Wilayah  Domisili", "home"),
        ("domisili", "home"),
        ("tempat layanan (kode)", "service"),
        ("LAYANAN", "service"),
        ("Tgl.", "date"),
        ("pukul", "clock"),
        ("Tanggal dan Jam", "time"),
        ("saluran", "channel"),
        ("Lokasi", "place"),
        ("golongan", "group"),
        ("alasan", "reason"),
        ("layanan apa", "type"),
        ("No. Registrasi", "id"),
        ("nomor registrasi", "id"),
        ("Nomor", None),
        ("pseudonim", "citizen"),
        ("sumber", "source"),
        ("reaktivasi", "reactivation"),
        ("No.", None),
        ("Kesalahan", None),
        ("Nama", None),
        ("Tanggal lahir", None),
        ("", None),
    ],
)
def test_headers_are_compared_without_case_and_punctuation(header: str, field: Field | None) -> None:
    assert STANDARD.field_of(header) == field


def test_no_header_stands_for_two_fields_and_each_field_has_one() -> None:
    keys = [key_of(header) for headers in HEADERS.values() for header in headers]
    assert len(keys) == len(set(keys))
    assert set(HEADERS) == set(FIELDS)
    assert all(field in map(key_of, headers) or field in ("home", "citizen") for field, headers in HEADERS.items())


def test_unknown_headers_are_listed_and_unused_ones_are_not() -> None:
    columns = columns_of(["No", "NIK", "Nama", "Kesalahan", "Ket."])
    assert columns.fields == {"NIK": "nik"}
    assert columns.ignored == ("Nama", "Ket.")


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (["NIK", "Ket", "ket."], "'ket.' occurs twice; rename or delete one"),
        (["NIK", "Nomor KTP"], "'NIK' and 'Nomor KTP' are both read as nik"),
    ],
)
def test_a_header_that_means_the_same_twice_is_refused(header: list[str], told: str) -> None:
    with pytest.raises(InvalidError, match=told):
        columns_of(header)


def test_every_value_of_the_catalogue_has_words() -> None:
    assert CHOICES["channel"] == get_args(Channel)
    assert CHOICES["group"] == get_args(Group)
    assert CHOICES["reason"] == get_args(Reason)
    assert set(TYPES) == {wire_type(model) for model in CITIZEN_TYPES} | {"reactivation"}
    for field, values in CHOICES.items():
        assert set(WORDS[field].values()) == set(values)
        assert [WORDS[field][key_of(word)] for word in spoken(field)] == list(values)
        assert all(WORDS[field][key_of(value)] == value for value in values)
        assert all(spoken_as(field, value) != value or value in ("kecamatan", "desa", "upt", "asn", "ptt")
                   for value in values)  # fmt: skip


@pytest.mark.parametrize(
    ("field", "word", "value"),
    [
        ("channel", "kantor", "office"),
        ("channel", "jemput bola sekolah", "outreach_school"),
        ("channel", "kelurahan", "desa"),
        ("group", "siswa", "student"),
        ("reason", "meninggal", "deceased"),
        ("reason", "ganda", "duplicate"),
        ("type", "perekaman", "perekaman.recorded.v1"),
        ("type", "aktivasi ikd", "ikd.activated.v1"),
        ("type", "ikd activated", "ikd.activated.v1"),
        ("type", "pembatalan perekaman", "perekaman.voided.v1"),
        ("type", "nonaktif", "ikd.deactivated.v1"),
        ("type", "pindah", "resident.moved.v1"),
        ("type", "reaktivasi", "reactivation"),
    ],
)
def test_words_mean_values_of_the_catalogue(field: Field, word: str, value: str) -> None:
    assert WORDS[field][word] == value


def test_no_word_means_two_values() -> None:
    for field, values in CHOICES.items():
        meant = [{word for word, its in WORDS[field].items() if its == value} for value in values]
        assert sum(map(len, meant)) == len(WORDS[field])
        assert {key_of(word) for word in spoken(field)} <= set(WORDS[field])


def mapping_file(folder: Path, text: str) -> Path:
    file = folder / "peta.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_mapping_file_adds_to_the_built_in_words(tmp_path: Path) -> None:
    mapping = load_mapping(
        mapping_file(
            tmp_path,
            """
            [columns]
            "Desa asal" = "home"
            "Lokasi" = "ignored"
            [values.channel]
            "Pameran  Kota" = "outreach_mall"
            kantor = "upt"
            [values.type]
            "ganti HP" = "reactivation"
            [defaults]
            type = "perekaman"
            service = "51.71"
            channel = "pameran kota"
            date = 2024-05-23
            """,
        )
    )
    assert mapping.field_of("desa ASAL") == "home"
    assert mapping.field_of("NIK") == "nik"
    assert mapping.is_unused("Lokasi")
    assert mapping.values["channel"]["pameran kota"] == "outreach_mall"
    assert mapping.values["channel"]["kantor"] == "upt"
    assert mapping.values["channel"]["office"] == "office"
    assert mapping.values["type"]["ganti hp"] == "reactivation"
    assert mapping.values["reason"] == WORDS["reason"]
    assert mapping.defaults == {
        "type": "perekaman", "service": "51.71", "channel": "pameran kota", "date": date(2024, 5, 23),
    }  # fmt: skip
    assert STANDARD.field_of("Desa asal") is None
    assert WORDS["channel"]["kantor"] == "office"


def test_an_empty_mapping_file_is_the_built_in_words(tmp_path: Path) -> None:
    assert load_mapping(mapping_file(tmp_path, "")) == STANDARD


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[columns\n", r"is not TOML in UTF-8: .*line 1"),
        ("[kolom]\n", r"'kolom' is not known in the file; allowed are columns, values, defaults"),
        ("columns = 1\n", r"'columns' must be a table: write \[columns\]"),
        ('[columns]\nHari = "day"\n', r"\[columns\] 'Hari': 'day' is not a field.*allowed are type, id.*, ignored"),
        ("[columns]\nHari = 3\n", r"\[columns\] 'Hari': '3' is not a field"),
        ('[values]\nchannel = "x"\n', r"'channel' must be a table"),
        ('[values.place]\nx = "y"\n', r"'place' is not known in \[values\]; allowed are type, channel"),
        ('[values.group]\nguru = "teacher"\n', r"\[values.group\] 'guru': 'teacher' .*allowed are asn, ptt, student"),
        ('[defaults]\nnik = "1"\n', r"\[defaults\]: 'nik' is not a field that can stand here; allowed are type, time"),
        ('[defaults]\nchannel = "toko"\n', r"\[defaults\] channel: is none of the known words: kantor"),
        ('[defaults]\nhome = "denpasar"\n', r"\[defaults\] home: is not a region code"),
        ('[defaults]\ndate = "kemarin"\n', r"\[defaults\] date: is not a date"),
        ('[defaults]\nplace = ""\n', r"\[defaults\] place: must be"),
        ("[defaults]\nplace = []\n", r"\[defaults\] place: must be"),
    ],
)
def test_a_mistake_in_a_mapping_file_is_named_with_what_is_allowed(tmp_path: Path, text: str, told: str) -> None:
    file = mapping_file(tmp_path, text)
    with pytest.raises(CliError, match=told) as raised:
        load_mapping(file)
    assert str(raised.value).startswith(str(file))


def test_a_mapping_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CliError, match="cannot be read: No such file"):
        load_mapping(tmp_path / "peta.toml")
    (tmp_path / "latin.toml").write_bytes(b'[columns]\n"caf\xe9" = "place"\n')
    with pytest.raises(CliError, match="is not TOML in UTF-8"):
        load_mapping(tmp_path / "latin.toml")


def test_a_mapping_file_repeats_no_nik(tmp_path: Path) -> None:
    file = mapping_file(tmp_path, '[columns]\n"5171012304999999" = "5171012304999999"\n')
    with pytest.raises(CliError) as raised:
        load_mapping(file)
    assert "5171012304999999" not in str(raised.value)
