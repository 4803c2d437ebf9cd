"""Standings for the notifier's tests: Kabupaten Serang as far behind as a standing can be, and what tests vary."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from shared.events.standing import Forecast, Standing, TargetInForce

TARGET = TargetInForce(
    id="ditjen/36.04#t-1",
    programme="ikd",
    authority="national",
    basis="percent_of_wajib_ktp",
    value=Decimal(30),
    start_on=date(2024, 1, 1),
    due_on=date(2024, 12, 31),
    effective_on=date(2024, 1, 1),
    document="Surat Dirjen 400.8.1.2/1634",
)
BEHIND = Standing(
    region="36.04",
    name="Kabupaten Serang",
    programme="ikd",
    on=date(2024, 6, 27),
    status="behind",
    severity="critical",
    target=TARGET,
    actual=91_112,
    base=60_000,
    required=660_000,
    expected=353_555,
    gap=-262_443,
    attainment_percent=Decimal("13.80"),
    coverage_percent=Decimal("4.14"),
    wajib_ktp=2_200_000,
    rate7=Decimal("412.43"),
    rate28=Decimal("398.10"),
    required_rate=3043,
    elapsed_days=179,
    total_days=366,
    days_left=187,
    days_behind=40,
    forecast=Forecast(
        on=date(2024, 12, 31),
        count=165_564,
        low=165_000,
        high=168_236,
        wajib_ktp=2_215_000,
        required=664_500,
        finish_on=date(2028, 5, 20),
    ),
    sequence=100,
    revision=100,
)


def standing(**changes: Any) -> Standing:
    """The standing that is behind, with other values in some fields."""
    return BEHIND.model_copy(update=changes)


def back(**changes: Any) -> Standing:
    """The same line, a month and 40 events later, back on it."""
    update = {
        "status": "on_pace",
        "severity": None,
        "on": date(2024, 7, 27),
        "actual": 402_750,
        "expected": 402_700,
        "gap": 50,
        "sequence": 140,
        "revision": 140,
    }
    return standing(**(update | changes))
