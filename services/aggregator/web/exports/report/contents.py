"""What a report says, in one language: nothing but text, so that who prints it decides nothing. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from services.aggregator.web.exports.report import target_rows
from services.aggregator.web.exports.report.gathering import Gathered
from services.aggregator.web.exports.report.heading import office, place, register_number
from services.aggregator.web.exports.report.lettering import fitting, people
from services.aggregator.web.exports.report.panels import Panel, panels
from services.aggregator.web.exports.report.target_rows import Pill, TargetRow
from services.aggregator.web.pages import drawings
from services.aggregator.web.pages.cards import heading, outlook, verdict
from services.aggregator.web.pages.drawings import Drawn
from services.aggregator.web.pages.shell import Stamp, stamped
from shared.pages import page_of
from shared.wilayah import zone_of
from shared.wording import Language, Wording, wording_in

_DOCUMENT = 90
_WARNINGS = 200
_COLOUR = re.compile(r"var\(--[a-z-]+, (#[0-9a-f]{6})\)")


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its title, and ``alt``: what it shows, in words."""

    title: str
    alt: str
    svg: str


@dataclass(frozen=True, slots=True)
class Report:
    """From the head to the foot of the sheet. ``facts`` are pairs of heading and figure; ``status`` belongs to
    ``heading``. What is empty is left out."""

    language: Language
    title: str
    brand: tuple[str, str]
    office: tuple[str, str]
    register: tuple[tuple[str, str], ...]
    date: str
    notices: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    heading: str
    status: Pill | None
    verdict: str
    outlook: str
    target: str
    standing: str
    table: str
    columns: tuple[str, ...]
    rows: tuple[TargetRow, ...]
    below: tuple[str, ...]
    chart: Chart | None
    quiet: str
    panels: tuple[Panel, ...]
    foot: tuple[str, ...]
    address: str


def report(found: Gathered, printed: datetime, pages_url: str, language: Language) -> Report:
    """The report of what was gathered. ``printed`` is aware, and put on the clock of the region; ``pages_url`` is where
    the pages are reached."""
    pages = wording_in("services.aggregator.web.pages", language)
    say = wording_in("services.aggregator.web.exports", language)
    region, reading, standings = found.region, found.reading, found.standings
    first, hidden = next(iter(standings), None), _hidden(found, pages, say)
    name, day = place(region, say), say.day(found.day)
    aims = any(row.target for row in standings)
    return Report(
        language=language,
        title=say("register.title", name=name, day=day),
        brand=(say("kop.brand"), say("kop.line")),
        office=office(region, say),
        register=(
            (say("register.number"), register_number(region, found.day, reading.sequence, reading.projection, say)),
            (say("register.matter"), say("register.subject", name=name)),
        ),
        date=f"{say('register.day')} {day}",
        notices=_notices(found, pages, say),
        facts=_facts(found, pages, say),
        heading=heading(first, pages) if first else name,
        status=target_rows.pill(first, pages) if first and first.target else None,
        verdict=verdict(first, pages) if first else hidden,
        outlook=outlook(first, pages) if first else "",
        target=say("report.target" if aims else "report.programme"),
        standing=pages("column.status"),
        table=say("report.targets" if aims else "report.programmes"),
        columns=target_rows.columns(standings, say),
        rows=target_rows.rows(standings, pages, say),
        below=_below(found, hidden, say) if first else (),
        chart=(chart := _chart(found, pages)),
        quiet="" if chart else _quiet(found, pages, say),
        panels=panels(found, say),
        foot=_foot(found, printed, pages, say),
        address=page_of(pages_url, region.code, found.day),
    )


def light(svg: str) -> str:
    """A chart's drawing with its light colours: on paper no style sheet sets others."""
    return _COLOUR.sub(r"\1", svg)


def _notices(found: Gathered, pages: Wording, say: Wording) -> tuple[str, ...]:
    notices = []
    if found.reading.simulated or any(row.simulated for row in found.standings):
        notices.append(say("report.simulated"))
    if warnings := found.reading.warnings:
        problems = say("report.list").join(pages(f"problem.{warning.partition(':')[0]}") for warning in warnings)
        notices.append(fitting(say("report.warnings", problems=problems), _WARNINGS))
    return tuple(notices)


def _hidden(found: Gathered, pages: Wording, say: Wording) -> str:
    """Of which programmes nothing can be told, as their counts are too small."""
    counted = found.reading.programmes
    hidden = {"ikd": counted.ikd.active is None, "perekaman": counted.perekaman.recorded is None}
    named = [pages(f"programme.{programme}") for programme, is_hidden in hidden.items() if is_hidden]
    return say("report.hidden", programmes=say("report.comma").join(named)) if named else ""


def _below(found: Gathered, hidden: str, say: Wording) -> tuple[str, ...]:
    """What the table leaves out."""
    further = len(found.standings) - target_rows.MOST_ROWS
    more = say("report.further", count=say.number(further)) if further > 0 else ""
    return tuple(line for line in (more, hidden) if line)


def _quiet(found: Gathered, pages: Wording, say: Wording) -> str:
    """What stands in the place of a chart."""
    programme = pages(f"programme.{found.programme}")
    if found.days is not None and found.days.suppressed:
        return say("report.hidden", programmes=programme) if found.standings else ""
    return say("report.quiet", programme=programme)


def _facts(found: Gathered, pages: Wording, say: Wording) -> tuple[tuple[str, str], ...]:
    """What the region has besides its programmes: whom they are for, who is left, and cards in stock."""
    reading = found.reading
    facts = []
    if (wajib_ktp := reading.wajib_ktp) is None:
        facts.append((pages("figure.wajib_ktp"), say("report.not_reported")))
    else:
        noted = pages("note.as_of", day=say.day(wajib_ktp.as_of))
        facts.append((pages("figure.wajib_ktp"), f"{people(wajib_ktp.count, say)} ({noted})"))
    if reading.backlog is not None:
        facts.append((pages("figure.backlog"), people(reading.backlog.count, say)))
    if reading.blanko is not None:
        noted = pages("note.as_of", day=say.day(reading.blanko.as_of))
        facts.append((pages("figure.blanko"), f"{people(reading.blanko.sheets, say)} ({noted})"))
    if found.tally:
        programme = pages(f"programme.{found.programme}")
        counted = [f"{say.number(count)} {pages(f'status.{status}')}" for status, count in found.tally.items()]
        facts.append((say("report.tally", programme=programme), say("report.comma").join(counted)))
    return tuple(facts)


def _chart(found: Gathered, pages: Wording) -> Chart | None:
    if found.told is not None:
        return _printed(drawings.burn_up(found.told, pages))
    if found.days is None or not found.days.days:
        return None
    title = pages("chart.daily", programme=pages(f"programme.{found.programme}"))
    needed = found.standings[0].required_rate if found.standings else None
    return _printed(drawings.daily(found.days.days, title, needed, pages))


def _printed(drawn: Drawn) -> Chart:
    return Chart(drawn.title, drawn.summary, light(str(drawn.wide.svg)))


def _foot(found: Gathered, printed: datetime, pages: Wording, say: Wording) -> tuple[str, ...]:
    reading, target = found.reading, found.standings[0].target if found.standings else None
    lines = [stamped(Stamp(reading.sequence, reading.projection), pages)]
    if target is not None:
        lines.append(say("foot.basis", source=target_rows.basis(target, pages, _DOCUMENT)))
    moment = say.moment(printed.astimezone(zone_of(found.region.code)))
    lines.append(say("foot.printed", moment=moment))
    return tuple(lines)
