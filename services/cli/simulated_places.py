"""Where simulated service happens: channels by share, and places and groups that fit them."""

from __future__ import annotations

from random import Random

from shared.events import Channel
from shared.events.citizen import Group

CHANNELS: dict[Channel, float] = {
    "office": 0.42,
    "kecamatan": 0.24,
    "upt": 0.08,
    "desa": 0.06,
    "outreach_school": 0.06,
    "outreach_opd": 0.05,
    "outreach_mall": 0.04,
    "outreach_village": 0.03,
    "door_to_door": 0.01,
    "other": 0.01,
}
"""Share of service done through each channel."""

_PLACES: dict[Channel, tuple[str, ...]] = {
    "outreach_school": tuple(f"{kind} Negeri {n}" for kind in ("SMA", "SMK", "MA") for n in range(1, 9)),
    "outreach_opd": ("Dinas Kesehatan", "Dinas Pendidikan", "Dinas Sosial", "Bapenda", "Inspektorat", "Sekretariat"),
    "outreach_mall": ("Mal Pelayanan Publik", "Mal Kota", "Pasar Induk"),
    "outreach_village": ("Balai Desa", "Balai Banjar", "Posyandu"),
}


def place_of(channel: Channel, draw: Random) -> str | None:
    """A place that fits the channel, or ``None`` where the channel says it all."""
    places = _PLACES.get(channel)
    return draw.choice(places) if places else None


def group_of(channel: Channel, draw: Random) -> Group:
    """Whom one meets through the channel."""
    if channel == "outreach_school":
        return "student"
    if channel == "outreach_opd":
        return draw.choices(("asn", "ptt"), weights=(7, 3))[0]
    return draw.choices(("general", "asn", "student"), weights=(90, 4, 6))[0]
