"""What a mail is about, before a word of it is written: the input of the letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from services.notifier.recipient import Recipient
from shared.briefing import Briefing
from shared.events.standing import Standing


class Reason(StrEnum):
    """Why a line is told about, or that it is not."""

    FIRST = "first"
    WORSENED = "worsened"
    REPEAT = "repeat"
    RESOLVED = "resolved"
    CORRECTED = "corrected"
    NO_DATA = "no_data"
    ACHIEVED = "achieved"
    MISSED = "missed"
    ESCALATED = "escalated"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Links:
    """Where a mail leads: the region's page, and the signed pages to acknowledge and to silence the alert of the line;
    ``None`` where there is nothing to acknowledge."""

    page: str
    acknowledge: str | None = None
    silence: str | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """One target line that the recipient is told about.

    ``rule`` names the rule that fired with its numbers, in a notation of no language. ``told`` is the standing that was
    told last, if any, ``then`` how the line stood on that day by what is known now; ``since`` the day on which this
    episode was first told. ``briefing`` is ``None`` if it could not be had.
    """

    reason: Reason
    standing: Standing
    rule: str
    links: Links
    told: Standing | None = None
    since: date | None = None
    briefing: Briefing | None = None
    then: Standing | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A mail to one recipient about one or more lines, the gravest first. ``written_at`` is aware."""

    message_id: str
    recipient: Recipient
    written_at: datetime
    tellings: tuple[Telling, ...]


@dataclass(frozen=True, slots=True)
class DigestRow:
    """A line in a digest. ``changed``: its status or severity is another than in the digest before. ``before``: that
    status. ``acknowledged``: somebody said that it is being dealt with."""

    standing: Standing
    changed: bool
    before: str | None = None
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Digest:
    """The state of a recipient's regions, also when all is well. ``on`` is the business date, ``next_on`` the day of
    the next one of every week, ``None`` if there will be none; ``rows`` the lines, changed ones first, then furthest
    behind; ``untold`` counts kab/kota without any target."""

    message_id: str
    recipient: Recipient
    written_at: datetime
    on: date
    next_on: date | None
    rows: tuple[DigestRow, ...]
    untold: int
    page: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The daily sign of life to operations. ``figures`` are labels and values in order, ``warnings`` need care."""

    message_id: str
    recipient: Recipient
    written_at: datetime
    figures: Mapping[str, int | str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
