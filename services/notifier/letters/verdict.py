"""What a notice says of one telling: in brief for the subject, in one sentence, and what is asked of the reader."""

from __future__ import annotations

from typing import Literal

from services.notifier.contents import Reason, Telling
from services.notifier.letters.position import (
    counts,
    counts_of_required,
    lacks_basis,
    position,
    short_of_required,
)
from shared.errors import InvalidError
from shared.wording import Wording

Tone = Literal["alarm", "caution", "relief"]
_TONES: dict[Reason, Tone] = {
    Reason.FIRST: "alarm",
    Reason.WORSENED: "alarm",
    Reason.REPEAT: "alarm",
    Reason.ESCALATED: "alarm",
    Reason.MISSED: "alarm",
    Reason.NO_DATA: "caution",
    Reason.CORRECTED: "relief",
    Reason.RESOLVED: "relief",
    Reason.ACHIEVED: "relief",
}
_NATURES: dict[Reason, str] = {
    Reason.FIRST: "urgent",
    Reason.WORSENED: "urgent",
    Reason.REPEAT: "urgent",
    Reason.ESCALATED: "urgent",
    Reason.NO_DATA: "important",
    Reason.MISSED: "important",
}


def tone(telling: Telling) -> Tone:
    """The colour of the verdict; its words say the same.

    Raises:
        InvalidError: there is nothing to tell.
    """
    if telling.reason not in _TONES:
        raise InvalidError(f"writing about {telling.standing.line} failed: there is no letter for {telling.reason}")
    return _TONES[telling.reason]


def nature(telling: Telling) -> str:
    """The phrase for *Sifat*, how soon the letter wants to be read: a key of ``nature``."""
    return f"nature.{_NATURES.get(telling.reason, 'ordinary')}"


def matter(telling: Telling, say: Wording) -> str:
    """The verdict in a few words, without region and date."""
    standing = telling.standing
    return say(
        f"matter.{_case(telling)}",
        position=position(standing, say, "brief"),
        short=short_of_required(standing, say),
    )


def verdict(telling: Telling, say: Wording) -> str:
    """The one sentence that says how the region stands and why it is told."""
    standing, told = telling.standing, telling.told
    case = _case(telling)
    overall = case in ("achieved", "missed")
    values = {
        "day": say.day(standing.judged_on),
        "activity": say(f"activity.{standing.programme}"),
        "name": standing.name,
        "position": position(standing, say),
        "counts": counts_of_required(standing, say) if overall else counts(standing, say),
        "short": short_of_required(standing, say),
    }
    if telling.since is not None:
        values["since"] = say.day(telling.since)
    if told is not None:
        values["told_day"] = say.day(told.judged_on)
        values["told_position"] = position(told, say, "position" if telling.reason is Reason.CORRECTED else "bare")
        values["told_actual"] = say.number(told.actual)
        if (known := _known_now(telling)) is not None:
            values["known"] = say.number(known)
        if told.severity and standing.severity:
            values["from_severity"] = say(f"severity.{told.severity}")
            values["to_severity"] = say(f"severity.{standing.severity}")
    return say(f"verdict.{_sentence(case, telling)}", **values)


def closing(telling: Telling, say: Wording) -> str:
    """The request or the thanks."""
    return say(f"closing.{_case(telling)}", name=telling.standing.name)


def _case(telling: Telling) -> str:
    """The reason, told apart where one reason has two causes."""
    reason, standing, told = telling.reason, telling.standing, telling.told
    if reason is Reason.NO_DATA and lacks_basis(standing):
        return "no_data_basis"
    if reason is Reason.RESOLVED and told is not None and told.status == "no_data":
        return "resolved_heard"
    if reason is Reason.RESOLVED and standing.status == "achieved":
        return "achieved"
    return reason.value


def _sentence(case: str, telling: Telling) -> str:
    """The sentence for a case that says as much as is known."""
    standing, told = telling.standing, telling.told
    if case == "worsened" and told is not None:
        both = told.severity and standing.severity
        return "worsened_severity" if both and told.severity != standing.severity else "worsened_told"
    if case in ("repeat", "escalated") and telling.since is not None:
        return f"{case}_since"
    if case == "corrected" and told is not None:
        return "corrected_told" if _known_now(telling) is None else "corrected_known"
    if case == "resolved" and standing.status == "at_risk":
        return "resolved_at_risk"
    return case


def _known_now(telling: Telling) -> int | None:
    """What was done by the day that was told last, as it is known today; ``None`` if nobody said."""
    if telling.then is not None:
        return telling.then.actual
    if telling.told is None or telling.briefing is None:
        return None
    on = telling.told.judged_on
    return next((point.count for point in telling.briefing.actual if point.on == on), None)
