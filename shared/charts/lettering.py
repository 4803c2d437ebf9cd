"""How much room text takes, and text that has to fit. Widths are those of DejaVu Sans, rounded up: the mails' charts
are set in it, and it is wider than nearly all fonts that a page may have. Pure, and the same on every machine."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_BY_WIDTH = {
    0.3: "'IJijl",
    0.35: " ,./:;\\|",
    0.4: "()-[]ft",
    0.45: "!r",
    0.5: '"*_`–',
    0.55: "?csz",
    0.6: "FLkvxy",
    0.65: "$0123456789EPSTYabdeghnopqu{}",
    0.7: "ABCKRVXZ",
    0.75: "NU",
    0.8: "&DGHOQ−#+<=>^w~",
    0.9: "M",
    1.0: "%@Wm…",
}
_WIDTHS = {letter: width for width, letters in _BY_WIDTH.items() for letter in letters}
_OTHER = 0.75
_BOLD = 1.12
_LONGEST = 400
LINE = 1.2  # from one baseline to the next, for letters of size 1
RISE = 0.78  # of capitals and ascenders above the baseline
FALL = 0.24


def clean(text: str) -> str:
    """One line of what can be printed, with single spaces. Control characters, which XML forbids, become spaces."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def width(text: str, size: float, *, bold: bool = False) -> float:
    """At most so wide is a line of text, for letters of ``size``."""
    return sum(map(_width, text)) * size * (_BOLD if bold else 1)


def fitted(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """The text, cut to end with ``…`` where it would be wider than ``room``."""
    text = text[:_LONGEST]
    if width(text, size, bold=bold) <= room:
        return text
    kept, taken = "", width("…", size, bold=bold)
    for letter in text:
        taken += width(letter, size, bold=bold)
        if taken > room:
            break
        kept += letter
    return f"{kept.rstrip()}…"


def wrapped(text: str, size: float, room: float, *, lines: int, bold: bool = False) -> tuple[str, ...]:
    """The text in at most so many lines, broken between words; the last is cut where it would be too wide."""
    return tuple(_wrapped(text[:_LONGEST], size, room, lines, bold=bold))


def _wrapped(text: str, size: float, room: float, lines: int, *, bold: bool) -> Iterator[str]:
    words = text.split(" ")
    for _ in range(lines - 1):
        taken = 0
        while taken < len(words) and width(" ".join(words[: taken + 1]), size, bold=bold) <= room:
            taken += 1
        if taken == 0:
            break
        yield " ".join(words[:taken])
        words = words[taken:]
        if not words:
            return
    yield fitted(" ".join(words), size, room, bold=bold)


def _width(letter: str) -> float:
    if (known := _WIDTHS.get(letter)) is not None:
        return known
    if unicodedata.combining(letter):
        return 0
    return 1.05 if unicodedata.east_asian_width(letter) in "WF" else _OTHER
