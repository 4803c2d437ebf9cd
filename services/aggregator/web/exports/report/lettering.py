"""Texts of others as a printed sheet has room for them, and numbers that may be missing. Pure."""

from __future__ import annotations

from shared.charts.lettering import clean
from shared.wording import Wording

_LONGEST_WORD, _PIECE = 24, 8
_MAY_BREAK = "\u200b"


def fitting(text: str, most: int) -> str:
    """One line of at most ``most`` characters, cut to end with ``…``. A word of more than 24 may be broken."""
    text = clean(text)
    if len(text) > most:
        text = f"{text[: most - 1].rstrip(' ,;.')}…"
    return " ".join(_breakable(word) for word in text.split(" "))


def people(value: int | None, say: Wording) -> str:
    """A number of people, or the sign for what is not known or not to be shown."""
    return say("report.unknown") if value is None else say.number(value)


def _breakable(word: str) -> str:
    if len(word) <= _LONGEST_WORD:
        return word
    return _MAY_BREAK.join(word[at : at + _PIECE] for at in range(0, len(word), _PIECE))
