"""The events that all contenders get: a week of service at the counters of all 514 kab/kota, as it would arrive.

One event in twenty comes late, by up to a day of the others; one in a hundred comes twice. Of those who move, die or
are found to be counted in error, one in a hundred was served in that very week: of 200 million people 100,000 were, so
that one in two thousand would be likely.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

from bench.contender import Figures, RawEvent, figures_of
from services.cli.simulate import citizens, plan
from tests.oracle import Oracle

REGIONS = 514
_FIRST, _LAST = date(2024, 5, 20), date(2024, 5, 26)
_LATE, _TWICE = 0.05, 0.01
FAMILIAR = 0.01
_DAYS = 7


def write(path: Path, events: int, seed: int, familiar_share: float = FAMILIAR) -> None:
    """Write so many events in order of arrival, one a line; the same for the same seed. ``familiar_share`` of those
    who move, or whose entry ends, were served in the week too."""
    # A simulation's own mark would be one more counter for each event.
    week = plan(events, REGIONS, seed, _FIRST, _LAST)
    source = replace(week, source=f"siak/bench-{seed}", familiar_share=familiar_share)
    lines = [event.model_dump_json(exclude_none=True) for event in citizens(source)]
    draw = Random(seed)
    arriving: list[tuple[float, str]] = []
    for position, line in enumerate(lines):
        late = draw.uniform(0, len(lines) / _DAYS) if draw.random() < _LATE else 0.0
        arriving.append((position + late, line))
        if draw.random() < _TWICE:
            arriving.append((position + late + draw.uniform(0, 500), line))
    arriving.sort()
    path.write_text("".join(f"{line}\n" for _, line in arriving))


def head(path: Path, events: int, target: Path) -> None:
    """The first events of a file as a file: what a contender gets that would need hours for all."""
    with path.open() as lines:
        target.write_text("".join(line for line, _ in zip(lines, range(events), strict=False)))


def expected(path: Path) -> Figures:
    """What the figures must be, by the plain oracle."""
    with path.open() as lines:
        return of_oracle(json.loads(line) for line in lines)


def of_oracle(events: Iterable[RawEvent]) -> Figures:
    """The oracle's figures of the kab/kota."""
    residents = Oracle(events).residents
    return figures_of(
        (programme, region, day.isoformat(), change)
        for (region, programme, day), change in residents.items()
        if region.count(".") == 1
    )
