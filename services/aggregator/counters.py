"""How counters lie in documents, days nested inside, readable in a MongoDB shell.

``counters``, by kab/kota and year: what is asked for all the time.

{_id: "51.71/2024", region: "51.71", year: 2024,
 days: {ikd: {"0523": 12}},                                          the kab/kota itself, by MMDD
 simulated: 4}

``details``, by kab/kota and month: the many.

{_id: "51.71/2024-05", region: "51.71", year: 2024, month: "05",
 finer:   {ikd: {"517101": {"0523": 7}, "5171011001": {"0523": 2}}},  its kecamatan and desa, codes without dots
 service: {ikd: {channel: {outreach_opd: {"0523": 9}}}}}              work done, see Dimension

A batch adds documents of the same form with its changes, ``_id`` ``51.71/2024/…``: the counters of a kab/kota and time
are the sum of its documents, however many there are. Adding one costs a fraction of a change to every path of a large
document, and never conflicts; compaction.py puts them together from time to time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import quote, unquote
from uuid import uuid4

from shared.events import Programme
from shared.wilayah import lineage, local_day

Document = Mapping[str, Any]
Increments = dict[str, dict[str, int]]
"""Changes by document id and field path."""

LABELS = frozenset({"_id", "region", "year", "month"})
Dimension = Literal["channel", "place", "group", "home_region", "service_region"]
"""``channel``, ``place``, ``group`` and ``home_region`` count the work of the offices in a kab/kota; ``service_region``
counts where residents of a kab/kota were served. The two are never added up."""


def count_resident(counters: Increments, home: str, programme: Programme, time: str, change: int) -> None:
    """Count among the residents of ``home`` (a kab/kota, kecamatan or desa) and of what it lies in, on its own day."""
    year, day = _day(time[:13], home[:2])
    _add_to(counters, f"{home[:5]}/{year}", f"days.{programme}.{day}", change)
    for prefix in _finer_prefixes(home, programme):
        _add_to(counters, f"{home[:5]}/{year}-{day[:2]}", prefix + day, change)


def count_served(
    counters: Increments, region: str, programme: Programme, by: Dimension, key: str, time: str, change: int
) -> None:
    """Count service done in the kab/kota of ``region`` along one dimension."""
    year, day = _day(time[:13], region[:2])
    _add_to(counters, f"{region[:5]}/{year}-{day[:2]}", _served_prefix(programme, by, key) + day, change)


def count_simulated(counters: Increments, home: str, time: str, change: int) -> None:
    """Count a fact from a simulation among a kab/kota's residents, so that its figures can be labelled."""
    year, _ = _day(time[:13], home[:2])
    _add_to(counters, f"{home[:5]}/{year}", "simulated", change)


def _add_to(counters: Increments, key: str, path: str, change: int) -> None:
    paths = counters.get(key)
    if paths is None:
        paths = counters[key] = {}
    paths[path] = paths.get(path, 0) + change


def without_zeros(counters: Increments) -> Increments:
    """The changes that change something."""
    found = {document: {path: n for path, n in paths.items() if n} for document, paths in counters.items()}
    return {document: paths for document, paths in found.items() if paths}


def collection_of(key: str) -> str:
    """In which collection the documents of a key such as ``51.71/2024`` or ``51.71/2024-05`` are."""
    return "details" if "-" in key else "counters"


def labels_of(key: str) -> dict[str, Any]:
    """What all documents of a key have in common, and no others."""
    region, _, when = key.partition("/")
    year, _, month = when.partition("-")
    labels: dict[str, Any] = {"region": region, "year": int(year)}
    return labels | {"month": month} if month else labels


def key_of(document: Document) -> str:
    """The key whose counters a document adds to."""
    month = document.get("month")
    return f"{document['region']}/{document['year']}" + (f"-{month}" if month else "")


def document_of(key: str, paths: Mapping[str, int]) -> dict[str, Any]:
    """A document with these changes, to be added to those of its key."""
    document: dict[str, Any] = {"_id": f"{key}/{uuid4().hex}", **labels_of(key)}
    for path, change in paths.items():
        *folders, leaf = path.split(".")
        inner = document
        for folder in folders:
            inner = inner.setdefault(folder, {})
        inner[leaf] = change
    return document


def summed(documents: Iterable[Document]) -> dict[str, dict[str, Any]]:
    """One document for each key, which is its ``_id``; counts of zero are left out."""
    sums: dict[str, dict[str, Any]] = {}
    for document in documents:
        key = key_of(document)
        _add(sums.setdefault(key, {"_id": key, **labels_of(key)}), document)
    return {key: _kept(document) for key, document in sums.items()}


def _add(total: dict[str, Any], more: Document) -> None:
    for name, value in more.items():
        if isinstance(value, Mapping):
            _add(total.setdefault(name, {}), value)
        elif name not in LABELS:
            total[name] = total.get(name, 0) + value


def _kept(document: Document) -> dict[str, Any]:
    kept = {name: _kept(value) if isinstance(value, Mapping) else value for name, value in document.items()}
    return {name: value for name, value in kept.items() if value not in (0, {})}


# These three are asked for with the same few arguments over and over: computing them for each of an event's eight
# counters was the larger half of the fold.
@lru_cache(maxsize=200_000)
def _day(hour: str, province: str) -> tuple[str, str]:
    """Year and MMDD in a province's zone of a time in UTC, which is given up to its hour: offsets are whole hours."""
    day = local_day(datetime.fromisoformat(f"{hour}:00:00+00:00"), province)
    return str(day.year), f"{day:%m%d}"


@lru_cache(maxsize=200_000)
def _finer_prefixes(home: str, programme: Programme) -> tuple[str, ...]:
    return tuple(f"finer.{programme}.{region.replace('.', '')}." for region in lineage(home)[1:])


@lru_cache(maxsize=200_000)
def _served_prefix(programme: Programme, by: Dimension, key: str) -> str:
    return f"service.{programme}.{by}.{escape(key)}."


def days_of(documents: Iterable[Document], region: str, programme: Programme) -> dict[date, int]:
    """Net change by day, where there is one, of one region (kab/kota, kecamatan or desa), from its kab/kota's
    documents."""
    code = region.replace(".", "")
    found: Counter[date] = Counter()
    for document in documents:
        if region == document["region"]:
            days = document.get("days", {}).get(programme, {})
        else:
            days = document.get("finer", {}).get(programme, {}).get(code, {})
        found.update(_dated(document["year"], days))
    return {day: change for day, change in found.items() if change}


def services_of(documents: Iterable[Document], programme: Programme, by: Dimension) -> Iterator[tuple[str, date, int]]:
    """Every (key, day, count) along one dimension in these documents."""
    for document in documents:
        for key, days in document.get("service", {}).get(programme, {}).get(by, {}).items():
            for day, count in _dated(document["year"], days).items():
                yield unquote(key), day, count


def simulated(documents: Iterable[Document]) -> bool:
    """Whether any of the figures come from a simulation."""
    return sum(int(document.get("simulated", 0)) for document in documents) > 0


def escape(key: str) -> str:
    """Free text as a field name: MongoDB gives ``.`` and a leading ``$`` a meaning of their own."""
    return quote(key, safe=" /()&,'+-_:;@!?*=").replace(".", "%2E")


def _dated(year: int, days: Mapping[str, int]) -> dict[date, int]:
    return {date(year, int(day[:2]), int(day[2:])): count for day, count in days.items()}
