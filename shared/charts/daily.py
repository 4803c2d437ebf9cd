"""Change by day, as bars, with its moving averages and the rate that is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.charts.chart import Chart, Figure, Table, points
from shared.charts.daily_drawing import drawn
from shared.charts.days import Day, Days, averaged
from shared.charts.lettering import clean
from shared.charts.plot import LETTER, NARROW, WIDE, Plot
from shared.wording import Language, Wording, wording_in


def daily(
    days: Sequence[Day],
    language: Language,
    title: str,
    *,
    needed: int | None = None,
    shown: int = 90,
    narrow: bool = False,
) -> Chart:
    """The net change of the last ``shown`` days (92 at most), whose earlier ones count in the averages only. A day that
    is missing is one without change. ``needed`` is the rate, in people a day, that the target asks for from now on.

    An average is of the 7 or 28 days that end with its day, with two decimals, half up; there is none before so many
    days are given.
    """
    words = wording_in("shared.charts", language)
    title = clean(title)
    of = averaged(days, shown, needed)
    scene, plot = drawn(of, title, NARROW if narrow else WIDE, words)
    return Chart(
        title=title,
        summary=_summary(of, title, words),
        table=_table(of, words),
        points=points(_figures(of, plot, words), scene),
        scene=scene,
        letter=lambda: drawn(of, title, LETTER, words)[0],
    )


def _summary(of: Days, title: str, words: Wording) -> str:
    if not of.days:
        return words("daily.summary_none", title=title)
    parts = [words("daily.summary_total", total=words.number(sum(day.change for day in of.days)))]
    parts += [
        words(f"daily.summary_{name}", rate=words.decimal(mean))
        for name, means in of.means.items()
        if (mean := means[-1]) is not None
    ]
    if of.needed is not None:
        parts.append(words("daily.summary_needed", rate=words.number(of.needed)))
    first, last = words.day(of.days[0].on), words.day(of.days[-1].on)
    return words("daily.summary", title=title, first=first, last=last, parts=words("text.list").join(parts))


def _table(of: Days, words: Wording) -> Table:
    columns = [words("daily.day"), words("daily.change"), *(words(f"daily.{name}") for name in of.means)]
    rows = [[words.day(day.on), words.number(day.change)] for day in of.days]
    for means in of.means.values():
        for row, mean in zip(rows, means, strict=True):
            row.append("" if mean is None else words.decimal(mean))
    if of.needed is not None:
        columns.append(words("daily.needed"))
        for row in rows:
            row.append(words.number(of.needed))
    return Table(tuple(columns), tuple(map(tuple, rows)))


def _figures(of: Days, plot: Plot | None, words: Wording) -> Iterator[Figure]:
    if plot is None:
        return
    daily_unit = words("unit.people_daily")
    for day in of.days:
        spot = plot.spot(day.on, day.change)
        yield Figure(words("daily.change"), words("unit.people"), words.day(day.on), words.number(day.change), spot)
    for name, means in of.means.items():
        for day, mean in zip(of.days, means, strict=True):
            if mean is not None:
                value, spot = words.decimal(mean), plot.spot(day.on, mean)
                yield Figure(words(f"daily.{name}"), daily_unit, words.day(day.on), value, spot)
    if of.needed is not None:
        last, value = of.days[-1].on, words.number(of.needed)
        yield Figure(words("daily.needed"), daily_unit, words.day(last), value, plot.spot(last, of.needed))
