"""The views of wider regions: the map of tiles, who moved most, and the table of all. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from services.aggregator.web.pages.shell import Shell
from services.aggregator.web.pages.tiles import COLUMNS, ROWS, TILES
from shared.events.standing import Standing
from shared.pages import path_of
from shared.wilayah import find
from shared.wording import Wording

SIZE = 40
_MOST = 5
_HUNDRED_THOUSAND = 100_000


@dataclass(frozen=True, slots=True)
class Tiled:
    """A province on the map: where, how it is coloured, and what it says."""

    code: str
    x: int
    y: int
    short: str
    kind: str
    text: str
    link: str


class Mover(NamedTuple):
    """A region whose pace changed: people a day for each 100,000 wajib KTP, in the last week and in the last four."""

    standing: Standing
    link: str
    week: Decimal
    month: Decimal


class Movers(NamedTuple):
    """Those whose last week was best and worst against their last four."""

    up: tuple[Mover, ...]
    down: tuple[Mover, ...]


def extent() -> tuple[int, int]:
    """Width and height of the map."""
    return COLUMNS * SIZE, ROWS * SIZE


def tiled(provinces: Iterable[Standing], shell: Shell) -> tuple[Tiled, ...]:
    """All 38 provinces, from north-west to south-east; those without a figure say so."""
    known = {row.region: row for row in provinces}
    say = shell.say
    found = []
    for code, tile in sorted(TILES.items(), key=lambda item: (item[1].row, item[1].column)):
        row = known.get(code)
        place = (tile.column * SIZE, tile.row * SIZE)
        found.append(Tiled(code, *place, tile.short, kind_of(row), text_of(code, row, say), shell.link(path_of(code))))
    return tuple(found)


def kind_of(row: Standing | None) -> str:
    """How a region is coloured: by its status, or as critical."""
    if row is None:
        return "no_target"
    return "critical" if row.severity == "critical" else row.status


def text_of(code: str, row: Standing | None, say: Wording) -> str:
    """What a tile says: the region, its status and how much of the target is done."""
    name, status = find(code).name, say(f"status.{row.status if row else 'no_target'}")
    if row is None or row.attainment_percent is None:
        return say("tile.text", name=name, status=status)
    return say("tile.percent", name=name, status=status, percent=say.percent(row.attainment_percent))


def movers(standings: Sequence[Standing], shell: Shell) -> Movers:
    """The five whose last seven days most exceeded their last 28, and the five that fell back most; regions of any size
    compare by people a day for each 100,000 wajib KTP."""
    found = [
        Mover(
            row,
            shell.link(path_of(row.region)),
            Decimal(row.done7 * _HUNDRED_THOUSAND) / (7 * row.wajib_ktp),
            Decimal(row.done28 * _HUNDRED_THOUSAND) / (28 * row.wajib_ktp),
        )
        for row in standings
        if row.wajib_ktp and row.status != "no_data"
    ]
    found.sort(key=lambda mover: (mover.month - mover.week, mover.standing.region))
    up = tuple(mover for mover in found[:_MOST] if mover.week > mover.month)
    down = tuple(mover for mover in reversed(found[-_MOST:]) if mover.week < mover.month)
    return Movers(up, down)


def tally(standings: Iterable[Standing]) -> dict[str, int]:
    """How many regions have which status, the gravest first."""
    order = ("missed", "behind", "no_data", "at_risk", "on_pace", "achieved", "not_started", "no_target")
    counts = dict.fromkeys(order, 0)
    for row in standings:
        counts[row.status] += 1
    return {status: count for status, count in counts.items() if count}
