"""How alerts and replayed tellings are shown. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from rich.table import Table

from services.notifier.alert import AlertState
from services.notifier.replay import Told

Row = Mapping[str, str | int | bool | None]
_HEADERS = ("line", "about", "since", "gravest", "last told", "acknowledged until", "silenced until", "levels above")


@dataclass(frozen=True, slots=True)
class Replayed:
    """``told`` in order of day, audience and region; ``heads`` is how many regions were replayed."""

    told: Sequence[Told]
    heads: int


def shown(line: str, state: AlertState, now: datetime) -> Row:
    """An alert as a row; times in ISO 8601."""
    return {
        "line": line,
        "open": state.open,
        "about": str(state.about),
        "episode": state.episode,
        "since": _time(state.first_at),
        "gravest": state.gravest,
        "told_at": _time(state.told_at),
        "acknowledged_until": _time(state.acknowledged_until) if state.acknowledged(now) else None,
        "silenced_until": _time(state.silenced_until) if state.silenced(now) else None,
        "escalated": state.escalated,
    }


def alerts_table(rows: Sequence[Row]) -> Table:
    """The rows for people."""
    table = Table(*_HEADERS)
    names = ("line", "about", "since", "gravest", "told_at", "acknowledged_until", "silenced_until", "escalated")
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in names))
    return table


def telling(told: Told) -> dict[str, str]:
    """A replayed telling as JSON."""
    return {
        "on": told.on.isoformat(),
        "audience": told.audience,
        "region": told.region,
        "line": told.line,
        "reason": str(told.reason),
        "rule": told.rule,
    }


def totals(replayed: Replayed) -> Iterator[str]:
    """How many mails that would have been: all of one audience and morning are one."""
    mails = {(told.on, told.audience, told.region) for told in replayed.told if told.audience == "head"}
    above = {(told.on, told.audience) for told in replayed.told if told.audience != "head"}
    by_head = Counter(region for _, _, region in mails)
    counts = [*by_head.values(), *[0] * (replayed.heads - len(by_head))]
    yield (
        f"{len(mails)} mails to {replayed.heads} heads: median {median(counts) if counts else 0:g}, most "
        f"{max(counts, default=0)}; {len(above)} days with mails to provinces or the directorate"
    )
    reasons = Counter(str(told.reason) for told in replayed.told)
    yield "; ".join(f"{reason} {count}" for reason, count in reasons.most_common()) or "nothing would have been told"


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="minutes")
