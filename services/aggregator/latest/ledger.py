"""A kab/kota's book as it is kept beside its standings. Pure.

Whoever assesses a kab/kota has its book in hand. Kept in a few kilobytes it is there for wider regions, which are added
up from it (see summed.py) without reading all counters again. The text is JSON; counts are by year, by day from the
first of January.

{"ikd": {"days": {"2024": [0, 3, 12]}, "openings": {"2023-12-31": 26000}}, "perekaman": {…},
 "wajib_ktp": {"2023-12-31": 506409}, "simulated": false}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from pydantic_core import from_json, to_json

from services.aggregator.book import Book, Denominator, Track
from services.aggregator.facts import Opening
from shared.events import PROGRAMMES, Programme

Years = Mapping[int, Sequence[int]]
"""Net change of each day by year, from the first of January on; what is left out at the end of a year is zero."""


@dataclass(frozen=True, slots=True)
class Report:
    """``count`` wajib KTP as reported for the day ``as_of``."""

    as_of: date
    count: int


@dataclass(frozen=True)  # without slots, for the cached property
class Entries:
    """One programme's days and opening balances."""

    years: Years = field(default_factory=dict)
    openings: tuple[Opening, ...] = ()

    def track(self) -> Track:
        """As a book has it."""
        return Track(
            {
                date(year, 1, 1) + timedelta(days=number): change
                for year, counts in self.years.items()
                for number, change in enumerate(counts)
                if change
            },
            self.openings,
        )

    @cached_property
    def leaps(self) -> Mapping[date, int]:
        """By how much the count changes on the day of an opening balance, beside what was done on it."""
        found, before = {}, 0
        for opening in self.openings:
            beyond = opening.count - self._done_by(opening.as_of)
            found[opening.as_of] = beyond - before
            before = beyond
        return found

    def _done_by(self, day: date) -> int:
        whole = sum(sum(counts) for year, counts in self.years.items() if year < day.year)
        return whole + sum(self.years.get(day.year, ())[: (day - date(day.year, 1, 1)).days + 1])


@dataclass(frozen=True)  # without slots, for the cached properties
class Ledger:
    """All that a book holds, in little room. Equal ledgers give equal answers."""

    entries: Mapping[Programme, Entries] = field(default_factory=dict)
    reports: tuple[Report, ...] = ()
    simulated: bool = False

    @cached_property
    def denominator(self) -> Denominator:
        """Wajib KTP by day of report."""
        return Denominator(self.reports)

    def openings(self, programme: Programme) -> Sequence[Opening]:
        """The opening balances of a programme."""
        return self.entries[programme].openings if programme in self.entries else ()

    def book(self) -> Book:
        """The book that it was made from."""
        tracks = {programme: entries.track() for programme, entries in self.entries.items()}
        return Book(tracks, self.denominator, self.simulated)


def ledger_of(book: Book) -> Ledger:
    """What a kab/kota's book holds."""
    return Ledger(
        {
            programme: Entries(_by_year(track.changes()), tuple(track.openings))
            for programme, track in book.tracks.items()
        },
        tuple(Report(report.as_of, report.count) for report in book.wajib_ktp.reports),
        book.simulated,
    )


def text_of(ledger: Ledger) -> str:
    """The form in which it is kept: the same text for equal ledgers."""
    kept: dict[str, object] = {
        programme: {
            "days": {str(year): counts for year, counts in sorted(entries.years.items())},
            "openings": {opening.as_of.isoformat(): opening.count for opening in entries.openings},
        }
        for programme in PROGRAMMES
        if (entries := ledger.entries.get(programme))
    }
    kept["wajib_ktp"] = {report.as_of.isoformat(): report.count for report in ledger.reports}
    kept["simulated"] = ledger.simulated
    return to_json(kept).decode()


def read(text: str) -> Ledger:
    """A ledger from the form in which it is kept."""
    kept = from_json(text)
    return Ledger(
        {programme: _entries(kept[programme]) for programme in PROGRAMMES if programme in kept},
        tuple(Report(date.fromisoformat(day), count) for day, count in kept["wajib_ktp"].items()),
        kept["simulated"],
    )


def _by_year(changes: Mapping[date, int]) -> dict[int, list[int]]:
    """``changes`` are in order."""
    found: dict[int, list[int]] = {}
    year = first = 0
    counts: list[int] = []
    for day, change in changes.items():
        if change:
            if day.year != year:
                year, first = day.year, date(day.year, 1, 1).toordinal()
                counts = found[year] = []
            if missing := day.toordinal() - first - len(counts):
                counts += [0] * missing
            counts.append(change)
    return found


def _entries(kept: dict[str, Any]) -> Entries:
    return Entries(
        {int(year): counts for year, counts in kept["days"].items()},
        tuple(Opening(date.fromisoformat(day), count) for day, count in kept["openings"].items()),
    )
