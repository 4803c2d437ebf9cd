"""The plain oracle: what the numbers must be, by obvious steps over the sorted set of raw events. Nothing is shared
with the code under test but the list of time zones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from shared.wilayah import zone_of

RawEvent = dict[str, Any]
CITIZEN_TYPES = {
    "perekaman.recorded.v1",
    "perekaman.voided.v1",
    "ikd.activated.v1",
    "ikd.deactivated.v1",
    "resident.moved.v1",
}


class Oracle:
    """``residents[region, programme, day]`` and ``served[kabkota, programme, dimension, key, day]``, zeros left out."""

    def __init__(self, events: Iterable[RawEvent]) -> None:
        self.residents: Counter[tuple[str, str, date]] = Counter()
        self.served: Counter[tuple[str, str, str, str, date]] = Counter()
        distinct = {(event["source"], event["id"]): event for event in events if event["type"] in CITIZEN_TYPES}
        person: dict[str, set[str]] = {}  # every pseudonym, with all that are the same person's
        for event in distinct.values():
            citizen = event["data"]["citizen"]
            said = {citizen, event["data"].get("formerly") or citizen}
            together = set().union(*(person.get(name, {name}) for name in said))
            person.update(dict.fromkeys(together, together))
        citizens: dict[str, list[RawEvent]] = {}
        for event in distinct.values():
            citizens.setdefault(min(person[event["data"]["citizen"]]), []).append(event)
        for facts in citizens.values():
            self._live(sorted(facts, key=lambda e: (datetime.fromisoformat(e["time"]), e["id"], e["source"])))
        self.residents = Counter({key: n for key, n in self.residents.items() if n})

    def total(self, region: str, programme: str) -> int:
        """Net number of a region over all days."""
        return sum(n for (where, what, _), n in self.residents.items() if (where, what) == (region, programme))

    def days(self, region: str, programme: str) -> dict[date, int]:
        """Net change by day of a region."""
        return {day: n for (where, what, day), n in self.residents.items() if (where, what) == (region, programme)}

    def by(self, kabkota: str, programme: str, dimension: str) -> dict[str, int]:
        """Services along a dimension over all days."""
        found: Counter[str] = Counter()
        for (where, what, along, key, _), n in self.served.items():
            if (where, what, along) == (kabkota, programme, dimension):
                found[key] += n
        return dict(found)

    def _live(self, facts: list[RawEvent]) -> None:
        home = ""
        state = {"ikd": "unknown", "perekaman": "unknown"}
        for fact in facts:
            data, kind = fact["data"], fact["type"]
            when = datetime.fromisoformat(fact["time"])
            wider = home == data["home"] or home.startswith(data["home"] + ".")
            if home and not wider:
                for programme, held in state.items():
                    if held == "active":
                        self._count(home, programme, when, -1)
                        self._count(data["home"], programme, when, +1)
            if not wider:
                home = data["home"]
            programme = "ikd" if kind.startswith("ikd") else "perekaman"
            if kind in ("perekaman.recorded.v1", "ikd.activated.v1"):
                if data.get("reactivation"):
                    self._serve(data, home, programme, when)
                elif state[programme] != "active":
                    state[programme] = "active"
                    self._count(home, programme, when, +1)
                    self._serve(data, home, programme, when)
            elif kind in ("perekaman.voided.v1", "ikd.deactivated.v1"):
                if state[programme] != "ended":
                    self._count(home, programme, when, -1)
                state[programme] = "ended"

    def _count(self, home: str, programme: str, when: datetime, change: int) -> None:
        day = when.astimezone(zone_of(home)).date()
        for length in (5, 8, 13):
            if len(home) >= length:
                self.residents[home[:length], programme, day] += change

    def _serve(self, data: RawEvent, home: str, programme: str, when: datetime) -> None:
        office, resident = data["service"][:5], home[:5]
        office_day = when.astimezone(zone_of(office)).date()
        resident_day = when.astimezone(zone_of(resident)).date()
        self.served[office, programme, "channel", data["channel"], office_day] += 1
        self.served[office, programme, "home_region", resident, office_day] += 1
        self.served[resident, programme, "service_region", data["service"][:8], resident_day] += 1
        for dimension in ("place", "group"):
            if data.get(dimension):
                self.served[office, programme, dimension, data[dimension], office_day] += 1
