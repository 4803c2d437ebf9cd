"""Why a head is told something, or is not: the decision with every number, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from services.notifier.alert import AlertState
from services.notifier.contents import Reason
from services.notifier.decide import Policy, confirmed, decide, escalation, next_look
from services.notifier.schedule import Hours, held_by, opening
from shared.events.standing import Standing
from shared.wilayah import NATION


def explained(
    standing: Standing, state: AlertState, then: Standing | None, now: datetime, policy: Policy, hours: Hours
) -> Iterator[str]:
    """Lines of text about one target line at ``now`` (aware)."""
    yield f"{standing.line} on {standing.on}: {standing.status}" + (
        f", {standing.severity}" if standing.severity else ""
    )
    yield from (f"  {text}" for text in _figures(standing))
    yield from (f"  {text}" for text in _known(state, now))
    decision = decide(standing, state, now, policy, then=then)
    above = escalation(standing, state, now, policy)
    if decision.reason is Reason.NONE:
        yield f"  nothing is told to the head{_why_not(standing, state, now, policy)}"
    else:
        yield f"  the head is told: {decision.reason}, by the rule {decision.rule}"
    if above.reason is not Reason.NONE:
        yield f"  {('the province', 'the directorate')[state.escalated]} is told, by the rule {above.rule}"
    if decision.reason is not Reason.NONE or above.reason is not Reason.NONE:
        if state.silenced(now):
            yield f"  but not before {state.silenced_until:%Y-%m-%d}: it is silenced"
        told = standing.region if decision.reason is not Reason.NONE else _above(standing.region, state)
        yield from (f"  {text}" for text in _office(told, now, hours))
    elif (look := next_look(standing, state, policy)) is not None and look > now:
        yield f"  time alone changes that on {look:%Y-%m-%d %H:%M %Z} at the earliest"


def _above(region: str, state: AlertState) -> str:
    return NATION if state.escalated else region.partition(".")[0]


def _office(region: str, now: datetime, hours: Hours) -> Iterator[str]:
    opens = opening(hours, region, now)
    if opens == now:
        yield "the office is open"
        return
    yield f"the office opens at {opens:%Y-%m-%d %H:%M %Z}"
    for quiet in held_by(hours, region, now):
        yield f"until then it is quiet in {quiet.region}: {quiet.reason}"


def _figures(standing: Standing) -> Iterator[str]:
    if standing.target is None:
        yield "there is no target"
        return
    yield f"target {standing.target.id}, in force since {standing.target.effective_on}"
    yield f"actual {standing.actual}, expected {standing.expected}, required {standing.required}, gap {standing.gap}"
    yield (
        f"behind beyond the tolerance for {standing.days_behind} days in a row; a day in 7 days {standing.rate7}, "
        f"in 28 days {standing.rate28}, needed {standing.required_rate}"
    )


def _known(state: AlertState, now: datetime) -> Iterator[str]:
    if state.episode == 0:
        yield "nothing was told about it before"
    else:
        told = f"{state.told_at:%Y-%m-%d %H:%M %Z}" if state.told_at else "never"
        life = "open" if state.open else "over"
        yield f"episode {state.episode} is {life}; last told {told}, gravest {state.gravest}"
    if state.acknowledged(now):
        yield f"acknowledged until {state.acknowledged_until:%Y-%m-%d}"
    if state.escalated:
        yield f"{state.escalated} levels above the head were told"


def _why_not(standing: Standing, state: AlertState, now: datetime, policy: Policy) -> str:
    if standing.status == "behind" and not state.open and not confirmed(standing, policy):
        return ": the 7 and the 28 days do not both say so for long enough; it may be a slow week"
    if standing.status == "behind" and state.open and state.acknowledged(now):
        return ": it is acknowledged"
    if standing.status == "behind" and state.open:
        return ": it was told already"
    return ""
