"""Which pseudonyms are of one person: under another key a person has another pseudonym.

Links merge as facts do. Whichever comes first, all pseudonyms that are linked, also over others, lead to the one under
the newest key: that one has the facts, the others only say where to look.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

Document = dict[str, Any]
Link = tuple[str, str]
ByIds = Callable[[str, list[str]], Awaitable[dict[str, Document]]]


class Persons:
    """Pseudonyms and the one that each leads to, as far as stored documents and added links say."""

    def __init__(self, documents: Mapping[str, Document], links: Iterable[Link]) -> None:
        self._leads_to = {citizen: document["to"] for citizen, document in documents.items() if "to" in document}
        for one, other in links:
            older, newer = sorted((self.leading(one), self.leading(other)), key=_age)
            if older != newer:
                self._leads_to[older] = newer

    @property
    def linked(self) -> bool:
        """Whether any pseudonym leads to another."""
        return bool(self._leads_to)

    def leading(self, citizen: str) -> str:
        """The pseudonym that has the facts of this one's person."""
        while (newer := self._leads_to.get(citizen)) is not None:
            citizen = newer
        return citizen


def signpost(citizen: str, leading: str) -> Document:
    """``{_id: pseudonym, f: "[]", to: pseudonym}``: the document of a pseudonym whose facts are with a newer one."""
    return {"_id": citizen, "f": "[]", "to": leading}


def unread(documents: Mapping[str, Document]) -> set[str]:
    """The pseudonyms that these documents lead to and that are not among them."""
    return {document["to"] for document in documents.values() if "to" in document} - documents.keys()


async def with_leading(by_ids: ByIds, citizens: Iterable[str]) -> dict[str, Document]:
    """The stored documents of these pseudonyms and of all that they lead to, read by collection and ids."""
    found = await by_ids("citizens", list(citizens))
    while others := unread(found):
        found |= await by_ids("citizens", list(others))
    return found


def _age(citizen: str) -> tuple[int, str]:
    key, _, digest = citizen.partition(":")
    return int(key[1:]), digest
