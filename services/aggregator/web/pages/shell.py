"""What all pages have around their content: where one is, in which language, as of when, and links that keep it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from shared.pages import path_of
from shared.wilayah import find
from shared.wording import Language, Wording


class Crumb(NamedTuple):
    """A step on the way from the nation to here; the last has no ``path``."""

    name: str
    path: str | None


class Stamp(NamedTuple):
    """What the figures reflect: the EVENTS sequence and the projection."""

    sequence: int
    projection: int


@dataclass(frozen=True, slots=True)
class Shell:
    """``query`` is what the address of this page says; of it, links to other pages keep the day (``on``). ``sign_out``
    is where to sign out, if that can be done; counts below ``smallest`` are hidden, 0 hides none."""

    language: Language
    say: Wording
    path: str
    query: Mapping[str, str]
    crumbs: tuple[Crumb, ...] = ()
    stamp: Stamp | None = None
    sign_out: str = ""
    smallest: int = 0

    def link(self, path: str, **changes: str) -> str:
        """An address of ours, as of the same day."""
        kept = {"on": self.query["on"]} if self.query.get("on") else {}
        return _address(path, kept | changes)

    def here(self, **changes: str | None) -> str:
        """This page with parts of its query changed, or left out where ``None``."""
        query = {key: value for key, value in self.query.items() if key != "lang"} | changes
        return _address(self.path, {key: value for key, value in query.items() if value})

    @property
    def stamped(self) -> str:
        """The stamp in words."""
        return stamped(self.stamp, self.say) if self.stamp else ""

    @property
    def other(self) -> Language:
        """The language that one can switch to."""
        return "en" if self.language == "id" else "id"

    @property
    def other_language(self) -> str:
        """This page in that language."""
        return self.here(lang=self.other)


def stamped(stamp: Stamp, say: Wording) -> str:
    """What figures reflect, in words."""
    return say("shell.stamp", sequence=say.number(stamp.sequence), projection=str(stamp.projection))


def crumbs_of(code: str, *more: Crumb, may_see: Callable[[str], bool] = lambda code: True) -> tuple[Crumb, ...]:
    """From the nation down to a region, and ``more`` below it; the last is where one is, and wider regions that one may
    not see are only named."""
    above: list[Crumb] = []
    at: str | None = code
    while at is not None:
        region = find(at)
        above.insert(0, Crumb(region.name, path_of(at) if may_see(at) else None))
        at = region.parent
    whole = (*above, *more)
    return (*whole[:-1], Crumb(whole[-1].name, None))


def _address(path: str, query: Mapping[str, str | None]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
