"""What lies behind a standing, as tables: who is furthest behind, where outreach pays, what interventions did."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from services.notifier.letters.tables import Row, Table
from shared.briefing import Briefing, Measure, Part
from shared.wilayah import Level, level_of
from shared.wording import Wording

_WITHIN: dict[Level, Level] = {
    Level.NATION: Level.PROVINCE,
    Level.PROVINCE: Level.KABKOTA,
    Level.KABKOTA: Level.KECAMATAN,
    Level.KECAMATAN: Level.DESA,
}


def details(briefing: Briefing, say: Wording) -> tuple[Table, ...]:
    """The tables of a briefing. One without rows says that there is nothing; a desa has no parts to compare."""
    tables = [_yields(briefing, say), _measures(briefing, say)]
    if (level := _WITHIN.get(level_of(briefing.standing.region))) is not None:
        tables.insert(0, _parts(briefing, say(f"level.{level}"), say))
    return tuple(tables)


def _parts(briefing: Briefing, level: str, say: Wording) -> Table:
    parts = briefing.behind
    known = {"known": say.number(briefing.parts_known), "all": say.number(briefing.parts)}
    notes = [say(f"parts.{'note' if parts else 'none' if briefing.parts_known else 'unknown'}", **known)]
    if any(part.basis == "share_of_line" for part in parts):
        notes.append(say("parts.note_share", name=briefing.standing.name))
    return Table(
        heading=say("parts.heading", level=level),
        columns=(say("parts.name", level=level), say("parts.actual"), say("parts.expected"), say("parts.gap")),
        rows=tuple(_part(part, say) for part in parts),
        notes=tuple(notes),
    )


def _part(part: Part, say: Wording) -> Row:
    figures = tuple(say.number(value) for value in (part.actual, part.expected, part.gap))
    return Row(part.name, figures, details=(_named("parts", part.basis, say),))


def _yields(briefing: Briefing, say: Wording) -> Table:
    day = say.day(briefing.standing.on)
    rows = tuple(
        Row(
            place.place,
            (say.number(place.days), say.number(place.services), say.decimal(place.services_per_day)),
            details=(_named("channel", place.channel, say),),
        )
        for place in briefing.yields
    )
    return Table(
        heading=say("yields.heading"),
        columns=(say("yields.place"), say("yields.days"), say("yields.services"), say("yields.per_day")),
        rows=rows,
        notes=(say("yields.note" if rows else "yields.none", day=day),),
    )


def _measures(briefing: Briefing, say: Wording) -> Table:
    rows = tuple(_measure(measure, say) for measure in briefing.measures)
    return Table(
        heading=say("measures.heading"),
        columns=(say("measures.title"), say("measures.before"), say("measures.during"), say("measures.after")),
        rows=rows,
        notes=(say("measures.note" if rows else "measures.none"),),
    )


def _measure(measure: Measure, say: Wording) -> Row:
    # What has no end, such as a circular, has no rate while it lasts: all after its beginning is "after".
    during = say("measures.endless") if measure.ends_on is None else _rate(measure.rate_during, say)
    rates = (say.decimal(measure.rate_before), during, _rate(measure.rate_after, say))
    details = (_named("kind", measure.kind, say), _span(measure.starts_on, measure.ends_on, say))
    return Row(measure.title, rates, details=details)


def _span(start: date, end: date | None, say: Wording) -> str:
    if end is None:
        return say("measures.from", start=say.day(start))
    return say("measures.from_to", start=say.day(start), end=say.day(end))


def _rate(value: Decimal | None, say: Wording) -> str:
    return say("measures.not_begun") if value is None else say.decimal(value)


def _named(table: str, code: str, say: Wording) -> str:
    """The word for a code; the code itself for one that came to the catalogue after the words were written."""
    key = f"{table}.{code}"
    return say(key) if say.has(key) else code
