"""How a sum is made up: channels, places, groups, most first."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Literal

from shared.charts.bars import Bar, Share, bars, columns
from shared.charts.chart import Chart, Figure, Table, points
from shared.charts.lettering import clean
from shared.charts.plot import LETTER, NARROW, WIDE, Frame, empty, heading
from shared.charts.scene import Scene, Spot
from shared.wording import Language, Wording, wording_in

Unit = Literal["people", "services"]
MOST_ROWS = 12
_SUMMED_UP = 3
_HUNDREDTH = Decimal("0.01")


def shares(
    rows: Sequence[Share], language: Language, title: str, *, unit: Unit = "people", narrow: bool = False
) -> Chart:
    """A bar for each row, most first; the thirteenth and all further ones are summed. Per cent are of the sum of all
    rows, with two decimals, half up; there are none where the sum or a row is below zero, or nothing is there."""
    words = wording_in("shared.charts", language)
    title, named = clean(title), words(f"unit.{unit}")
    shown = most_first(rows, MOST_ROWS, words)
    total = sum(row.count for row in rows)
    percents = _percents(shown, total, words)
    drawn = partial(_drawn, _bars(shown, percents, words), title, _axis(total, named, percents, words), words)
    scene, ends = drawn(NARROW if narrow else WIDE)
    cells = zip(shown, percents or [""] * len(shown), strict=True)
    return Chart(
        title=title,
        summary=_summary(shown, total, named, title, words),
        table=Table(
            (words("shares.name"), words("shares.count", unit=named), words("shares.percent")),
            tuple((row.name, words.number(row.count), percent) for row, percent in cells),
        ),
        points=points(
            (
                Figure(title, named, row.name, row.value, end)
                for row, end in zip(_bars(shown, percents, words), ends, strict=True)
            ),
            scene,
        ),
        scene=scene,
        letter=lambda: drawn(LETTER)[0],
    )


def most_first(rows: Sequence[Share], most: int, words: Wording) -> list[Share]:
    """At most so many rows, most first, and one with the sum of the rest."""
    ordered = sorted((Share(clean(row.name), row.count) for row in rows), key=lambda row: (-row.count, row.name))
    rest = ordered[most:]
    if not rest:
        return ordered
    others = words("shares.others", count=words.number(len(rest)))
    return [*ordered[:most], Share(others, sum(row.count for row in rest))]


def _percents(rows: Sequence[Share], total: int, words: Wording) -> list[str]:
    """For each row, or none at all."""
    if total <= 0 or any(row.count < 0 for row in rows):
        return []
    exact = (Decimal(100 * row.count) / Decimal(total) for row in rows)
    return [words.percent(percent.quantize(_HUNDREDTH, ROUND_HALF_UP)) for percent in exact]


def _bars(rows: Sequence[Share], percents: Sequence[str], words: Wording) -> list[Bar]:
    values = [words.number(row.count) for row in rows]
    if percents:
        values = [
            words("shares.value", count=value, percent=percent) for value, percent in zip(values, percents, strict=True)
        ]
    return [Bar(row.name, row.count, value) for row, value in zip(rows, values, strict=True)]


def _axis(total: int, unit: str, percents: Sequence[str], words: Wording) -> str:
    return words("shares.axis", unit=unit, total=words.number(total)) if percents else unit


def _drawn(rows: Sequence[Bar], title: str, axis: str, words: Wording, frame: Frame) -> tuple[Scene, tuple[Spot, ...]]:
    items, baseline = heading(title, axis, frame)
    if not rows:
        return empty(items, baseline, words("shares.none"), frame), ()
    found = bars(rows, columns(rows, frame), baseline + 8, frame, "gain")
    return Scene(frame.width, found.bottom + 4, (*items, *found.items)), found.ends


def _summary(rows: Sequence[Share], total: int, unit: str, title: str, words: Wording) -> str:
    if not rows:
        return words("shares.summary_none", title=title)
    most = [f"{row.name} {words.number(row.count)}" for row in rows[:_SUMMED_UP]]
    parts = words("text.list").join(most)
    return words("shares.summary", title=title, total=words.number(total), unit=unit, parts=parts)
