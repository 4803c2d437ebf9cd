"""Of which regions the count is hidden. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import cache

from services.aggregator.shelves import Shelf
from services.aggregator.suppression import Suppression
from shared.events import PROGRAMMES, Programme
from shared.events.region import Target
from shared.events.standing import Standing, TargetInForce


class Hidden:
    """Among the regions on one shelf, which must have the days of all of them where anything is hidden."""

    def __init__(self, shelf: Shelf, suppression: Suppression) -> None:
        self._suppression = suppression
        self._book = cache(shelf.book)

    def count(self, code: str, programme: Programme, day: date) -> bool:
        """Whether it is hidden of a region how many are done by the end of a day."""
        return self._suppression.hides(code, self._done(programme, day))

    def programmes(self, code: str, day: date) -> frozenset[Programme]:
        """Of which programmes the count of a region is hidden."""
        return frozenset(programme for programme in PROGRAMMES if self.count(code, programme, day))

    def parts(self, code: str, programme: Programme, day: date) -> frozenset[str]:
        """Of the regions that a kab/kota or a kecamatan is made of, those whose count is hidden."""
        if not self._suppression.active:
            return frozenset()
        return self._suppression.parts(code, self._done(programme, day))

    def basis(self, code: str, target: Target | TargetInForce | None, day: date) -> bool:
        """Whether a region's target is a share of a count that is hidden by the end of a day."""
        return target is not None and target.basis == "percent_of_recorded" and self.count(code, "perekaman", day)

    def told(self, rows: Iterable[Standing]) -> list[Standing]:
        """Those of these rows whose figures are not hidden: all of them follow from the count and what the target is a
        share of. A region's rows of one programme go together, so that it is seen that something is missing."""
        known = list(rows)
        hidden = {
            (row.region, row.programme)
            for row in known
            if self.count(row.region, row.programme, row.judged_on) or self.basis(row.region, row.target, row.judged_on)
        }
        return [row for row in known if (row.region, row.programme) not in hidden]

    def _done(self, programme: Programme, day: date) -> Callable[[str], int]:
        return lambda code: self._book(code).done_by(programme, day)
