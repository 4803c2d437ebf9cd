"""The book of a wider region, summed from the ledgers of the kab/kota that make it up. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import zip_longest

from services.aggregator.book import Book, Track
from services.aggregator.latest.ledger import Entries, Ledger, Report
from shared.events import PROGRAMMES, Programme


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
