"""The figures of a standing, as the table of a notice shows them: each with its unit, percentages with their basis."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from services.notifier.letters.position import status, target
from shared.events.standing import Forecast, Standing
from shared.wording import Wording

LabelledFigure = tuple[str, str]


def rows(standing: Standing, since: date | None, say: Wording) -> list[LabelledFigure]:
    """Label and value, in the order of the table. A number that does not exist is said not to exist."""
    return [
        (say("row.status"), status(standing, say)),
        *_history(standing, since, say),
        *_target(standing, say),
        (say("row.actual"), _people(standing.actual, say)),
        (say("row.expected", day=say.day(standing.judged_on)), _people(standing.expected, say)),
        (say("row.gap"), _people(standing.gap, say)),
        (say("row.attainment"), _share("attainment", standing.attainment_percent, standing.required, say)),
        (say("row.coverage"), _share("coverage", standing.coverage_percent, standing.wajib_ktp, say)),
        (say("row.rate7"), say("row.people_daily", count=say.decimal(standing.rate7))),
        (say("row.rate28"), say("row.people_daily", count=say.decimal(standing.rate28))),
        *_remaining(standing, say),
    ]


def _history(standing: Standing, since: date | None, say: Wording) -> Iterator[LabelledFigure]:
    if since is not None:
        yield say("row.since"), say.day(since)
    if standing.days_behind > 0:
        yield say("row.lasting"), say("row.lasting_value", days=say.number(standing.days_behind))


def _target(standing: Standing, say: Wording) -> Iterator[LabelledFigure]:
    if (aim := standing.target) is None:
        yield say("row.target"), say("target.none")
        return
    wanted = (
        say("target.wanted_unknown")
        if standing.required is None
        else say("target.wanted", required=say.number(standing.required))
    )
    authority = say(f"authority.{aim.authority}")
    yield say("row.target"), say("row.target_value", target=target(aim, say), authority=authority, wanted=wanted)
    yield say("row.document"), aim.document or say("row.document_none")
    yield say("row.term"), say("row.term_value", start=say.day(aim.start_on), due=say.day(aim.due_on))
    yield say("row.base"), _people(standing.base, say)


def _remaining(standing: Standing, say: Wording) -> Iterator[LabelledFigure]:
    if standing.is_over:
        yield say("row.required_rate"), say("row.over")
        yield say("row.days_left"), say("row.days_left_value", days=say.number(0))
        yield say("row.forecast"), say("row.over")
        return
    rate, days = standing.required_rate, standing.days_left
    yield (
        say("row.required_rate"),
        say("letter.unknown") if rate is None else say("row.people_daily", count=say.number(rate)),
    )
    yield (
        say("row.days_left"),
        say("letter.unknown") if days is None else say("row.days_left_value", days=say.number(days)),
    )
    if standing.forecast is None:
        yield say("row.forecast"), say("letter.unknown")
        return
    yield say("row.forecast_on", day=say.day(standing.forecast.on)), forecast(standing.forecast, say)
    yield say("row.finish"), _finish(standing, standing.forecast, say)


def forecast(expected: Forecast, say: Wording) -> str:
    """The forecast with its band and what would then be needed."""
    count, low, high = (say.number(value) for value in (expected.count, expected.low, expected.high))
    band = say("row.forecast_value", count=count, low=low, high=high)
    if expected.required is None:
        return band
    return say("row.forecast_required", forecast=band, required=say.number(expected.required))


def _finish(standing: Standing, expected: Forecast, say: Wording) -> str:
    if standing.required is None:
        return say("letter.unknown")
    if standing.actual >= standing.required:
        return say("row.finish_done")
    if expected.finish_on is None:
        return say("row.finish_never")
    return say("row.finish_value", day=say.day(expected.finish_on))


def _people(value: int | None, say: Wording) -> str:
    return say("letter.unknown") if value is None else say("row.people", count=say.number(value))


def _share(kind: str, value: Decimal | None, whole: int | None, say: Wording) -> str:
    if value is None or whole is None:
        return say("letter.unknown")
    return say(f"row.{kind}_value", percent=say.percent(value), whole=say.number(whole))
