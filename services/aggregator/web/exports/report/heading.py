"""The head of the sheet: whose it is, its register number and its subject, as Indonesian offices put them. Pure."""

from __future__ import annotations

from datetime import date

from shared.wilayah import Level, Region, find, kabkota_of
from shared.wording import Wording

_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")


def place(region: Region, say: Wording) -> str:
    """The region as it is called in a sentence: *Kecamatan Denpasar Selatan, Kota Denpasar*."""
    match region.level:
        case Level.NATION | Level.KABKOTA:
            return region.name
        case Level.PROVINCE:
            return say("kop.province", name=region.name)
        case Level.KECAMATAN | Level.DESA:
            named = say(f"place.{region.level}", name=region.name)
            return say("place.within", name=named, wider=find(kabkota_of(region.code)).name)


def office(region: Region, say: Wording) -> tuple[str, str]:
    """Which office, and of which region: a kecamatan's is its kab/kota's."""
    if region.level is Level.NATION:
        return say("kop.nation"), region.name
    narrow = region.level in (Level.KECAMATAN, Level.DESA)
    return say("kop.office"), place(find(kabkota_of(region.code)) if narrow else region, say)


def register_number(region: Region, day: date, sequence: int, projection: int, say: Wording) -> str:
    """Such as ``1-20431/51.71/LAPORAN/VI/2024``: its first part names the projection and the last event reflected, so
    two sheets with the same number have the same figures of the same month."""
    return say(
        "register.number_of",
        serial=f"{projection}-{sequence}",
        region=region.code,
        month=_ROMAN[day.month - 1],
        year=str(day.year),
    )
