"""How a standing is put in words: where it is against its line, and against which target."""

from __future__ import annotations

from shared.events.standing import Standing, TargetInForce
from shared.wording import Wording


def lacks_basis(standing: Standing) -> bool:
    """Whether nobody has reported the denominator that the target is a share of."""
    return standing.target is not None and standing.required is None


def position(standing: Standing, say: Wording, form: str = "position") -> str:
    """Such as ``tertinggal 5 orang dari garis target``; ``form`` is ``brief`` for subjects, ``bare`` for a
    second mention."""
    if standing.gap is None:
        return say(f"{form}.unknown")
    if standing.gap == 0:
        return say(f"{form}.exact")
    return say(f"{form}.{'behind' if standing.gap < 0 else 'ahead'}", gap=say.number(abs(standing.gap)))


def counts(standing: Standing, say: Wording) -> str:
    """What is done, and where the line is."""
    actual = say.number(standing.actual)
    if standing.expected is None:
        return say("counts.unknown", actual=actual)
    kind = "below" if standing.actual < standing.expected else "reached"
    return say(f"counts.{kind}", actual=actual, expected=say.number(standing.expected))


def counts_of_required(standing: Standing, say: Wording) -> str:
    """What is done, and what the target asks for."""
    if standing.required is None:
        return counts(standing, say)
    return say("counts.required", actual=say.number(standing.actual), required=say.number(standing.required))


def short_of_required(standing: Standing, say: Wording) -> str:
    """How many people are short of what the target asks for."""
    if standing.required is None:
        return say("letter.unknown")
    return say.number(max(standing.required - standing.actual, 0))


def status(standing: Standing, say: Wording) -> str:
    """The status, with the severity if there is one."""
    named = say(f"status.{standing.status}")
    if standing.severity is None:
        return named
    return say("status.graded", status=named, severity=say(f"severity.{standing.severity}"))


def target(standing: TargetInForce, say: Wording) -> str:
    """What the target asks for, with its basis."""
    if standing.basis == "rollup":
        return say("target.rollup", members=_known(standing.members, say), of=_known(standing.of, say))
    form = say.number if standing.basis == "absolute" else say.percent
    return say(f"target.{standing.basis}", value=form(standing.value))


def _known(value: int | None, say: Wording) -> str:
    return "?" if value is None else say.number(value)
