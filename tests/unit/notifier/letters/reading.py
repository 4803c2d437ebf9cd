"""What a person gets to read of a letter's HTML, and the numbers in a text."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

_NUMBER = re.compile(r"[−]?\d+(?:[.,:]\d+)*")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in ("style", "title")
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.words += [value or "" for name, value in attrs if name == "alt"]

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def read(html: str) -> _Reader:
    """The parsed page."""
    reader = _Reader()
    reader.feed(html)
    return reader


def words_of(html: str) -> str:
    """All that is shown or read out, with single spaces."""
    return " ".join(" ".join(read(html).words).split())


def tags_of(html: str) -> Counter[str]:
    """How often each element is opened."""
    return read(html).tags


def values_of(html: str, tag: str, name: str) -> list[str]:
    """The values of an attribute of all elements with that tag."""
    return [value for at, key, value in read(html).attributes if (at, key) == (tag, name)]


def numbers_of(text: str) -> set[str]:
    """Numbers as they are written, with separators and the minus sign of prose."""
    return set(_NUMBER.findall(text))


def flat(text: str) -> str:
    """The text without its line breaks."""
    return " ".join(text.split())
