"""Services as the offices of kab/kota did them. The counts here are as they are, not as they are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from services.aggregator.counters import Dimension, services_of
from services.aggregator.reading.shelved import is_narrow
from services.aggregator.reading.suppressed import Visit
from services.aggregator.shelves import Shelves, owner_of
from shared.events import PROGRAMMES, Programme
from shared.wilayah import kabkota_in


async def served_by(shelves: Shelves, code: str, day: date) -> dict[Programme, int]:
    """Services of a region's offices by the end of a day; of a kecamatan or desa, which has none of its own, 0."""
    if is_narrow(code):
        return dict.fromkeys(PROGRAMMES, 0)
    documents = await shelves.services(kabkota_in(code))
    return {
        programme: sum(count for _, on, count in services_of(documents, programme, "channel") if on <= day)
        for programme in PROGRAMMES
    }


async def served_at(shelves: Shelves, code: str) -> dict[Programme, Counter[Visit]]:
    """Services by day and place of the kab/kota that the region is or lies in."""
    documents = await shelves.services([owner_of(code)])
    served: dict[Programme, Counter[Visit]] = {programme: Counter() for programme in PROGRAMMES}
    for programme, done in served.items():
        for place, day, count in services_of(documents, programme, "place"):
            done[day, place] += count
    return served


async def served_along(
    shelves: Shelves, kabkota: Iterable[str], programme: Programme, by: Dimension, first: date | None, last: date | None
) -> Counter[str]:
    """Services of these kab/kota along one dimension, from ``first`` to ``last``, both included."""
    counts: Counter[str] = Counter()
    for key, day, count in services_of(await shelves.services(kabkota), programme, by):
        if (first is None or first <= day) and (last is None or day <= last):
            counts[key] += count
    return counts
