"""A region's figures through time, ready to be asked about any day. Pure; a province's is the sum of its kab/kota's.

A book answers three questions: how many were done by the end of a day, how many on each day, and how large the
denominator was.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from typing import Protocol, TypeVar

from services.aggregator.facts import Opening
from shared.events import PROGRAMMES, Programme

_ONE_DAY = timedelta(days=1)


class Track:
    """One programme in one region: net change by day, and opening balances."""

    def __init__(self, days: Mapping[date, int], openings: Sequence[Opening] = ()) -> None:
        self._days = sorted(days)
        self._sums = [0, *accumulate(days[day] for day in self._days)]
        self._openings = sorted(openings, key=lambda opening: opening.as_of)
        self._opened = [opening.as_of for opening in self._openings]

    def done_by(self, day: date) -> int:
        """People done by the end of ``day``: the last opening balance on or before it, and every change after that."""
        position = bisect_right(self._opened, day)
        if position == 0:
            return self._sum(day)
        opening = self._openings[position - 1]
        return opening.count + self._sum(day) - self._sum(opening.as_of)

    def done_daily(self, first: date, last: date) -> list[int]:
        """:meth:`done_by` for each day from ``first`` to ``last``; of no day if ``last`` is before ``first``."""
        found = [0] * max((last - first).days + 1, 0)
        days, sums, at, day = self._days, self._sums, bisect_right(self._days, first), first
        for number in range(len(found)):
            while at < len(days) and days[at] <= day:
                at += 1
            found[number] = sums[at]
            day += _ONE_DAY
        for opening, begin, end in _spans(self._openings, first, last):
            beyond = opening.count - self._sum(opening.as_of)
            found[begin:end] = [done + beyond for done in found[begin:end]]
        return found

    def done_between(self, first: date, last: date) -> int:
        """Net change on the days ``first`` to ``last``, both included. Opening balances are no work of a day."""
        return self._sum(last) - self._sum(first - _ONE_DAY)

    def first_known(self) -> date | None:
        """The first day about which anything is known."""
        return min((*self._days[:1], *self._opened[:1]), default=None)

    def last_known(self, day: date) -> date | None:
        """The last day up to ``day`` on which something was reported."""
        days, opened = bisect_right(self._days, day), bisect_right(self._opened, day)
        return max((*self._days[max(days - 1, 0) : days], *self._opened[max(opened - 1, 0) : opened]), default=None)

    def changes(self) -> dict[date, int]:
        """Net change by day, in order."""
        sums = self._sums
        return {day: after - before for day, before, after in zip(self._days, sums, sums[1:], strict=False)}

    @property
    def openings(self) -> Sequence[Opening]:
        """Its opening balances, in order."""
        return self._openings

    def _sum(self, day: date) -> int:
        return self._sums[bisect_right(self._days, day)]


class Counted(Protocol):
    """A count that holds from a day on."""

    @property
    def as_of(self) -> date:
        """The day it is about."""

    @property
    def count(self) -> int:
        """People."""


class Denominator:
    """Wajib KTP of one region by day of report."""

    def __init__(self, reports: Iterable[Counted] = ()) -> None:
        self._reports = sorted(reports, key=lambda report: report.as_of)
        self._days = [report.as_of for report in self._reports]

    @property
    def reports(self) -> Sequence[Counted]:
        """All reports, in order."""
        return self._reports

    def on(self, day: date) -> Counted | None:
        """The last report on or before ``day``."""
        position = bisect_right(self._days, day)
        return self._reports[position - 1] if position else None

    def daily(self, first: date, last: date) -> list[int | None]:
        """The count of the last report on or before each day from ``first`` to ``last``."""
        found: list[int | None] = [None] * max((last - first).days + 1, 0)
        for report, begin, end in _spans(self._reports, first, last):
            found[begin:end] = [report.count] * (end - begin)
        return found

    def expected_on(self, day: date, seen_from: date) -> int | None:
        """The number carried on to a later ``day`` at the growth of the year before ``seen_from``.

        Without two reports at least four weeks apart the last number stands.
        """
        last = self.on(seen_from)
        if last is None:
            return None
        year_ago = last.as_of - timedelta(days=365)
        first = next(report for report in self._reports if report.as_of >= year_ago)
        span = (last.as_of - first.as_of).days
        if span < 28:
            return last.count
        return last.count + (last.count - first.count) * (day - last.as_of).days // span


CountedT = TypeVar("CountedT", bound=Counted)


def _spans(counted: Sequence[CountedT], first: date, last: date) -> Iterator[tuple[CountedT, int, int]]:
    """Of counts in order of day, each with the slice of the days from ``first`` to ``last`` on which it is the last."""
    ends = [*((later.as_of - first).days for later in counted[1:]), (last - first).days + 1]
    for one, until in zip(counted, ends, strict=False):
        begin, end = max((one.as_of - first).days, 0), min(until, (last - first).days + 1)
        if begin < end:
            yield one, begin, end


@dataclass(frozen=True, slots=True)
class Book:
    """All figures of one region that its standings need; ``members`` of a wider region are summed."""

    tracks: Mapping[Programme, Track] = field(default_factory=dict)
    wajib_ktp: Denominator = field(default_factory=Denominator)
    simulated: bool = False
    members: tuple[Book, ...] = ()

    def done_by(self, programme: Programme, day: date) -> int:
        """People done by the end of ``day``."""
        return sum(track.done_by(day) for track in self._all(programme))

    def done_daily(self, programme: Programme, first: date, last: date) -> list[int]:
        """:meth:`done_by` for each day from ``first`` to ``last``; of no day if ``last`` is before ``first``."""
        tracks = [track.done_daily(first, last) for track in self._all(programme)]
        if len(tracks) == 1:
            return tracks[0]
        return [sum(column) for column in zip(*tracks, strict=True)] or [0] * max((last - first).days + 1, 0)

    def done_between(self, programme: Programme, first: date, last: date) -> int:
        """Net change on the days ``first`` to ``last``, both included."""
        return sum(track.done_between(first, last) for track in self._all(programme))

    def first_known(self, programme: Programme) -> date | None:
        """The first day about which anything is known."""
        return min((day for track in self._all(programme) if (day := track.first_known())), default=None)

    def last_known(self, programme: Programme, day: date) -> date | None:
        """The last day up to ``day`` on which something was reported."""
        return max((known for track in self._all(programme) if (known := track.last_known(day))), default=None)

    def wajib_ktp_on(self, day: date) -> int | None:
        """The denominator as reported on or before ``day``; of a wider region the sum of what is known."""
        if self.members:
            known = [count for member in self.members if (count := member.wajib_ktp_on(day)) is not None]
            return sum(known) if known else None
        report = self.wajib_ktp.on(day)
        return report.count if report else None

    def wajib_ktp_daily(self, first: date, last: date) -> list[int | None]:
        """:meth:`wajib_ktp_on` for each day from ``first`` to ``last``."""
        if not self.members:
            return self.wajib_ktp.daily(first, last)
        columns = zip(*(member.wajib_ktp_daily(first, last) for member in self.members), strict=True)
        known = ([count for count in column if count is not None] for column in columns)
        return [sum(counts) if counts else None for counts in known]

    def wajib_ktp_expected(self, day: date, seen_from: date) -> int | None:
        """The denominator carried on to a later day, see :meth:`Denominator.expected_on`."""
        if self.members:
            known = [n for member in self.members if (n := member.wajib_ktp_expected(day, seen_from)) is not None]
            return sum(known) if known else None
        return self.wajib_ktp.expected_on(day, seen_from)

    def _all(self, programme: Programme) -> Iterable[Track]:
        for member in self.members:
            yield from member._all(programme)
        if programme in self.tracks:
            yield self.tracks[programme]


def total(members: Iterable[Book]) -> Book:
    """The book of a wider region."""
    books = tuple(members)
    return Book(simulated=any(book.simulated for book in books), members=books)


def warnings(book: Book, day: date) -> list[str]:
    """What cannot be true on ``day``: IKD needs perekaman, and only residents who must hold a card are counted."""
    active, recorded = (book.done_by(programme, day) for programme in PROGRAMMES)
    wajib_ktp = book.wajib_ktp_on(day)
    # A region that never reported recordings has not contradicted itself.
    knows_recorded = book.last_known("perekaman", day) is not None
    found = []
    if knows_recorded and active > recorded:
        found.append(f"ikd_exceeds_perekaman: {active} active IKD but only {recorded} recorded")
    if wajib_ktp is not None and recorded > wajib_ktp:
        found.append(f"perekaman_exceeds_wajib_ktp: {recorded} recorded but only {wajib_ktp} wajib KTP")
    if wajib_ktp is not None and active > wajib_ktp:
        found.append(f"ikd_exceeds_wajib_ktp: {active} active IKD but only {wajib_ktp} wajib KTP")
    found += [
        f"{programme}_negative: more {programme} ended than are known to have begun; report a baseline"
        for programme in PROGRAMMES
        if book.done_by(programme, day) < 0
    ]
    return found
