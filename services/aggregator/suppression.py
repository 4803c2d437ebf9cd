"""Small counts are hidden, and as many others that they cannot be computed from what is told. Pure.

A count of 1 to ``smallest`` − 1 is small. Zero is not: that nobody was served says nothing about anybody. Where the
total of a table is told as well, a single hidden cell would be what is missing in it; and if all hidden cells were
equal, each would be their mean. So the cells hidden in a table always hold at least two different counts, of which
nobody can tell which is whose; to get there, those next in size are hidden, too. That is decided by counts alone, never
by names or places in a list: exchanging two hidden counts must not change what is told.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from operator import not_
from typing import Annotated, Generic, TypeVar

from pydantic import Field

from shared.wilayah import Level, children, is_narrow, level_of, parent_of

Key = TypeVar("Key", bound=Hashable)
Suppressed = Annotated[bool, Field(exclude_if=not_, description="Something here is hidden because a count is small")]
"""Of an answer; left out of its JSON where it is false."""


@dataclass(frozen=True, slots=True)
class Told(Generic[Key]):
    """What is told of a table: the cells ``shown``, and that those ``hidden`` are not zero. ``withheld``: nothing is
    told of any cell, not even which there are. ``total`` is ``None`` if it is hidden, too."""

    shown: Mapping[Key, int]
    hidden: frozenset[Key]
    total: int | None
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Suppression:
    """``smallest`` is the smallest count that is told, at least 3; 0 hides nothing. (With 2 only ones would be hidden,
    so that whoever sees that something is hidden knows what.)"""

    smallest: int = 0

    @property
    def active(self) -> bool:
        """Whether anything is hidden at all."""
        return self.smallest > 0

    def small(self, count: int) -> bool:
        """Whether a count is too small to be told. A change can be negative."""
        return 0 < abs(count) < self.smallest

    def alone(self, count: int) -> int | None:
        """A count that is in no table; ``None`` if it is hidden."""
        return None if self.small(count) else count

    def table(self, counts: Mapping[Key, int]) -> Told[Key]:
        """What is told of counts whose total is told as well."""
        total = sum(counts.values())
        small = {key: count for key, count in counts.items() if self.small(count)}
        if not small:
            return Told(counts, frozenset(), total)
        large = [abs(count) for count in counts.values() if abs(count) >= self.smallest]
        if not large:
            # Whoever knows how many there are would know all of them if each were as large as it can be.
            extreme = set(small.values()) == {self.smallest - 1}
            return Told({}, frozenset(counts), None if extreme else self.alone(total), withheld=True)
        hidden = set(small)
        if len(set(small.values())) == 1:
            # All of the next size: which of several equals is hidden must not depend on anything else.
            hidden |= {key for key, count in counts.items() if abs(count) == min(large)}
        shown = {key: count for key, count in counts.items() if key not in hidden}
        return Told(shown, frozenset(hidden), self.alone(total))

    def parts(self, code: str, done: Callable[[str], int]) -> frozenset[str]:
        """Of the regions that a kab/kota or a kecamatan is made of, those whose count is hidden; ``done`` counts.

        Whatever a hidden kecamatan is made of is hidden with it, as its count is the sum.
        """
        if level_of(code) is Level.KECAMATAN and self.hides(code, done):
            return frozenset(children(code))
        return self.table({part: done(part) for part in children(code)}).hidden

    def hides(self, code: str, done: Callable[[str], int]) -> bool:
        """Whether the count of a region is hidden. Those of kab/kota and wider regions never are."""
        parent = parent_of(code)
        if not self.active or parent is None or not is_narrow(code):
            return False
        return code in self.parts(parent, done)
