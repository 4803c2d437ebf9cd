"""A past replayed: what heads would have been told, had Laju run with these rules. Pure; nobody is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.notifier.alert import AlertState, after
from services.notifier.contents import Reason
from services.notifier.decide import Policy, decide, escalation, withdrawn
from services.notifier.lines import Line
from services.notifier.pipeline import Audience
from services.notifier.schedule import Hours, opening
from services.notifier.steps import step
from shared.events.standing import Standing
from shared.wilayah import Level, level_of, zone_of


@dataclass(frozen=True, slots=True)
class Told:
    """One line told to one audience on the morning of ``on``; all of one audience and morning are one mail."""

    on: date
    audience: Audience
    region: str
    line: str
    reason: Reason
    rule: str


def replay(
    region: str, days: Iterable[tuple[date, Sequence[Standing]]], policy: Policy, hours: Hours
) -> Iterator[Told]:
    """What a head, and those above, would have been told of a kab/kota from the standings of each day, in order.

    Each day on which mails may go out is looked at once, as of ``hours.opens`` also if it is quiet until later.
    All is known on its day: what came late is taken as if it had come in time, so nothing is ever corrected.
    """
    states: dict[str, AlertState] = {}
    zone = zone_of(region)
    for on, standings in days:
        now = datetime.combine(on, hours.opens, zone)
        if opening(hours, region, now).date() != on:
            continue
        for standing in standings:
            if level_of(standing.region) is not Level.KABKOTA:
                continue
            state = states.get(standing.line, AlertState())
            line = Line(standing, state)
            if withdrawn(standing, state):
                states[line.name] = after(state, step(line, "withdrawn", rule="", mails=(), now=now))
                continue
            told = decide(standing, state, now, policy)
            if told.reason is not Reason.NONE:
                yield Told(on, "head", region, line.name, told.reason, told.rule)
                states[line.name] = after(state, step(line, told.reason, rule=told.rule, mails=(), now=now))
                continue
            above = escalation(standing, state, now, policy)
            if above.reason is not Reason.NONE:
                audience: Audience = "province" if state.escalated == 0 else "directorate"
                yield Told(on, audience, region, line.name, above.reason, above.rule)
                states[line.name] = after(state, step(line, above.reason, rule=above.rule, mails=(), now=now))
