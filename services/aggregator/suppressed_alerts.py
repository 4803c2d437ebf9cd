"""What pages tell of alerts and mails where small counts are hidden. Pure.

The notifier knows every figure, as heads do. Of a kecamatan or desa a page tells what the reader tells: a step only if
there is a standing of that day, with its figures only if they are the same still; an open alert and a word only if
there is one of today. Rules and the gravest severity, which follow from figures of other days, are left out. A letter
is shown if it hides at least as much as the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from services.aggregator.notices import Alerts, Mail, OpenAlert, Said, Step
from shared.events.standing import Standing
from shared.wilayah import is_narrow


class Moment(NamedTuple):
    """A region on a business date; without one, today."""

    region: str
    on: date | None = None


Told = Mapping[Moment, Sequence[Standing]]
"""The standings that are told of each."""


def moments(found: Alerts) -> frozenset[Moment]:
    """The narrow regions of these alerts, and the days of which must be known what is told of them."""
    every = {*map(_moment, found.history), *(Moment(alert.region) for alert in found.open)}
    return frozenset(moment for moment in every if is_narrow(moment.region))


def alerts(found: Alerts, told: Told) -> Alerts:
    """As much of these alerts as is told where ``told`` has all their :func:`moments`."""
    return found.model_copy(
        update={
            "open": tuple(_open(alert) for alert in found.open if _shows_open(alert, told)),
            "history": tuple(
                _step(entry, told) if isinstance(entry, Step) else entry
                for entry in found.history
                if _shows(entry, told)
            ),
        }
    )


def shows_letter(mail: Mail, smallest: int) -> bool:
    """Whether a mail, and its subject, may be shown where counts below ``smallest`` are hidden."""
    return mail.hides_below is None or mail.hides_below >= smallest


def _shows(entry: Step | Said, told: Told) -> bool:
    if not is_narrow(entry.region):
        return True
    return any(entry.programme in (None, row.programme) for row in told[_moment(entry)])


def _moment(entry: Step | Said) -> Moment:
    return Moment(entry.region, entry.standing.on if isinstance(entry, Step) else None)


def _step(step: Step, told: Told) -> Step:
    if not is_narrow(step.region):
        return step
    then = step.standing
    figures = (step.line, then.actual, then.expected, then.gap)
    if not any((row.line, row.actual, row.expected, row.gap) == figures for row in told[_moment(step)]):
        then = then.model_copy(update={"actual": None, "expected": None, "gap": None})
    return step.model_copy(update={"rule": "", "standing": then})


def _shows_open(alert: OpenAlert, told: Told) -> bool:
    return not is_narrow(alert.region) or any(row.line == alert.line for row in told[Moment(alert.region)])


def _open(alert: OpenAlert) -> OpenAlert:
    return alert.model_copy(update={"gravest": None}) if is_narrow(alert.region) else alert
