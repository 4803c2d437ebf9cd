"""Blank cards against the people still to be recorded. Pure."""

from __future__ import annotations

from datetime import date

from services.aggregator.book import Book
from services.aggregator.facts import RegionFacts
from services.aggregator.figures import percent
from services.aggregator.suppression import Suppressed
from shared.events.base import Frozen
from shared.events.standing import Percent


class ReasonCount(Frozen):
    """How many are not yet recorded for one reason."""

    reason: str
    count: int | None
    suppressed: Suppressed = False


class Backlog(Frozen):
    """Residents who must hold a card but are not recorded (belum rekam). ``reasons`` as last reported, with its day."""

    count: int | None
    reasons: list[ReasonCount]
    reasons_as_of: date | None
    suppressed: Suppressed = False


class Stock(Frozen):
    """Blank cards as last counted; ``percent_of_backlog`` below 100 is a ``warning``: not everyone can get a card."""

    sheets: int
    as_of: date
    percent_of_backlog: Percent | None
    warning: bool


def backlog_on(book: Book, facts: RegionFacts, day: date) -> Backlog | None:
    """The backlog on ``day``; ``None`` without a denominator or before any recording was reported."""
    wajib_ktp = book.wajib_ktp_on(day)
    if wajib_ktp is None or book.last_known("perekaman", day) is None:
        return None
    reported = [report for report in facts.backlog if report.as_of <= day]
    return Backlog(
        count=max(wajib_ktp - book.done_by("perekaman", day), 0),
        reasons=[ReasonCount(reason=row.reason, count=row.count) for row in reported[-1].reasons] if reported else [],
        reasons_as_of=reported[-1].as_of if reported else None,
    )


def stock_on(facts: RegionFacts, backlog: Backlog | None, day: date) -> Stock | None:
    """The stock on ``day``; ``None`` if it was never counted."""
    counted = [count for count in facts.blanko if count.as_of <= day]
    if not counted:
        return None
    sheets, waiting = counted[-1].sheets, backlog.count if backlog else None
    return Stock(
        sheets=sheets,
        as_of=counted[-1].as_of,
        percent_of_backlog=percent(sheets, waiting),
        warning=waiting is not None and sheets < waiting,
    )
