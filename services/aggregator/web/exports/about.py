"""What a workbook says of itself on its second sheet: whoever finds the file in a year can tell what it is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from services.aggregator.web.pages.cards import heading, source
from services.aggregator.web.pages.shell import Stamp
from shared.events import Programme
from shared.events.standing import Standing
from shared.wilayah import NATION, Region, find
from shared.wording import Wording

Line = tuple[str, str | int | date]


@dataclass(frozen=True, slots=True)
class About:
    """``name`` is of the sheet, ``title`` of the file; each line has a label and what it says."""

    name: str
    title: str
    lines: tuple[Line, ...]


class Asked(NamedTuple):
    """The request: the address without the server, the regions that who asked may see, and the aware moment."""

    address: str
    regions: Sequence[str]
    at: datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """What the file is about. ``content`` names its table; ``first`` and ``last`` are the days asked for, if any."""

    content: str
    region: Region
    programme: Programme
    day: date
    first: date | None = None
    last: date | None = None


def about(
    subject: Subject, stamp: Stamp, targets: Iterable[Standing], asked: Asked, pages: Wording, say: Wording,
    *, simulated: bool,
) -> About:  # fmt: skip
    """``targets`` are the standings of the region itself; ``pages`` are the words of the pages, ``say`` of exports."""
    programme = pages(f"programme.{subject.programme}")
    title = say(f"title.{subject.content}", programme=programme, name=subject.region.name, day=say.day(subject.day))
    lines: list[Line] = [
        (say("about.content"), title),
        (say("about.region"), f"{subject.region.name} ({subject.region.code})"),
        (say("about.programme"), programme),
        (say("about.day"), subject.day),
    ]
    lines += [
        (say(f"about.{name}"), bound)
        for name, bound in (("first", subject.first), ("last", subject.last))
        if bound is not None
    ]
    lines += [(say("about.sequence"), stamp.sequence), (say("about.projection"), stamp.projection)]
    lines += [(say("about.target"), text) for text in _targets(targets, pages)]
    lines += [
        (say("about.asked"), asked.address),
        (say("about.asked_by"), _may_see(asked.regions, say)),
        (say("about.made"), say.moment(asked.at)),
        (say("about.note"), say("note.percentages")),
        (say("about.note"), say("note.empty")),
    ]
    if say.has(f"note.{subject.content}"):
        lines.append((say("about.note"), say(f"note.{subject.content}")))
    if simulated:
        lines.append((say("about.warning"), say("note.simulated")))
    return About(say("sheet.about"), title, tuple(lines))


def _targets(standings: Iterable[Standing], pages: Wording) -> list[str]:
    return [
        f"{heading(row, pages)}. {source(row.target, pages)}" if row.target else heading(row, pages)
        for row in standings
    ]


def _may_see(regions: Sequence[str], say: Wording) -> str:
    if NATION in regions:
        return say("about.everything")
    return say("about.within", names=", ".join(f"{find(code).name} ({code})" for code in regions))
