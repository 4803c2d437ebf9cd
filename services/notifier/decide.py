"""Whether a standing is worth a mail: a pure function of the standing and what is known of its alert."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.events.standing import Standing, Status

BACK_ON_THE_LINE: frozenset[Status] = frozenset({"on_pace", "at_risk", "achieved"})


class Reason(StrEnum):
    """Why a mail is sent, or that none is."""

    FIRST = "first"
    RESOLVED = "resolved"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class AlertState:
    """What is known of the alert of one line.

    ``open``: the head was told that the region is behind and not yet that it is back. ``episode`` counts such
    tellings from 1; 0 if there was none yet. ``revision`` is that of the standing last decided on.
    """

    open: bool
    episode: int
    revision: int


def supersedes(standing: Standing, alert: AlertState | None) -> bool:
    """Whether the standing saw more than the one last decided on. An equal one is the same standing delivered again."""
    return alert is None or standing.revision > alert.revision


def decide(standing: Standing, alert: AlertState | None) -> Reason:
    """``first`` when the region is behind and its head was not told, ``resolved`` when it is back and was told.

    A status that says nothing about the line (no_data, not_started, no_target, missed) leaves an alert as it is.
    """
    if not supersedes(standing, alert):
        return Reason.NONE
    is_open = alert is not None and alert.open
    if standing.status == "behind" and not is_open:
        return Reason.FIRST
    if standing.status in BACK_ON_THE_LINE and is_open:
        return Reason.RESOLVED
    return Reason.NONE


def episode_after(reason: Reason, alert: AlertState | None) -> int:
    """The episode a mail with this reason belongs to: the next one for ``first``, the present one otherwise."""
    known = 0 if alert is None else alert.episode
    return known + 1 if reason is Reason.FIRST else known
