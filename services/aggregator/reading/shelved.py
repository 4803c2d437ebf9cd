"""A region with the shelves that it is read from. The figures here are as they are, not as they are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from services.aggregator.book import Book, total
from services.aggregator.facts import RegionFacts
from services.aggregator.reading.hidden import Hidden
from services.aggregator.shelves import Shelf, owner_of
from services.aggregator.suppression import Suppression
from shared.wilayah import Level, Region, children, level_of


@dataclass(frozen=True)  # without slots, for the cached properties
class Shelved:
    """The shelves are those of the kab/kota that make up the region, and its own if it is wider than those."""

    region: Region
    shelves: Mapping[str, Shelf]
    suppression: Suppression

    @property
    def wide(self) -> bool:
        """Whether it is a province or the nation."""
        return is_wide(self.region.code)

    @property
    def own(self) -> Shelf:
        """The shelf on which the region itself is."""
        return self.shelves[owner_of(self.region.code)]

    def members(self) -> dict[str, Shelf]:
        """The kab/kota, each with its shelf."""
        return {code: shelf for code, shelf in self.shelves.items() if level_of(code) is Level.KABKOTA}

    def parts(self) -> dict[str, Shelf]:
        """The regions that it is made of: kab/kota of a wider one, else one level down; each with its shelf."""
        return self.members() if self.wide else dict.fromkeys(children(self.region.code), self.own)

    @cached_property
    def books(self) -> dict[str, Book]:
        """The books of its parts."""
        return {part: shelf.book(part) for part, shelf in self.parts().items()}

    @cached_property
    def book(self) -> Book:
        """Its own book."""
        return total(self.books.values()) if self.wide else self.own.book(self.region.code)

    @cached_property
    def facts(self) -> RegionFacts:
        """What was reported about the region itself."""
        return self.own.facts_about(self.region.code)

    @cached_property
    def hidden(self) -> Hidden:
        """What is not told of it and of what lies within."""
        return Hidden(self.own, self.suppression)


def is_wide(code: str) -> bool:
    """Whether a region is a province or the nation."""
    return level_of(code) in (Level.NATION, Level.PROVINCE)


def is_narrow(code: str) -> bool:
    """Whether a region is a kecamatan or a desa."""
    return level_of(code) in (Level.KECAMATAN, Level.DESA)
