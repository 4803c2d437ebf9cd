"""Standings of a province or the nation, rolled up from its kab/kota. Pure.

The kab/kota that have a target of one authority, programme and due date are summed; whoever has none takes no part,
and the row says how many of how many do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby

from services.aggregator.figures import divided_up, half_up, percent
from services.aggregator.pace import Mark, Policy, exceeds_tolerance, severity
from shared.events.standing import Forecast, Standing, Status, TargetInForce
from shared.wilayah import find

_UNKNOWN = ("no_target", "not_started")


def roll_up(region: str, standings: Sequence[Standing], of: int, on: date, policy: Policy) -> list[Standing]:
    """One row for each target line among the kab/kota's ``standings`` on ``on``; ``of`` is how many kab/kota there
    are."""
    rows = sorted((row for row in standings if row.status not in _UNKNOWN), key=_line)
    return [_sum(region, list(group), of, on, policy) for _, group in groupby(rows, key=_line)]


def with_roll_up(own: Sequence[Standing], rolled: Sequence[Standing]) -> list[Standing]:
    """The rows of a wider region: its ``own``, then what its kab/kota come to; of a programme for which they have
    targets, it is not said that the region itself has none."""
    covered = {row.programme for row in rolled}
    return [*(row for row in own if row.target or row.programme not in covered), *rolled]


def _line(row: Standing) -> tuple[str, int, str]:
    target = _target(row)
    return (row.programme, -target.due_on.toordinal(), target.authority)


def _target(row: Standing) -> TargetInForce:
    if row.target is None:  # rows without a target never reach a roll-up
        raise ValueError("a standing without target cannot be rolled up")
    return row.target


def _sum(region: str, rows: list[Standing], of: int, on: date, policy: Policy) -> Standing:
    heard = [row for row in rows if row.expected is not None]
    first = _target(rows[0])
    start_on = min(_target(row).start_on for row in rows)
    point = Mark(
        base=sum(row.base or 0 for row in heard),
        required=sum(row.required or 0 for row in heard),
        expected=sum(row.expected or 0 for row in heard),
        actual=sum(row.actual for row in heard),
    )
    wajib_ktp = sum(row.wajib_ktp or 0 for row in heard) or None
    week, month = sum(row.done7 for row in heard), sum(row.done28 for row in heard)
    day = min(on, first.due_on)
    days_left = (first.due_on - day).days
    missing = max(point.required - point.actual, 0)
    required_rate = divided_up(missing, days_left) if days_left else None
    status = _status(
        point,
        policy,
        silent=all(row.status == "no_data" for row in rows),
        over=on > first.due_on,
        slow=required_rate is not None and week < required_rate * 7 and month < required_rate * 28,
    )
    return Standing(
        region=region,
        name=find(region).name,
        programme=rows[0].programme,
        on=on,
        status=status,
        severity=severity(point, policy) if status == "behind" else None,
        target=TargetInForce(
            id=f"rollup/{region}/{first.programme}/{first.authority}/{first.due_on}",
            programme=first.programme,
            authority=first.authority,
            basis="rollup",
            value=Decimal(point.required),
            start_on=start_on,
            due_on=first.due_on,
            effective_on=min(_target(row).effective_on for row in rows),
            members=len(heard),
            of=of,
        ),
        actual=point.actual,
        base=point.base,
        required=point.required,
        expected=point.expected,
        gap=point.gap,
        attainment_percent=percent(point.actual, point.required),
        coverage_percent=percent(point.actual, wajib_ktp),
        wajib_ktp=wajib_ktp,
        done7=week,
        done28=month,
        rate7=half_up(Decimal(week), Decimal(7)),
        rate28=half_up(Decimal(month), Decimal(28)),
        required_rate=required_rate,
        elapsed_days=(day - start_on).days + 1,
        total_days=(first.due_on - start_on).days + 1,
        days_left=days_left,
        days_behind=0,
        forecast=_forecast(heard, first.due_on),
        simulated=any(row.simulated for row in rows),
    )


def _status(point: Mark, policy: Policy, *, silent: bool, over: bool, slow: bool) -> Status:
    if silent:
        return "no_data"
    if point.actual >= point.required:
        return "achieved"
    if over:
        return "missed"
    if exceeds_tolerance(point, policy):
        return "behind"
    return "at_risk" if slow else "on_pace"


def _forecast(rows: list[Standing], due_on: date) -> Forecast | None:
    known = [row.forecast for row in rows if row.forecast is not None]
    if not known:
        return None
    required = [forecast.required for forecast in known]
    return Forecast(
        on=due_on,
        count=sum(forecast.count for forecast in known),
        low=sum(forecast.low for forecast in known),
        high=sum(forecast.high for forecast in known),
        wajib_ktp=sum(forecast.wajib_ktp or 0 for forecast in known) or None,
        required=None if None in required else sum(count or 0 for count in required),
        finish_on=None,
    )
