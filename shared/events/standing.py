"""A standing: one region against one target on one business date. The same numbers in API, metric, mail and page."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer

from shared.events.base import Amount, Frozen, Programme, RegionCode
from shared.events.region import Authority, Basis

Status = Literal[
    "no_target", "not_started", "no_data", "on_pace", "at_risk", "behind", "achieved", "missed",
]  # fmt: skip
Severity = Literal["warning", "serious", "critical"]
# Text, so that 5.10 keeps its second decimal on the way through JSON.
Percent = Annotated[
    Decimal, Field(strict=False, decimal_places=2, description="Per cent with exactly two decimals, rounded half up")
]
Rate = Annotated[
    Decimal,
    Field(strict=False, decimal_places=2, description="People a day, two decimals, rounded half up"),
    PlainSerializer(float, return_type=float, when_used="json"),
]


class TargetInForce(Frozen):
    """The target a standing is measured against. ``id`` is the identity of its event, or names a roll-up:
    ``members`` of the region's ``of`` kab/kota then have such a target and are summed."""

    id: str
    programme: Programme
    authority: Authority
    basis: Basis | Literal["rollup"]
    value: Amount
    start_on: date
    due_on: date
    effective_on: date
    document: str | None = None
    members: int | None = None
    of: int | None = None


class Forecast(Frozen):
    """Where the region will stand on the due date if it goes on as in the last 28 days.

    ``low`` and ``high`` are the same with the slower and the faster of the 7- and 28-day rates, the count's band.
    ``required`` uses ``wajib_ktp``, the denominator carried on at its own growth. ``finish_on`` is the day on which
    the requirement would be met at the 28-day rate, ``None`` if never within ten years.
    """

    on: date
    count: int
    low: int
    high: int
    wajib_ktp: int | None = None
    required: int | None = None
    finish_on: date | None = None


class Standing(Frozen):
    """One row. Counts are people; ``None`` where the number does not exist (no target, no denominator).

    ``done7`` and ``done28`` are people in the 7 and 28 days that end with ``on`` (or the due date, once it is past).
    ``sequence`` is the highest EVENTS sequence it reflects. ``revision`` orders the standings of a region: of two, the
    one with the higher revision saw more. (Two partitions may be committed in either order, so a sequence cannot.)
    """

    region: RegionCode
    name: str
    programme: Programme
    on: date
    status: Status
    severity: Severity | None = None
    target: TargetInForce | None = None
    actual: int
    base: int | None = None
    required: int | None = None
    expected: int | None = None
    gap: int | None = None
    attainment_percent: Percent | None = None
    coverage_percent: Percent | None = None
    wajib_ktp: int | None = None
    done7: int = 0
    done28: int = 0
    rate7: Rate
    rate28: Rate
    required_rate: int | None = None
    elapsed_days: int | None = None
    total_days: int | None = None
    days_left: int | None = None
    days_behind: int = 0
    forecast: Forecast | None = None
    simulated: bool = False
    sequence: int = 0
    projection: int = 1
    revision: int = 0

    @property
    def judged_on(self) -> date:
        """The day that the figures are of: a target whose term is over is judged as it stood on its due date."""
        return min(self.on, self.target.due_on) if self.target else self.on

    @property
    def is_over(self) -> bool:
        """Whether no day of the target's term is left."""
        return self.target is not None and self.on >= self.target.due_on

    @property
    def line(self) -> str:
        """Which target line the row is about, stable while its decree changes: region, programme, authority, due."""
        due = f"{self.target.authority}/{self.target.due_on}" if self.target else "none"
        return f"{self.region}/{self.programme}/{due}"
