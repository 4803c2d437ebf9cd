"""Who is served where: residents served in other regions, and residents of other regions served here. Both are views of
the same work: they are shown side by side and never added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.charts.bars import Bar, Share, bars, columns
from shared.charts.chart import Chart, Figure, Table, points
from shared.charts.colours import Colour
from shared.charts.lettering import LINE, clean, wrapped
from shared.charts.plot import LETTER, NARROW, WIDE, Frame, heading
from shared.charts.scene import Scene, Spot, Text
from shared.charts.shares import Unit, most_first
from shared.wording import Language, Wording, wording_in

_MOST_ROWS = 8


@dataclass(frozen=True, slots=True)
class _Group:
    heading: str
    colour: Colour
    rows: tuple[Bar, ...]


def flows(
    name: str,
    language: Language,
    *,
    at_home: int,
    away: Sequence[Share],
    visitors: Sequence[Share],
    unit: Unit = "people",
    narrow: bool = False,
) -> Chart:
    """The flows of the region ``name``. ``at_home`` are its residents whom it served itself, ``away`` its residents by
    the other regions that served them, ``visitors`` the residents of other regions whom it served, by their home. Of
    each group the first eight are shown, most first, and the rest summed."""
    words = wording_in("shared.charts", language)
    name, named = clean(name), words(f"unit.{unit}")
    title = words("flows.title", name=name)
    groups = (
        _Group(words("flows.away", name=name), "gain", _bars(away, words)),
        _Group(words("flows.visitors", name=name), "visitor", _bars(visitors, words)),
    )
    scene, ends = _drawn(groups, title, named, NARROW if narrow else WIDE, words)
    rows = [(group, row) for group in groups for row in group.rows]
    return Chart(
        title=title,
        summary=words(
            "flows.summary",
            name=name,
            unit=named,
            at_home=words.number(at_home),
            away=words.number(sum(row.count for row in away)),
            visitors=words.number(sum(row.count for row in visitors)),
        ),
        table=Table(
            (words("flows.group"), words("flows.region"), words("flows.count", unit=named)),
            (
                (words("flows.at_home", name=name), name, words.number(at_home)),
                *((group.heading, row.name, row.value) for group, row in rows),
            ),
        ),
        points=points(
            (
                Figure(group.heading, named, row.name, row.value, end)
                for (group, row), end in zip(rows, ends, strict=True)
            ),
            scene,
        ),
        scene=scene,
        letter=lambda: _drawn(groups, title, named, LETTER, words)[0],
    )


def _bars(rows: Sequence[Share], words: Wording) -> tuple[Bar, ...]:
    return tuple(Bar(row.name, row.count, words.number(row.count)) for row in most_first(rows, _MOST_ROWS, words))


def _drawn(
    groups: Sequence[_Group], title: str, unit: str, frame: Frame, words: Wording
) -> tuple[Scene, tuple[Spot, ...]]:
    items, baseline = heading(title, unit, frame)
    within = columns((row for group in groups for row in group.rows), frame)
    margin = items[-1].x if isinstance(items[-1], Text) else 0.0
    ends: list[Spot] = []
    top = baseline + 6
    for group in groups:
        for part in wrapped(group.heading, frame.size, frame.width - 2 * margin, lines=2, bold=True):
            top += frame.size * LINE
            items.append(Text(margin, top, part, frame.size, "ink", bold=True))
        top += 8
        if not group.rows:
            top += frame.size
            items.append(Text(margin, top, words("flows.none"), frame.size, "muted"))
            top += 4
        found = bars(group.rows, within, top, frame, group.colour)
        items += found.items
        ends += found.ends
        top = found.bottom + 12
    return Scene(frame.width, top - 8, tuple(items)), tuple(ends)
