"""Standings of past days, for explaining and replaying: computed anew from a projection, as the aggregator would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from services.aggregator.pace import Policy, assess_all
from services.aggregator.shelves import Shelf
from shared.events.standing import Standing

_ONE_DAY = timedelta(days=1)


def days(kabkota: str, shelf: Shelf, first: date, last: date, policy: Policy) -> Iterator[tuple[date, list[Standing]]]:
    """Each day from ``first`` to ``last``, both included, with the standings of the kab/kota on it."""
    book, decrees = shelf.book(kabkota), shelf.facts_about(kabkota).decrees
    day = first
    while day <= last:
        yield day, assess_all(kabkota, book, decrees, day, policy)
        day += _ONE_DAY


def on(kabkota: str, shelf: Shelf, day: date, policy: Policy) -> Sequence[Standing]:
    """The standings of one day."""
    ((_, found),) = days(kabkota, shelf, day, day, policy)
    return found
