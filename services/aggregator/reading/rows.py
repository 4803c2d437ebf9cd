"""Standings counted from the days of a region. Pure; those not called told may hold what is hidden."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from services.aggregator.pace import Policy, assess_all
from services.aggregator.reading.shelved import Shelved
from services.aggregator.rollup import roll_up, with_roll_up
from shared.events.standing import Standing


def own_rows(shelved: Shelved, day: date, policy: Policy) -> list[Standing]:
    """The region against its own targets."""
    return assess_all(shelved.region.code, shelved.book, shelved.facts.decrees, day, policy)


def told_rows(shelved: Shelved, day: date, policy: Policy) -> list[Standing]:
    """The rows of a kab/kota or a narrower region, without those that are hidden."""
    return shelved.hidden.told(own_rows(shelved, day, policy))


def wide_rows(shelved: Shelved, assessed: Iterable[Standing], day: date, policy: Policy) -> list[Standing]:
    """The rows of a wider region, of whose kab/kota these rows were ``assessed`` for the day."""
    members = shelved.members()
    within = [row for row in assessed if row.region in members]
    rolled = roll_up(shelved.region.code, within, len(members), day, policy)
    return with_roll_up(own_rows(shelved, day, policy), rolled)


def rows_within(shelved: Shelved, day: date, policy: Policy, *, aimless: bool = False) -> list[Standing]:
    """The rows of those of its parts that have targets, or also of the ``aimless``."""
    return [
        row
        for part, shelf in shelved.parts().items()
        if (decrees := shelf.facts_about(part).decrees) or aimless
        for row in assess_all(part, shelved.books[part], decrees, day, policy)
    ]
