"""A kab/kota's book as it is kept beside its standings, and the sum of many. Pure.

Whoever assesses a kab/kota has its book in hand. Kept in a few kilobytes it is there for wider regions, which are added
up from it without reading all counters again. The text is JSON; counts are by year, by day from the first of January.

{"ikd": {"days": {"2024": [0, 3, 12]}, "openings": {"2023-12-31": 26000}}, "perekaman": {…},
 "wajib_ktp": {"2023-12-31": 506409}, "simulated": false}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import zip_longest
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


class Sums:
    """One programme of many kab/kota, added up day by day: what a :class:`Track` answers, for all of them."""

    def __init__(self, entries: Sequence[Entries]) -> None:
        years = {year for each in entries for year in each.years}
        changes: dict[date, int] = {}
        for year in years:
            first = date(year, 1, 1)
            columns = zip_longest(*(each.years[year] for each in entries if year in each.years), fillvalue=0)
            # Also a day on which the changes cancel out is one about which something is known.
            changes |= {first + timedelta(days=day): sum(column) for day, column in enumerate(columns) if any(column)}
        self._changes = Track(changes)
        self._leaps = Track(added(each.leaps for each in entries))

    def done_by(self, day: date) -> int:
        """People done by the end of ``day``."""
        return self._changes.done_by(day) + self._leaps.done_by(day)

    def done_daily(self, first: date, last: date) -> list[int]:
        """:meth:`done_by` for each day from ``first`` to ``last``."""
        both = zip(self._changes.done_daily(first, last), self._leaps.done_daily(first, last), strict=True)
        return [done + leapt for done, leapt in both]

    def done_between(self, first: date, last: date) -> int:
        """Net change on the days ``first`` to ``last``, both included. Opening balances are no work of a day."""
        return self._changes.done_between(first, last)

    def first_known(self) -> date | None:
        """The first day about which anything is known."""
        known = (self._changes.first_known(), self._leaps.first_known())
        return min((day for day in known if day), default=None)

    def last_known(self, day: date) -> date | None:
        """The last day up to ``day`` on which something was reported."""
        known = (self._changes.last_known(day), self._leaps.last_known(day))
        return max((last for last in known if last), default=None)


@dataclass(frozen=True, slots=True)
class WideBook(Book):
    """The book of a wider region: what :func:`~services.aggregator.book.total` of its kab/kota's answers, with each day
    added up once instead of at each question. Its ``members`` have their denominators and no days."""

    sums: Mapping[Programme, Sums] = field(default_factory=dict)
    wajib_ktp_steps: Track = field(default_factory=lambda: Track({}))

    def done_by(self, programme: Programme, day: date) -> int:
        """People done by the end of ``day``."""
        return self.sums[programme].done_by(day)

    def done_daily(self, programme: Programme, first: date, last: date) -> list[int]:
        """:meth:`done_by` for each day from ``first`` to ``last``; of no day if ``last`` is before ``first``."""
        return self.sums[programme].done_daily(first, last)

    def done_between(self, programme: Programme, first: date, last: date) -> int:
        """Net change on the days ``first`` to ``last``, both included."""
        return self.sums[programme].done_between(first, last)

    def first_known(self, programme: Programme) -> date | None:
        """The first day about which anything is known."""
        return self.sums[programme].first_known()

    def last_known(self, programme: Programme, day: date) -> date | None:
        """The last day up to ``day`` on which something was reported."""
        return self.sums[programme].last_known(day)

    def wajib_ktp_on(self, day: date) -> int | None:
        """The sum of the denominators known on ``day``; ``None`` if none is."""
        first = self.wajib_ktp_steps.first_known()
        return self.wajib_ktp_steps.done_by(day) if first is not None and first <= day else None

    def wajib_ktp_daily(self, first: date, last: date) -> list[int | None]:
        """:meth:`wajib_ktp_on` for each day from ``first`` to ``last``."""
        known = self.wajib_ktp_steps.first_known()
        unknown = (last - first).days + 1 if known is None else (known - first).days
        counts = self.wajib_ktp_steps.done_daily(first, last)
        return [None if number < unknown else count for number, count in enumerate(counts)]


def summed(ledgers: Iterable[Ledger]) -> WideBook:
    """The book of the wider region that these kab/kota make up."""
    parts = tuple(ledgers)
    return WideBook(
        simulated=any(part.simulated for part in parts),
        members=tuple(Book(wajib_ktp=part.denominator) for part in parts),
        sums={
            programme: Sums([part.entries[programme] for part in parts if programme in part.entries])
            for programme in PROGRAMMES
        },
        wajib_ktp_steps=Track(added(_steps(part.reports) for part in parts)),
    )


def added(days: Iterable[Mapping[date, int]]) -> dict[date, int]:
    """The sum of each day; a day on which all cancels out is there too."""
    found: dict[date, int] = {}
    for of_one in days:
        for day, count in of_one.items():
            found[day] = found.get(day, 0) + count
    return found


def _steps(reports: Sequence[Report]) -> dict[date, int]:
    """By how much the denominator changes on the day of a report."""
    counts = [0, *(report.count for report in reports)]
    return {report.as_of: report.count - before for report, before in zip(reports, counts, strict=False)}


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
