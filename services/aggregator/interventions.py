"""What an intervention did to the pace: the daily rate before, during and after it. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from services.aggregator.book import Book
from services.aggregator.figures import half_up
from shared.events.base import Frozen
from shared.events.region import Intervention
from shared.events.standing import Rate
from shared.wilayah import desa_count

_WINDOW = 28
_ONE_DAY = timedelta(days=1)


class Effect(Frozen):
    """An intervention with its rates in people a day, ``None`` for a span that has not begun on the day of asking.

    ``before`` is the 28 days that end on the eve; ``during`` is ``starts_on`` to ``ends_on``; ``after`` is the 28 days
    that follow. What has no end, such as a circular, has no ``during``: its ``after`` begins on ``starts_on``.
    ``expected_people`` is what a plan expects: people in each desa times the number of desa.
    """

    kind: str
    title: str
    programme: str
    starts_on: date
    ends_on: date | None
    document: str | None
    rate_before: Rate
    rate_during: Rate | None
    rate_after: Rate | None
    expected_people: int | None


def effect(region: str, intervention: Intervention, book: Book, on: date) -> Effect:
    """The effect of an intervention as seen on ``on``; spans are cut off there."""
    start, end = intervention.starts_on, intervention.ends_on
    after_from = start if end is None else end + _ONE_DAY
    per_desa = intervention.people_per_desa

    def rate(first: date, last: date) -> Decimal | None:
        last = min(last, on)
        if last < first:
            return None
        done = book.done_between(intervention.programme, first, last)
        return half_up(Decimal(done), Decimal((last - first).days + 1))

    return Effect(
        kind=intervention.kind,
        title=intervention.title,
        programme=intervention.programme,
        starts_on=start,
        ends_on=end,
        document=intervention.document,
        rate_before=rate(start - timedelta(days=_WINDOW), start - _ONE_DAY) or Decimal("0.00"),
        rate_during=None if end is None else rate(start, end),
        rate_after=rate(after_from, after_from + timedelta(days=_WINDOW - 1)),
        expected_people=None if per_desa is None else per_desa * desa_count(region),
    )
