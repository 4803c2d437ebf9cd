"""The words of a spreadsheet: what columns may be called, and what stands for each value of the catalogue.

The first word of each list is the one that templates use. Words are compared without case and punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, TypeVar, get_args

from shared.events import (
    CITIZEN_TYPES,
    Channel,
    IkdActivated,
    IkdDeactivated,
    PerekamanRecorded,
    PerekamanVoided,
    ResidentMoved,
    wire_type,
)
from shared.events.citizen import Group, Reason

Field = Literal[
    "type", "id", "nik", "citizen", "time", "date", "clock", "home", "service", "channel", "place", "group", "reason",
    "source", "reactivation",
]  # fmt: skip
_Value = TypeVar("_Value", bound=str)
FIELDS: tuple[Field, ...] = get_args(Field)
REACTIVATION = "reactivation"
"""The value of ``type`` that stands for ``ikd.activated.v1`` with ``reactivation``."""
YES, NO = "true", "false"

HEADERS: Mapping[Field, tuple[str, ...]] = MappingProxyType({
    "type": ("Jenis", "jenis layanan", "jenis kegiatan", "jenis peristiwa", "layanan apa", "kegiatan", "type",
             "event", "event type"),
    "id": ("No registrasi", "nomor registrasi", "no reg", "no pendaftaran", "nomor pendaftaran", "id",
           "registration number"),
    "nik": ("NIK", "nomor induk kependudukan", "no induk kependudukan", "nomor nik", "no nik", "nomor ktp", "no ktp"),
    "citizen": ("Pseudonim", "pseudonym", "citizen"),
    "time": ("Waktu", "time", "tanggal dan jam", "tanggal jam", "tanggal dan waktu", "tanggal waktu", "tgl dan jam",
             "tgl jam", "waktu layanan", "waktu pelayanan", "timestamp", "date and time", "date time", "datetime"),
    "date": ("Tanggal", "tgl", "date", "hari tanggal", "tanggal layanan", "tgl layanan", "tanggal pelayanan",
             "tgl pelayanan", "tanggal perekaman", "tgl perekaman", "tanggal aktivasi", "tgl aktivasi"),
    "clock": ("Jam", "pukul", "clock", "jam layanan", "jam pelayanan"),
    "home": ("Kode wilayah domisili", "domisili", "kode domisili", "wilayah domisili", "home", "home region"),
    "service": ("Kode wilayah layanan", "layanan", "kode layanan", "wilayah layanan", "tempat layanan (kode)",
                "kode tempat layanan", "kode wilayah pelayanan", "service", "service region"),
    "channel": ("Kanal", "saluran", "channel", "kanal layanan", "saluran layanan"),
    "place": ("Tempat", "lokasi", "place", "location", "nama tempat", "tempat layanan", "tempat pelayanan"),
    "group": ("Kelompok", "golongan", "group", "kelompok penduduk"),
    "reason": ("Alasan", "sebab", "reason"),
    "source": ("Sumber", "sistem", "source", "system"),
    "reactivation": ("Reaktivasi", "aktivasi ulang", "reactivation"),
})  # fmt: skip
ERROR_HEADER = "kesalahan"
"""The column that says why a row was refused."""
UNUSED_HEADERS = ("no", "nomor", "no urut", "nomor urut", ERROR_HEADER)

TYPES: tuple[str, ...] = (*(wire_type(model) for model in CITIZEN_TYPES), REACTIVATION)
CHOICES: Mapping[Field, tuple[str, ...]] = MappingProxyType({
    "type": TYPES,
    "channel": get_args(Channel),
    "group": get_args(Group),
    "reason": get_args(Reason),
    "reactivation": (YES, NO),
})  # fmt: skip
"""The fields that are a choice, with the values of the catalogue."""

_CHANNELS: dict[Channel, tuple[str, ...]] = {
    "office": ("kantor", "kantor dinas", "dinas", "disdukcapil", "dukcapil", "loket"),
    "kecamatan": ("kecamatan", "kantor kecamatan", "kantor camat"),
    "desa": ("desa", "kelurahan", "desa/kelurahan", "kantor desa", "kantor kelurahan"),
    "upt": ("upt", "uptd"),
    "outreach_school": ("jemput bola sekolah", "sekolah"),
    "outreach_opd": ("jemput bola opd", "jemput bola instansi", "opd"),
    "outreach_mall": ("jemput bola mal", "jemput bola mall", "mal", "mall"),
    "outreach_village": ("jemput bola desa", "jemput bola kelurahan", "jemput bola desa/kelurahan"),
    "door_to_door": ("dari rumah ke rumah", "rumah ke rumah", "kunjungan rumah", "jemput bola rumah"),
    "other": ("lainnya", "lain-lain", "lain"),
}
_GROUPS: dict[Group, tuple[str, ...]] = {
    "asn": ("asn", "pns", "pegawai negeri"),
    "ptt": ("ptt", "pegawai tidak tetap", "pegawai kontrak"),
    "student": ("pelajar", "siswa", "murid", "mahasiswa", "pelajar/mahasiswa"),
    "general": ("umum", "masyarakat", "masyarakat umum", "warga"),
}
_REASONS: dict[Reason, tuple[str, ...]] = {
    "deceased": ("meninggal", "meninggal dunia", "wafat"),
    "duplicate": ("ganda", "data ganda", "duplikat"),
    "error": ("kesalahan", "salah", "keliru", "salah input", "salah rekam"),
    "moved_abroad": ("pindah ke luar negeri", "pindah luar negeri", "luar negeri"),
    "other": ("lainnya", "lain-lain", "lain"),
}
_TYPES: dict[str, tuple[str, ...]] = {
    wire_type(PerekamanRecorded): ("perekaman", "rekam", "perekaman ktp-el", "perekaman ktp"),
    wire_type(PerekamanVoided): ("pembatalan perekaman", "pembatalan", "batal perekaman"),
    wire_type(IkdActivated): ("aktivasi", "aktivasi ikd", "ikd"),
    wire_type(IkdDeactivated): ("penonaktifan", "nonaktif", "non aktif", "penonaktifan ikd"),
    wire_type(ResidentMoved): ("pindah", "pindah domisili", "perpindahan"),
    REACTIVATION: ("reaktivasi", "reaktivasi ikd", "aktivasi ulang", "aktivasi ulang ikd"),
}
_YES_NO: dict[str, tuple[str, ...]] = {
    YES: ("ya", "y", "yes", "benar", "1"),
    NO: ("tidak", "n", "no", "bukan", "0"),
}


def _by_text(words: Mapping[_Value, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {str(value): its for value, its in words.items()}


_SPOKEN: Mapping[Field, Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "type": _TYPES,
    "channel": _by_text(_CHANNELS),
    "group": _by_text(_GROUPS),
    "reason": _by_text(_REASONS),
    "reactivation": _YES_NO,
})  # fmt: skip


@lru_cache(maxsize=4096)
def key_of(text: str) -> str:
    """The form in which headers and words are compared: lower case, words of letters and digits, single spaces."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def spoken(field: Field) -> tuple[str, ...]:
    """The Indonesian word for each value of a choice, in the order of the catalogue."""
    return tuple(_SPOKEN[field][value][0] for value in CHOICES[field])


def spoken_as(field: Field, value: str) -> str:
    """The Indonesian word for one value of a choice, such as ``kantor`` for ``office``."""
    return _SPOKEN[field][value][0]


def _own_words(field: Field, value: str) -> tuple[str, ...]:
    """The value itself; a type also without its version."""
    return (value, value.removesuffix(".v1")) if field == "type" else (value,)


WORDS: Mapping[Field, Mapping[str, str]] = MappingProxyType({
    field: {
        key_of(word): value
        for value in values
        for word in (*_own_words(field, value), *_SPOKEN[field][value])
    }
    for field, values in CHOICES.items()
})  # fmt: skip
"""Value of the catalogue by word, for each field that is a choice."""


def type_of(kind: str) -> str:
    """The wire type for a value of ``type``."""
    return wire_type(IkdActivated) if kind == REACTIVATION else kind
