"""How counters lie in documents, days nested inside, readable in a MongoDB shell.

``counters``, by kab/kota and year: what is asked for all the time.

{_id: "51.71/2024", region: "51.71", year: 2024,
 days: {ikd: {"0523": 12}},                              all residents of the kab/kota, by MMDD
 simulated: {"0523": 4}}

``details``, by kab/kota and month: the many.

{_id: "51.71/2024-05", region: "51.71", year: 2024, month: "05",
 finer:   {ikd: {"5171011001": {"0523": 2}}},            residents by desa, or by kecamatan if no desa was told
 service: {ikd: {channel: {outreach_opd: {"0523": 9}}}}} work done, see Dimension

A kecamatan's residents are the sum over its desa. A batch adds documents of the same form with its changes, ``_id``
``51.71/2024/…``: the counters of a kab/kota and time are the sum of its documents, however many there are. Adding one
costs a fraction of a change to every path of a large document, and never conflicts; compaction.py puts them together
from time to time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache, partial
from typing import Any, Literal
from urllib.parse import quote, unquote
from uuid import uuid4

from shared.events import PROGRAMMES, Programme
from shared.wilayah import local_day

Document = Mapping[str, Any]
Increments = dict[str, dict[str, dict[str, int]]]
"""Made by :func:`increments`: changes by key (``51.71/2024`` or ``51.71/2024-05``), field path and day (MMDD)."""

_KABKOTA = len("51.71")
_PROVINCE = len("51")
_HOUR = len("2024-05-23T10")
_DAYS: dict[Programme, str] = {programme: f"days.{programme}" for programme in PROGRAMMES}
COUNTED = ("counters", "details")
"""The collections of counters."""

LABELS = frozenset({"_id", "region", "year", "month"})
Dimension = Literal["channel", "place", "group", "home_region", "service_region"]
"""``channel``, ``place``, ``group`` and ``home_region`` count the work of the offices in a kab/kota; ``service_region``
counts where residents of a kab/kota were served. The two are never added up."""

Told = tuple[tuple[Dimension, str | None], ...]
"""What was told along some dimensions."""


def increments() -> Increments:
    """No changes yet; whatever is added to is there."""
    return defaultdict(partial(defaultdict, partial(defaultdict, int)))


def count_resident(counters: Increments, home: str, programme: Programme, time: str, change: int) -> None:
    """Count among the residents of ``home`` (a kab/kota, kecamatan or desa) and of what it lies in, on its own day."""
    kabkota = home[:_KABKOTA]
    year, month, day = _day(time[:_HOUR], home[:_PROVINCE])
    counters[f"{kabkota}/{year}"][_DAYS[programme]][day] += change
    if home != kabkota:
        counters[f"{kabkota}/{month}"][f"finer.{programme}.{home.replace('.', '')}"][day] += change


def count_served(counters: Increments, region: str, programme: Programme, told: Told, time: str, change: int) -> None:
    """Count service done in the kab/kota of ``region`` along each dimension of which something was told."""
    _, month, day = _day(time[:_HOUR], region[:_PROVINCE])
    paths = counters[f"{region[:_KABKOTA]}/{month}"]
    for by, value in told:
        if value is not None:
            paths[_served_path(programme, by, value)][day] += change


def count_simulated(counters: Increments, home: str, time: str, change: int) -> None:
    """Count a fact from a simulation among a kab/kota's residents, so that its figures can be labelled."""
    year, _, day = _day(time[:_HOUR], home[:_PROVINCE])
    counters[f"{home[:_KABKOTA]}/{year}"]["simulated"][day] += change


def without_zeros(counters: Increments) -> Increments:
    """The changes that change something."""
    found: Increments = {}
    for key, paths in counters.items():
        kept = {}
        for path, days in paths.items():
            nonzero = days if all(days.values()) else {day: change for day, change in days.items() if change}
            if nonzero:
                kept[path] = nonzero
        if kept:
            found[key] = kept
    return found


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


def document_of(key: str, paths: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """A document with these changes, to be added to those of its key."""
    document: dict[str, Any] = {"_id": f"{key}/{uuid4().hex}", **labels_of(key)}
    for path, days in paths.items():
        *folders, leaf = path.split(".")
        inner = document
        for folder in folders:
            inner = inner.setdefault(folder, {})
        inner[leaf] = days
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


# These are asked for with the same few arguments over and over: computing them for each counter of each event was the
# larger half of the fold.
@lru_cache(maxsize=100_000)
def _day(hour: str, province: str) -> tuple[str, str, str]:
    """Year (2024), month (2024-05) and day (0523) in a province's zone of a time in UTC, which is given up to its hour:
    offsets are whole hours."""
    day = local_day(datetime.fromisoformat(f"{hour}:00:00+00:00"), province)
    return str(day.year), f"{day:%Y-%m}", f"{day:%m%d}"


@lru_cache(maxsize=100_000)
def _served_path(programme: Programme, by: Dimension, value: str) -> str:
    return f"service.{programme}.{by}.{escape(value)}"


def days_of(documents: Iterable[Document], region: str, programme: Programme) -> dict[date, int]:
    """Net change by day, where there is one, of one region (kab/kota, kecamatan or desa), from its kab/kota's
    documents."""
    within = region.replace(".", "")
    found: Counter[date] = Counter()
    for document in documents:
        if region == document["region"]:
            found.update(_dated(document["year"], document.get("days", {}).get(programme, {})))
        else:
            for code, days in document.get("finer", {}).get(programme, {}).items():
                if code.startswith(within):
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
    return sum(sum(document.get("simulated", {}).values()) for document in documents) > 0


def escape(key: str) -> str:
    """Free text as a field name: MongoDB gives ``.`` and a leading ``$`` a meaning of their own."""
    return quote(key, safe=" /()&,'+-_:;@!?*=").replace(".", "%2E")


def _dated(year: int, days: Mapping[str, int]) -> dict[date, int]:
    return {date(year, int(day[:2]), int(day[2:])): count for day, count in days.items()}
