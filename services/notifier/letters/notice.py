"""The notice: an official letter about one or more target lines, the gravest first."""

from __future__ import annotations

from dataclasses import dataclass

from services.notifier.contents import Notice, Telling
from services.notifier.letters import verdict
from services.notifier.letters.details import details
from services.notifier.letters.letter import Image, Letter
from services.notifier.letters.position import lacks_basis
from services.notifier.letters.register import (
    mark,
    one_line,
    register_number,
    serial_of,
    short_name,
    written_on,
)
from services.notifier.letters.rendering import rendered
from services.notifier.letters.rows import LabelledFigure, rows
from services.notifier.letters.tables import Table
from services.notifier.letters.wording import wording_in
from shared.briefing import Briefing
from shared.charts import burn_up
from shared.errors import InvalidError
from shared.events.standing import Standing
from shared.wording import Wording


@dataclass(frozen=True, slots=True)
class _Section:
    """One telling as the templates put it. ``notes`` stand above the chart; ``links`` are label, use and address."""

    heading: str
    tone: verdict.Tone
    verdict: str
    notes: tuple[str, ...]
    image: Image | None
    rows: list[LabelledFigure]
    tables: tuple[Table, ...]
    closing: str
    links: list[tuple[str, str, str]]
    trace: list[LabelledFigure]


def write_notice(notice: Notice) -> Letter:
    """The letter in the recipient's language, dated in the zone of the recipient's region. A telling that has a
    briefing also has a chart, which takes about a quarter of a second of processor time.

    Raises:
        InvalidError: it tells of no line, or for a reason for which there is nothing to tell.
    """
    if not notice.tellings:
        raise InvalidError(f"writing the notice {notice.message_id} failed: it tells of no line")
    say = wording_in(notice.recipient.language)
    sections = [_section(notice, at, say) for at in range(len(notice.tellings))]
    gravest = notice.tellings[0]
    on = written_on(notice.recipient, notice.written_at)
    subject = _subject(notice, say)
    many = len(notice.tellings) > 1
    context = {
        "say": say,
        "subject": subject,
        "simulated": any(telling.standing.simulated for telling in notice.tellings),
        "register": [
            (
                say("register.number"),
                register_number(notice.message_id, notice.recipient, on, gravest.standing.programme),
            ),
            (say("register.nature"), say(verdict.nature(gravest))),
            (say("register.matter"), _matter(notice, say)),
        ],
        "date": say.day(on),
        "title": notice.recipient.title,
        "greeting": say("letter.greeting_many", count=say.number(len(sections))) if many else say("letter.greeting"),
        "preview": sections[0].verdict,
        "many": many,
        "sections": sections,
        "message_id": notice.message_id,
    }
    text, html = rendered("notice", context)
    return Letter(subject, text, html, tuple(section.image for section in sections if section.image is not None))


def _section(notice: Notice, at: int, say: Wording) -> _Section:
    telling = notice.tellings[at]
    standing, briefing = telling.standing, telling.briefing
    name = say("digest.name", name=standing.name, programme=say(f"programme.{standing.programme}"))
    if standing.simulated:
        name = f"{name} {say('letter.simulated_mark')}"
    domain = notice.message_id.strip("<>").partition("@")[2] or "laju"
    return _Section(
        heading=f"{at + 1}. {name}",
        tone=verdict.tone(telling),
        verdict=verdict.verdict(telling, say),
        notes=_notes(telling, say),
        image=_chart(briefing, f"chart{at + 1}.{serial_of(notice.message_id)}@{domain}", say) if briefing else None,
        rows=rows(standing, telling.since, say),
        tables=details(briefing, say) if briefing else (),
        closing=verdict.closing(telling, say),
        links=_links(telling, say),
        trace=_trace(telling, say),
    )


def _chart(briefing: Briefing, cid: str, say: Wording) -> Image | None:
    """The burn-up chart; ``None`` where there is neither a plan line nor anything done to draw."""
    if not briefing.actual and not briefing.plan:
        return None
    drawn = burn_up(briefing, say.language)
    return Image(cid, drawn.png(), drawn.summary)


def _subject(notice: Notice, say: Wording) -> str:
    standing = notice.tellings[0].standing
    first = say(
        "subject.notice",
        mark=mark(say, simulated=any(telling.standing.simulated for telling in notice.tellings)),
        name=short_name(standing.name),
        programme=say(f"programme.{standing.programme}"),
        matter=verdict.matter(notice.tellings[0], say),
        day=say.day(standing.judged_on),
    )
    return one_line(_and_more("subject.notice_many", first, notice, say))


def _matter(notice: Notice, say: Wording) -> str:
    gravest = notice.tellings[0]
    programme = say(f"programme.{gravest.standing.programme}")
    first = say("matter.notice", programme=programme, matter=verdict.matter(gravest, say))
    return _and_more("matter.notice_many", first, notice, say)


def _and_more(key: str, first: str, notice: Notice, say: Wording) -> str:
    more = len(notice.tellings) - 1
    return say(key, first=first, count=say.number(more)) if more else first


def _notes(telling: Telling, say: Wording) -> tuple[str, ...]:
    standing, briefing = telling.standing, telling.briefing
    notes = [say("note.last_report")] if standing.status == "no_data" and not lacks_basis(standing) else []
    if briefing is not None and _figures(briefing.standing) != _figures(standing):
        drawn = briefing.standing
        notes.append(say("note.briefing", day=say.day(drawn.on), sequence=str(drawn.sequence)))
    return tuple(notes)


def _figures(standing: Standing) -> tuple[object, ...]:
    """What both the chart and the table show."""
    return standing.on, standing.actual, standing.expected, standing.required, standing.forecast, standing.target


def _links(telling: Telling, say: Wording) -> list[tuple[str, str, str]]:
    addresses = {
        "page": telling.links.page,
        "acknowledge": telling.links.acknowledge,
        "silence": telling.links.silence,
    }
    return [
        (say(f"link.{kind}"), say(f"link.{kind}_use"), address)
        for kind, address in addresses.items()
        if address is not None
    ]


def _trace(telling: Telling, say: Wording) -> list[LabelledFigure]:
    """What it takes to compute the letter again. Sequences are names of events: they are not grouped by thousands."""
    standing = telling.standing
    return [
        (say("trace.rule"), telling.rule),
        (say("trace.sequence"), say("trace.sequence_value", sequence=str(standing.sequence))),
        (say("trace.target"), standing.target.id if standing.target else say("target.none")),
        (say("trace.projection"), str(standing.projection)),
    ]
