"""A target line through time: which decree asked for what, from when on. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.aggregator.facts import Decree
from shared.wording import Wording


@dataclass(frozen=True, slots=True)
class Version:
    """What was asked for from a day on, and how many ``people`` that were on that day; ``present`` is the one in force
    on the day of asking."""

    effective_on: date
    asked: str
    people: int | None
    start_on: date | None
    document: str
    present: bool


def history(decrees: Sequence[tuple[Decree, int | None]], on: date, say: Wording) -> tuple[Version, ...]:
    """The versions of a line, newest first; a withdrawal is one of them. ``decrees`` are in the order of their day,
    each with the people it asked for on that day."""
    begun = [decree for decree, _ in decrees if decree.effective_on <= on]
    return tuple(
        _version(decree, people, say, present=bool(begun) and decree is begun[-1])
        for decree, people in reversed(decrees)
    )


def _version(decree: Decree, people: int | None, say: Wording, *, present: bool) -> Version:
    target = decree.target
    if target is None:
        return Version(decree.effective_on, say("target.withdrawn"), None, None, say("source.no_document"), present)
    form = say.number if target.basis == "absolute" else say.percent
    asked = say(f"basis.{target.basis}", value=form(target.value))
    document = target.document or say("source.no_document")
    return Version(decree.effective_on, asked, people, target.start_on, document, present)
