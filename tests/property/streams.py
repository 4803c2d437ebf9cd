"""Streams of raw citizen events for property tests: few people, few places, close in time, so that everything meets."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

# Three zones, a kota with and without its kecamatan and desa, and a neighbour.
HOMES = ("51.71", "51.71.01", "51.71.01.1001", "51.71.02", "35.73", "35.73.01.1001", "91.71")
_START = datetime(2024, 6, 29, 12, 0, tzinfo=timezone(timedelta(hours=7)))
_OFFSETS = (timedelta(hours=7), timedelta(hours=8), timedelta(hours=9), timedelta(0))


@st.composite
def citizen_events(draw: st.DrawFn, *, keys: int = 1) -> dict[str, Any]:
    """One event about one of three citizens within three days around a month's end. Ids may repeat: see ``streams``.

    With several ``keys`` a citizen has as many pseudonyms; an event may say the one before, too.
    """
    kind = draw(
        st.sampled_from(
            ["ikd.activated.v1"] * 3
            + ["perekaman.recorded.v1"] * 2
            + ["ikd.deactivated.v1", "perekaman.voided.v1", "resident.moved.v1"]
        )
    )
    person, key = draw(st.integers(0, 2)), draw(st.integers(1, keys))
    data: dict[str, Any] = {"citizen": f"k{key}:{person:032x}", "home": draw(st.sampled_from(HOMES))}
    if key > 1 and draw(st.booleans()):
        data["formerly"] = f"k{key - 1}:{person:032x}"
    if kind in ("ikd.activated.v1", "perekaman.recorded.v1"):
        data["service"] = draw(st.sampled_from(HOMES))
        data["channel"] = draw(st.sampled_from(["office", "outreach_mall"]))
        if draw(st.booleans()):
            data["place"] = draw(st.sampled_from(["Mal A", "Dinas. PUPR", "$PP"]))
        if draw(st.booleans()):
            data["group"] = draw(st.sampled_from(["asn", "student"]))
        if kind == "ikd.activated.v1" and draw(st.integers(0, 4)) == 0:
            data["reactivation"] = True
    elif kind != "resident.moved.v1":
        data["reason"] = draw(st.sampled_from(["deceased", "error"]))
    moment = _START + timedelta(minutes=draw(st.integers(0, 72 * 4)) * 15)
    return {
        "specversion": "1.0",
        "type": kind,
        "time": moment.astimezone(timezone(draw(st.sampled_from(_OFFSETS)))).isoformat(),
        "data": data,
    }


@st.composite
def streams(draw: st.DrawFn, *, keys: int = 1) -> list[dict[str, Any]]:
    """Up to 14 distinct events of two sources; the same id in both sources is two events."""
    events = draw(st.lists(citizen_events(keys=keys), max_size=14))
    return [{**event, "id": f"e{number // 2}", "source": f"siak/{number % 2}"} for number, event in enumerate(events)]
