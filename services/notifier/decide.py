"""Whether a standing is worth a mail, and which rule says so. Pure: the only place where that is decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from services.notifier.alert import GRAVITY, AlertState
from services.notifier.contents import Reason
from shared.events.standing import Severity, Standing, Status

BACK_ON_THE_LINE: frozenset[Status] = frozenset({"on_pace", "at_risk", "achieved"})
_OLD_NEWS = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Policy:
    """When, how often and how insistently.

    A shortfall is told when the last 7 days are slower than ``slow`` of what is needed until the due date, and the last
    28 as well, and it has lasted ``confirm_days``; or at once when the last 28 days are slower than ``stalled`` of it.
    So one slow week is never told, not even one without any work: it leaves three quarters of the 28 days, and is out
    of the 7 before the time is over.

    A telling is repeated after ``repeat`` of its severity, silence after ``repeat_no_data``, the next time after twice
    as long and so on, up to ``longest``: who is behind for a year is not to stop reading. Who is above the head is told
    after each ``escalate`` without an acknowledgement.
    """

    slow: Decimal = Decimal("0.9")
    stalled: Decimal = Decimal("0.6")
    confirm_days: int = 14
    repeat: dict[Severity, timedelta] = field(
        default_factory=lambda: {
            "warning": timedelta(days=14),
            "serious": timedelta(days=7),
            "critical": timedelta(days=3),
        }
    )
    repeat_no_data: timedelta = timedelta(days=14)
    longest: timedelta = timedelta(days=28)
    escalate: timedelta = timedelta(days=7)

    def again_at(self, standing: Standing, state: AlertState) -> datetime | None:
        """When what was told last is to be told again; ``None`` if nothing was."""
        if state.told_at is None:
            return None
        first = self.repeat_no_data if state.about is Reason.NO_DATA else self.repeat[standing.severity or "warning"]
        wait: timedelta = min(first * 2 ** min(state.repeats, 10), self.longest)
        return state.told_at + wait


@dataclass(frozen=True, slots=True)
class Decision:
    """``rule`` is the rule that fired with its numbers, in a notation of no language; empty for none."""

    reason: Reason
    rule: str = ""


NOTHING = Decision(Reason.NONE)


def decide(
    standing: Standing, state: AlertState, now: datetime, policy: Policy, *, then: Standing | None = None
) -> Decision:
    """What the head is to be told now. ``now`` is aware; ``then`` is how the line stood on the day that was told last,
    by what is known today: without it nothing can be called corrected.

    A status that says nothing about the line (not_started, no_target) leaves an alert as it is.
    """
    match standing.status:
        case "behind":
            return _behind(standing, state, now, policy)
        case "no_data":
            return _silent(standing, state, now, policy)
        case "missed":
            return _missed(standing, state)
        case _ if standing.status in BACK_ON_THE_LINE:
            return _back(standing, state, then)
    return NOTHING


def escalation(standing: Standing, state: AlertState, now: datetime, policy: Policy) -> Decision:
    """Whether the next level above those who were told is to be told now: the province, then the directorate."""
    since = state.escalated_at or state.first_at
    if standing.status != "behind" or not state.open or state.about is not Reason.FIRST or since is None:
        return NOTHING
    if state.escalated >= 2 or state.acknowledged_at is not None or now < since + policy.escalate:
        return NOTHING
    return Decision(Reason.ESCALATED, f"escalated(level={state.escalated + 1}, since={since:%Y-%m-%d})")


def withdrawn(standing: Standing, state: AlertState) -> bool:
    """Whether an open alert ends because there is no target any more."""
    return state.open and standing.status == "no_target"


def next_look(standing: Standing, state: AlertState, policy: Policy) -> datetime | None:
    """The earliest moment at which time alone could change what is decided; ``None`` if it cannot."""
    moments = [state.silenced_until, state.acknowledged_until]
    if state.open:
        moments.append(policy.again_at(standing, state))
    if state.open and (since := state.escalated_at or state.first_at) is not None:
        moments.append(since + policy.escalate)
    return min((moment for moment in moments if moment is not None), default=None)


def confirmed(standing: Standing, policy: Policy) -> bool:
    """Whether both windows say so, 7 days and 28: it is no mere slow week."""
    needed = standing.required_rate
    if needed is None:
        return True
    if standing.rate7 >= policy.slow * needed or standing.rate28 >= policy.slow * needed:
        return False
    return standing.days_behind >= policy.confirm_days or standing.rate28 < policy.stalled * needed


def _behind(standing: Standing, state: AlertState, now: datetime, policy: Policy) -> Decision:
    severity = standing.severity or "warning"
    if not (state.open and state.about is Reason.FIRST):
        if not confirmed(standing, policy):
            return NOTHING
        rule = (
            f"first(days_behind={standing.days_behind}, rate7={standing.rate7}, rate28={standing.rate28}, "
            f"required_rate={standing.required_rate})"
        )
        return Decision(Reason.FIRST, rule)
    if GRAVITY[severity] > GRAVITY[state.gravest]:
        return Decision(Reason.WORSENED, f"worsened(severity={severity}, told={state.gravest})")
    again_at = policy.again_at(standing, state)
    if again_at is None or now < again_at or state.acknowledged(now):
        return NOTHING
    return Decision(Reason.REPEAT, f"repeat(severity={severity}, told={state.told_at:%Y-%m-%d})")


def _silent(standing: Standing, state: AlertState, now: datetime, policy: Policy) -> Decision:
    if not state.open:
        return Decision(Reason.NO_DATA, f"no_data(on={standing.on})")
    again_at = policy.again_at(standing, state)
    if state.about is not Reason.NO_DATA or again_at is None or now < again_at or state.acknowledged(now):
        return NOTHING
    return Decision(Reason.NO_DATA, f"no_data(on={standing.on}, told={state.told_at:%Y-%m-%d})")


def _back(standing: Standing, state: AlertState, then: Standing | None) -> Decision:
    if standing.status == "achieved" and not state.achieved and _is_news(standing):
        return Decision(Reason.ACHIEVED, f"achieved(actual={standing.actual}, required={standing.required})")
    if not state.open:
        return NOTHING
    told = state.told
    if state.about is Reason.FIRST and told is not None and then is not None and then.status in BACK_ON_THE_LINE:
        return Decision(
            Reason.CORRECTED, f"corrected(on={told.on}, told={told.actual}, known={then.actual}, status={then.status})"
        )
    return Decision(Reason.RESOLVED, f"resolved(actual={standing.actual}, expected={standing.expected})")


def _missed(standing: Standing, state: AlertState) -> Decision:
    if state.missed or not _is_news(standing):
        return NOTHING
    return Decision(Reason.MISSED, f"missed(actual={standing.actual}, required={standing.required})")


def _is_news(standing: Standing) -> bool:
    """Not of a target that was due long ago, such as those of years before Laju came."""
    due: date | None = standing.target.due_on if standing.target else None
    return due is not None and standing.on <= due + _OLD_NEWS
