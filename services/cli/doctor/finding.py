"""What was found, and the command that mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["good", "unknown", "warning", "fault"]
"""``unknown``: it could not be looked at; ``warning``: it works, but not as it should; ``fault``: it does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a part of the installation, as a sentence. ``mend`` says what to do, with the command."""

    about: str
    state: State
    what: str
    mend: str = ""


def good(about: str, what: str) -> Finding:
    """As it should be."""
    return Finding(about, "good", what)


def unknown(about: str, what: str, mend: str) -> Finding:
    """It could not be looked at; ``mend`` says what it takes."""
    return Finding(about, "unknown", what, mend)


def warning(about: str, what: str, mend: str) -> Finding:
    """It works, but not as it should."""
    return Finding(about, "warning", what, mend)


def fault(about: str, what: str, mend: str) -> Finding:
    """It does not work, or data is in danger."""
    return Finding(about, "fault", what, mend)
