"""The digest: the state of all target lines of a recipient's regions, changed ones first, also when all is well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from services.notifier.contents import Digest, DigestRow
from services.notifier.letters.letter import Letter
from services.notifier.letters.position import status
from services.notifier.letters.register import mark, one_line, register_number, short_name, written_on
from services.notifier.letters.rendering import rendered
from services.notifier.letters.tables import Row, Table
from services.notifier.letters.wording import wording_in
from shared.events.standing import Standing
from shared.wilayah import Level, find
from shared.wording import Wording

ROWS_SHOWN = 60
_NEED_CARE = ("behind", "at_risk", "no_data", "missed")
_REST = ("achieved", "missed", "not_started", "no_target")


def write_digest(digest: Digest) -> Letter:
    """The digest in the recipient's language. At most 60 rows are shown; all are counted."""
    say = wording_in(digest.recipient.language)
    on = written_on(digest.recipient, digest.written_at)
    kinds: Counter[str] = Counter(row.standing.status for row in digest.rows)
    summary = list(_summary(digest, kinds, say))
    care = any(kinds[kind] for kind in _NEED_CARE)
    more = len(digest.rows) - ROWS_SHOWN
    subject = _subject(digest, kinds, care=care, say=say)
    context = {
        "say": say,
        "subject": subject,
        "simulated": _simulated(digest),
        "register": [
            (say("register.number"), register_number(digest.message_id, digest.recipient, on)),
            (say("register.nature"), say("nature.ordinary")),
            (say("register.matter"), say("digest.matter", day=say.day(digest.on))),
        ],
        "date": say.day(on),
        "title": digest.recipient.title,
        "preview": summary[0],
        "tone": "relief" if digest.rows and not care else "caution" if not kinds["behind"] else "alarm",
        "summary": summary,
        "table": _table(digest.rows[:ROWS_SHOWN], say) if digest.rows else None,
        "more": say("digest.more", count=say.number(more)) if more > 0 else None,
        "next": None if digest.next_on is None else say("digest.next", day=say.day(digest.next_on)),
        "link": (say("link.page"), say("link.page_use"), digest.page),
        "trace": _trace(digest, say),
        "message_id": digest.message_id,
    }
    text, html = rendered("digest", context)
    return Letter(subject, text, html)


def _subject(digest: Digest, kinds: Counter[str], *, care: bool, say: Wording) -> str:
    key = "digest" if care else "digest_well" if digest.rows else "digest_none"
    return one_line(
        say(
            f"subject.{key}",
            mark=mark(say, simulated=_simulated(digest)),
            place=short_name(_place(digest, say)),
            day=say.day(digest.on),
            behind=say.number(kinds["behind"]),
            all=say.number(len(digest.rows)),
        )
    )


def _summary(digest: Digest, kinds: Counter[str], say: Wording) -> Iterator[str]:
    """Sentences; the first says how many lines are where, of how many."""
    day, place = say.day(digest.on), _place(digest, say)
    if not digest.rows:
        yield say("digest.none", day=day, place=place)
        yield say("digest.none_request")
    else:
        shown = {kind: say.number(kinds[kind]) for kind in ("behind", "at_risk", "on_pace", "no_data")}
        yield say("digest.counts", day=day, place=place, all=say.number(len(digest.rows)), **shown)
        rest = [say(f"digest.rest_{kind}", count=say.number(kinds[kind])) for kind in _REST if kinds[kind]]
        if rest:
            yield say("digest.rest", rest=say("letter.list").join(rest))
        if not any(kinds[kind] for kind in _NEED_CARE):
            yield say("digest.well")
        changed = sum(row.changed for row in digest.rows)
        yield say("digest.changed", count=say.number(changed)) if changed else say("digest.unchanged")
    if digest.untold and digest.recipient.role != "head":  # who has no other kab/kota was told so already
        yield say("digest.untold", count=say.number(digest.untold))


def _table(rows: tuple[DigestRow, ...], say: Wording) -> Table:
    return Table(
        heading=say("digest.heading"),
        columns=(say("digest.line"), say("digest.gap"), say("digest.coverage")),
        rows=tuple(_row(row, say) for row in rows),
        notes=(say("digest.note"),),
    )


def _row(row: DigestRow, say: Wording) -> Row:
    standing = row.standing
    gap = say("letter.unknown") if standing.gap is None else say.number(standing.gap)
    coverage = standing.coverage_percent
    name = say("digest.name", name=standing.name, programme=say(f"programme.{standing.programme}"))
    return Row(
        name=f"{name} {say('letter.simulated_mark')}" if standing.simulated else name,
        values=(gap, say("letter.unknown") if coverage is None else say.percent(coverage)),
        state=_status(standing, say),
        details=tuple(_details(row, say)),
    )


def _details(row: DigestRow, say: Wording) -> Iterator[str]:
    if row.changed:
        yield _change(row, say)
    if row.acknowledged:
        yield say("digest.acknowledged")
    if (aim := row.standing.target) is not None:
        yield say("digest.target", authority=say(f"authority.{aim.authority}"), due=say.short(aim.due_on, "d MMM y"))


def _status(standing: Standing, say: Wording) -> str:
    return say("digest.at_risk") if standing.status == "at_risk" else status(standing, say)


def _change(row: DigestRow, say: Wording) -> str:
    if row.before is None:
        return say("digest.changed_new")
    if row.before == row.standing.status:
        return say("digest.changed_severity")
    if row.before == "at_risk":
        return say("digest.changed_before", before=say("digest.at_risk"))
    key = f"status.{row.before}"
    return say("digest.changed_before", before=say(key) if say.has(key) else row.before)


def _trace(digest: Digest, say: Wording) -> list[tuple[str, str]]:
    if not digest.rows:
        return []
    sequence = max(row.standing.sequence for row in digest.rows)
    versions = sorted({row.standing.projection for row in digest.rows})
    return [
        (say("trace.sequence"), say("trace.sequence_value", sequence=str(sequence))),
        (say("trace.projection"), ", ".join(map(str, versions))),
    ]


def _place(digest: Digest, say: Wording) -> str:
    region = find(digest.recipient.region)
    return say("place.province", name=region.name) if region.level is Level.PROVINCE else region.name


def _simulated(digest: Digest) -> bool:
    return any(row.standing.simulated for row in digest.rows)
