"""A letter to a head: subject, plain text and HTML, in formal Bahasa Indonesia. Templates lie beside this file."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from datetime import date, datetime

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from services.notifier import figures
from services.notifier.decide import Reason
from shared.events import Programme
from shared.events.standing import Standing
from shared.wilayah import zone_of

_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_REGISTERS: dict[Programme, str] = {"ikd": "IKD", "perekaman": "KTP-EL"}
_LABEL_WIDTH = 34
_environment = Environment(
    loader=PackageLoader("services.notifier"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# The dark colours live in a media query, which cannot be inlined and stays in the head.
_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent: every number in ``html`` is also in ``text``."""

    subject: str
    text: str
    html: str


def write(
    standing: Standing, reason: Reason, *, title: str, message_id: str, written_at: datetime, aggregator_url: str
) -> Letter:
    """The letter to the person called ``title``, dated ``written_at`` in the region's own zone.

    Raises:
        InvalidError: the standing has no target line to write about.
    """
    written_on = written_at.astimezone(zone_of(standing.region)).date()
    head = subject(standing, reason)
    rows = figures.rows(standing)
    programme = figures.PROGRAMMES[standing.programme]
    verdict = figures.verdict(standing)
    context = {
        "behind": reason is Reason.FIRST,
        "standing": standing,
        "subject": head,
        "number": _number(standing, message_id, written_on),
        "nature": "Segera" if reason is Reason.FIRST else "Biasa",
        "matter": f"Laju {programme}: " + _verdict_in_brief(standing, reason),
        "date": figures.day(written_on),
        "title": title,
        "verdict": verdict,
        "verdict_lines": textwrap.fill(verdict, 96),
        "rows": rows,
        "lines": [_line(label, value) for label, value in rows],
        "link": f"{aggregator_url.rstrip('/')}/v1/regions/{standing.region}/standings?on={standing.on}",
        "message_id": message_id,
    }
    text = _environment.get_template("letter.txt").render(context)
    html = _environment.get_template("letter.html").render(context)
    return Letter(head, text, _inliner.inline(html))


def subject(standing: Standing, reason: Reason) -> str:
    """Names region, programme, shortfall and date; figures that contain simulated events are marked."""
    mark = "[Laju] [SIMULASI]" if standing.simulated else "[Laju]"
    programme = figures.PROGRAMMES[standing.programme]
    return f"{mark} {standing.name}: {programme} {_verdict_in_brief(standing, reason)} per {figures.day(standing.on)}"


def _number(standing: Standing, message_id: str, written_on: date) -> str:
    """The letter's register number: its first part is taken from the Message-ID, so both name the same letter."""
    serial = message_id.strip("<").partition("@")[0][:8]
    month = _ROMAN[written_on.month - 1]
    return f"{serial}/{standing.region}/{_REGISTERS[standing.programme]}/{month}/{written_on.year}"


def _verdict_in_brief(standing: Standing, reason: Reason) -> str:
    if reason is Reason.FIRST:
        return f"{figures.number(figures.shortfall(standing))} di bawah garis target"
    return "telah mencapai target" if standing.status == "achieved" else "kembali ke garis target"


def _line(label: str, value: str) -> str:
    """One row of the table in plain text; long values go on under their column."""
    return textwrap.fill(
        value,
        width=100,
        initial_indent=f"{label:<{_LABEL_WIDTH}}: ",
        subsequent_indent=" " * (_LABEL_WIDTH + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
