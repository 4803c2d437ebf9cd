"""Workbooks to fill in, one for each kind of row: a sheet for the rows, one with examples, one with instructions.

What a person reads in them is Bahasa Indonesia; every word in them is one that ``vocabulary`` knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from types import MappingProxyType
from typing import IO

from services.cli.errors import CliError
from services.cli.files.checking import fields_of
from services.cli.files.row import Cell
from services.cli.files.sheets import CLOCK, DATE, TEXT, Book, Column, book
from services.cli.files.vocabulary import CHOICES, HEADERS, REACTIVATION, Field, spoken, spoken_as, type_of
from shared.events import (
    IkdActivated,
    IkdDeactivated,
    PerekamanRecorded,
    PerekamanVoided,
    ResidentMoved,
    wire_type,
)

KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "perekaman": (wire_type(PerekamanRecorded),),
    "aktivasi": (wire_type(IkdActivated), REACTIVATION),
    "pembatalan": (wire_type(PerekamanVoided),),
    "penonaktifan": (wire_type(IkdDeactivated),),
    "pindah": (wire_type(ResidentMoved),),
})  # fmt: skip
"""The values of ``type`` that the rows of each template may have."""

_OF_EVERY_KIND: tuple[Field, ...] = ("type", "nik", "date", "clock", "home")
_OF_SOME: tuple[Field, ...] = ("service", "channel", "place", "group", "reason")
_OPTIONAL: tuple[Field, ...] = ("clock",)


@dataclass(frozen=True, slots=True)
class _Guide:
    """How a column looks, what stands in the two example rows, and what the instructions say about it."""

    width: int
    form: str | None
    examples: tuple[Cell, Cell]
    explained: str


# The serial numbers at the end of the NIKs are far above any that were given out on one day.
_GUIDES: dict[Field, _Guide] = {
    "nik": _Guide(
        20, TEXT, ("5171012304999999", "5171016505069998"),
        "NIK, 16 angka. Kolom ini berformat teks: bila NIK disimpan sebagai angka, digit terakhirnya hilang.",
    ),
    "date": _Guide(
        14, DATE, (date(2024, 5, 23), date(2024, 5, 24)), "Tanggal pelayanan atau kejadian: hari/bulan/tahun."
    ),
    "clock": _Guide(
        9, CLOCK, (time(10, 4), None), "Jam setempat. Bila dikosongkan, dicatat pukul 12.00 pada hari itu."
    ),
    "home": _Guide(
        24, TEXT, ("51.71.01.1001", "51.71"),
        "Kode Kemendagri kabupaten/kota, kecamatan, atau desa/kelurahan tempat penduduk terdaftar. "
        "Pada kepindahan: wilayah yang baru.",
    ),
    "service": _Guide(
        24, TEXT, ("51.71", "51.71.01"), "Kode Kemendagri wilayah kantor yang melayani. Jam mengikuti zona wilayah ini."
    ),
    "channel": _Guide(
        22, None, (spoken_as("channel", "outreach_school"), spoken_as("channel", "office")),
        "Cara penduduk dilayani.",
    ),
    "place": _Guide(
        28, TEXT, ("SMAN 1 Denpasar", None), "Nama tempat pelayanan, paling banyak 100 huruf. Jangan tulis nama orang."
    ),
    "group": _Guide(
        14, None, (spoken_as("group", "student"), spoken_as("group", "general")), "Kelompok penduduk."
    ),
    "reason": _Guide(
        22, None, (spoken_as("reason", "deceased"), spoken_as("reason", "duplicate")), "Alasan pembatalan."
    ),
}  # fmt: skip
_NOTES = (
    ("Baris", None, "Satu baris untuk satu penduduk. Isi lembar pertama; lembar contoh tidak dikirim."),
    ("Kolom lain", None, "Kolom dengan judul lain boleh ditambahkan; isinya tidak dikirim."),
    ("Mengirim ulang", None, "Aman: baris yang sama hanya dihitung satu kali."),
)


def write(kind: str, path_or_stream: Path | IO[bytes]) -> None:
    """Write the template of a kind (a key of :data:`KINDS`) as .xlsx.

    Raises:
        CliError: there is no such kind, the file exists already, or it cannot be written.
    """
    if kind not in KINDS:
        raise CliError(f"there is no template {kind!r}; there are {', '.join(KINDS)}")
    if not isinstance(path_or_stream, Path):
        _write(kind, path_or_stream)
        return
    try:
        with path_or_stream.open("xb") as out:
            _write(kind, out)
    except FileExistsError as error:
        raise CliError(f"{path_or_stream} exists already, and may be filled in. Give another name") from error
    except OSError as error:
        raise CliError(f"{path_or_stream} cannot be written: {error.strerror}") from error


def fields_in(kind: str) -> tuple[Field, ...]:
    """The fields that the template of a kind has columns for, in their order."""
    known = fields_of(type_of(KINDS[kind][0]))
    return (*_OF_EVERY_KIND, *(name for name in _OF_SOME if name in known))


def _write(kind: str, out: IO[bytes]) -> None:
    columns = [_column(kind, name) for name in fields_in(kind)]
    with book(out) as workbook:
        workbook.add(kind, columns)
        workbook.add("contoh", columns, _examples(kind))
        _instruct(workbook, kind)


def _column(kind: str, name: Field) -> Column:
    if name == "type":
        return Column(HEADERS["type"][0], 24, None, tuple(spoken_as("type", value) for value in KINDS[kind]))
    guide = _GUIDES[name]
    return Column(HEADERS[name][0], guide.width, guide.form, spoken(name) if name in CHOICES else ())


def _examples(kind: str) -> Iterator[Sequence[Cell]]:
    """Two rows; the second is a reactivation where there is such a thing."""
    for number, value in enumerate((KINDS[kind][0], KINDS[kind][-1])):
        given = {name: guide.examples[number] for name, guide in _GUIDES.items()}
        yield [spoken_as("type", value) if name == "type" else given[name] for name in fields_in(kind)]


def _instruct(workbook: Book, kind: str) -> None:
    columns = (Column("Kolom", 26), Column("Wajib diisi", 12), Column("Cara mengisi", 90))
    rows = [_instruction(kind, name) for name in fields_in(kind)]
    workbook.add("petunjuk", columns, [*rows, *_NOTES])


def _instruction(kind: str, name: Field) -> tuple[Cell, ...]:
    column = _column(kind, name)
    required = fields_of(type_of(KINDS[kind][0])).get(name, name not in _OPTIONAL)
    explained = "Apa yang dilakukan." if name == "type" else _GUIDES[name].explained
    choices = f" Pilihan: {', '.join(column.choices)}." if column.choices else ""
    return column.header, "ya" if required else "tidak", explained + choices
