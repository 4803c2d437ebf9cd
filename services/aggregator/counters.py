"""How counters lie in documents: one per kab/kota and year, days nested inside, readable in a MongoDB shell.

{_id: "51.71/2024", region: "51.71", year: 2024,
 days:    {ikd: {"0523": 12}},                                      the kab/kota itself, by MMDD
 finer:   {ikd: {"517101": {"0523": 7}, "5171011001": {"0523": 2}}},  its kecamatan and desa, codes without dots
 service: {ikd: {channel: {outreach_opd: {"0523": 9}}}},            work done, see citizen.Served
 simulated: 4}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import quote, unquote

from services.aggregator.citizen import Cell, Dimension, Served, Simulated
from shared.events import Programme
from shared.wilayah import kabkota_of

Document = Mapping[str, Any]
Increments = dict[str, dict[str, int]]


def increments(cells: Counter[Cell]) -> Increments:
    """The ``$inc`` of each counter document, by document id and field path. Cells without change are left out."""
    changes: Increments = {}
    for cell, change in cells.items():
        if change:
            document, path = _place(cell)
            changes.setdefault(document, {})[path] = change
    return changes


def _place(cell: Cell) -> tuple[str, str]:
    if isinstance(cell, Simulated):
        return f"{cell.region}/{cell.year}", "simulated"
    day = f"{cell.day:%m%d}"
    if isinstance(cell, Served):
        return f"{cell.region}/{cell.day.year}", f"service.{cell.programme}.{cell.by}.{escape(cell.key)}.{day}"
    kabkota = kabkota_of(cell.region)
    if cell.region == kabkota:
        return f"{kabkota}/{cell.day.year}", f"days.{cell.programme}.{day}"
    return f"{kabkota}/{cell.day.year}", f"finer.{cell.programme}.{cell.region.replace('.', '')}.{day}"


def days_of(documents: Iterable[Document], region: str, programme: Programme) -> dict[date, int]:
    """Net change by day of one region (kab/kota, kecamatan or desa) from the documents of its kab/kota."""
    code = region.replace(".", "")
    found: dict[date, int] = {}
    for document in documents:
        if region == document["region"]:
            days = document.get("days", {}).get(programme, {})
        else:
            days = document.get("finer", {}).get(programme, {}).get(code, {})
        found |= _dated(document["year"], days)
    return found


def services_of(documents: Iterable[Document], programme: Programme, by: Dimension) -> Iterator[tuple[str, date, int]]:
    """Every (key, day, count) along one dimension in these documents."""
    for document in documents:
        for key, days in document.get("service", {}).get(programme, {}).get(by, {}).items():
            for day, count in _dated(document["year"], days).items():
                yield unquote(key), day, count


def simulated(documents: Iterable[Document]) -> bool:
    """Whether any of the figures come from a simulation."""
    return any(document.get("simulated", 0) for document in documents)


def escape(key: str) -> str:
    """Free text as a field name: MongoDB gives ``.`` and a leading ``$`` a meaning of their own."""
    return quote(key, safe=" /()&,'+-_:;@!?*=").replace(".", "%2E")


def _dated(year: int, days: Mapping[str, int]) -> dict[date, int]:
    return {date(year, int(day[:2]), int(day[2:])): count for day, count in days.items()}
