"""The last assessments of all kab/kota at one moment, and what wider regions come to by them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.aggregator.book import Book
from services.aggregator.facts import Decree
from services.aggregator.latest.assessment import Assessment
from services.aggregator.latest.ledger import Ledger
from services.aggregator.latest.summed import summed
from services.aggregator.pace import Policy, assess_all
from services.aggregator.rollup import roll_up, with_roll_up
from shared.events.standing import Standing
from shared.wilayah import Level, kabkota_in, level_of

Decrees = Mapping[str, Sequence[Decree]]


@dataclass(frozen=True, slots=True)
class View:
    """``assessments`` by kab/kota, and the targets that wider regions have themselves. ``version`` grows with each
    change (milliseconds of a clock, as revisions are); ``changed`` has the version at which each last changed."""

    version: int = 0
    assessments: Mapping[str, Assessment] = field(default_factory=dict)
    decrees: Decrees = field(default_factory=dict)
    changed: Mapping[str, int] = field(default_factory=dict)

    def version_of(self, code: str) -> int:
        """The version at which a kab/kota or wider region was last another, 0 if nothing is known of it."""
        return max((self.changed.get(part, 0) for part in {code, *kabkota_in(code)}), default=0)

    def changed_since(self, version: int) -> set[str]:
        """The kab/kota, and the wider regions with other targets, that changed after a version."""
        return {code for code, changed in self.changed.items() if changed > version}

    def rows_within(self, code: str) -> list[Standing]:
        """The rows of all kab/kota of a region that were assessed, without those of their kecamatan and desa."""
        return [row for kabkota in kabkota_in(code) for row in self.rows_of(kabkota)]

    def rows_of(self, code: str) -> list[Standing]:
        """The rows of one kab/kota, kecamatan or desa; none if it was not assessed."""
        found = self.assessments.get(code[:5])
        return [row for row in found.rows if row.region == code] if found else []

    def book_of(self, code: str) -> Book:
        """The book of a kab/kota or wider region."""
        if level_of(code) is Level.KABKOTA:
            return self.ledger_of(code).book()
        return summed(self.ledger_of(part) for part in kabkota_in(code))

    def ledger_of(self, kabkota: str) -> Ledger:
        """The ledger of a kab/kota, with nothing in it if that was not assessed."""
        found = self.assessments.get(kabkota)
        return found.ledger if found else Ledger()

    def sequence_of(self, code: str) -> int:
        """The highest EVENTS sequence that the assessments of a region's kab/kota reflect."""
        known = (self.assessments[part].sequence for part in kabkota_in(code) if part in self.assessments)
        return max(known, default=0)


def followed(
    view: View, revisions: Mapping[str, int], read: Mapping[str, Assessment], decrees: Decrees, now_ms: int
) -> View:
    """The view after a look at the database, in which kab/kota with these ``revisions`` are. Those that :func:`stale`
    named were ``read`` anew."""
    before = view.assessments
    known = {**before, **read}
    there = {code: known[code] for code in revisions if code in known}
    other = {code for code in there.keys() | before.keys() if there.get(code) is not before.get(code)}
    other |= {code for code in decrees.keys() | view.decrees.keys() if decrees.get(code) != view.decrees.get(code)}
    if not other:
        return view
    version = max(view.version + 1, now_ms)
    return View(version, there, decrees, {**view.changed, **dict.fromkeys(other, version)})


def stale(view: View, revisions: Mapping[str, int]) -> list[str]:
    """The kab/kota of which the view has another revision than the database, or none."""
    known = view.assessments
    return [code for code, revision in revisions.items() if code not in known or known[code].revision != revision]


def wide_rows(code: str, view: View, book: Book, on: date, policy: Policy) -> list[Standing]:
    """The standings of a province or the nation on day ``on``: its own targets, then the roll-up of its kab/kota's."""
    members = kabkota_in(code)
    rolled = roll_up(code, view.rows_within(code), len(members), on, policy)
    return with_roll_up(assess_all(code, book, view.decrees.get(code, ()), on, policy), rolled)
