"""Events about a region: denominators, opening balances, targets, stock, interventions, outreach, published claims.

All dates are dates on the wall of an office in the region concerned.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.events.base import Amount, Count, Day, Event, Frozen, LocalCode, Place, Programme, RegionCode, Text
from shared.events.citizen import Channel

Authority = Literal["national", "local"]
Basis = Literal["percent_of_wajib_ktp", "percent_of_recorded", "absolute"]
InterventionKind = Literal["circular", "outreach", "mandate", "reprimand", "campaign", "integrated_service", "other"]
BacklogReason = Literal["turned_17", "moved_in", "sick_or_elderly", "away", "unknown", "other"]


class WajibKtp(Frozen):
    """Residents who must hold a card, by the consolidated data (``dkb``) or the live register (``siak``)."""

    region: LocalCode
    as_of: Day
    count: Count
    source: Literal["dkb", "siak"]
    document: Text | None = None


class Baseline(Frozen):
    """What was already done by the end of ``as_of``; citizen events up to that day are not added to it again."""

    region: LocalCode
    as_of: Day
    recorded: Count | None = None
    activated: Count | None = None
    document: Text | None = None

    @model_validator(mode="after")
    def _states_something(self) -> Self:
        if self.recorded is None and self.activated is None:
            raise ValueError("give recorded, activated or both")
        return self


class Target(Frozen):
    """A target by decree. Decrees of one authority for one programme and one ``due_on`` replace each other, each from
    its ``effective_on``; ``value`` is per cent for the percent bases, a number of people for ``absolute``."""

    region: RegionCode
    programme: Programme
    authority: Authority
    basis: Basis
    value: Amount
    start_on: Day
    due_on: Day
    effective_on: Day
    document: Text | None = None

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.start_on > self.due_on:
            raise ValueError("start_on is after due_on")
        if self.effective_on > self.due_on:
            raise ValueError("effective_on is after due_on")
        if self.value <= 0:
            raise ValueError("value must be more than zero; to end a target send target.withdrawn.v1")
        if self.basis == "absolute" and self.value != self.value.to_integral_value():
            raise ValueError("value of an absolute target is a whole number of people")
        if self.basis != "absolute" and self.value > Decimal(100):
            raise ValueError("value of a percentage target is at most 100")
        if self.basis == "percent_of_recorded" and self.programme == "perekaman":
            raise ValueError("perekaman cannot be measured against itself: percent_of_recorded is for ikd")
        return self


class TargetEnd(Frozen):
    """The target of this authority, programme and ``due_on`` is no longer in force from ``effective_on`` on.

    ``basis``, ``value`` and ``start_on`` may be repeated from the target for the reader; they decide nothing.
    """

    region: RegionCode
    programme: Programme
    authority: Authority
    basis: Basis | None = None
    value: Amount | None = None
    start_on: Day | None = None
    due_on: Day
    effective_on: Day
    document: Text | None = None


class Blanko(Frozen):
    """Blank cards in stock at the end of ``as_of``."""

    region: LocalCode
    as_of: Day
    sheets: Count


class BacklogReasonCount(Frozen):
    """How many of those not yet recorded are so for one reason."""

    reason: BacklogReason
    count: Count


class Backlog(Frozen):
    """Residents not yet recorded (belum rekam) at the end of ``as_of``, by reason."""

    region: LocalCode
    as_of: Day
    reasons: Annotated[list[BacklogReasonCount], Field(min_length=1, max_length=10)]


class Intervention(Frozen):
    """Something done to raise the pace. ``people_per_desa`` states what a plan expects of each desa of the region."""

    region: RegionCode
    kind: InterventionKind
    title: Text
    starts_on: Day
    ends_on: Day | None = None
    document: Text | None = None
    programme: Programme = "ikd"
    people_per_desa: Annotated[int, Field(ge=1, le=100_000)] | None = None

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise ValueError("ends_on is before starts_on")
        return self


class Outreach(Frozen):
    """An outreach day: ``applicants`` came; they are not activations."""

    region: LocalCode
    on: Day
    channel: Channel
    place: Place
    applicants: Count


class Claim(Frozen):
    """A published figure, to be checked. ``source`` names the publication and its date."""

    region: RegionCode
    as_of: Day
    programme: Programme
    count: Count | None = None
    percent: Annotated[Amount, Field(le=Decimal(1000))] | None = None
    basis: Literal["wajib_ktp", "recorded", "target"] | None = None
    source: Text

    @model_validator(mode="after")
    def _claims_something(self) -> Self:
        if self.count is None and self.percent is None:
            raise ValueError("give count, percent or both")
        return self


class WajibKtpReported(Event):
    """The denominator of a region on a day."""

    type: Literal["wajib_ktp.reported.v1"] = "wajib_ktp.reported.v1"
    data: WajibKtp


class BaselineReported(Event):
    """The opening balance of a region."""

    type: Literal["baseline.reported.v1"] = "baseline.reported.v1"
    data: Baseline


class TargetSet(Event):
    """A target was set or changed by decree."""

    type: Literal["target.set.v1"] = "target.set.v1"
    data: Target


class TargetWithdrawn(Event):
    """A target was withdrawn by decree."""

    type: Literal["target.withdrawn.v1"] = "target.withdrawn.v1"
    data: TargetEnd


class BlankoCounted(Event):
    """Card stock was counted."""

    type: Literal["blanko.counted.v1"] = "blanko.counted.v1"
    data: Blanko


class BacklogReported(Event):
    """The perekaman backlog was counted by reason."""

    type: Literal["backlog.reported.v1"] = "backlog.reported.v1"
    data: Backlog


class InterventionAnnounced(Event):
    """An intervention was announced."""

    type: Literal["intervention.announced.v1"] = "intervention.announced.v1"
    data: Intervention


class OutreachReported(Event):
    """An outreach day was reported."""

    type: Literal["outreach.reported.v1"] = "outreach.reported.v1"
    data: Outreach


class FigureClaimed(Event):
    """A figure was published."""

    type: Literal["figure.claimed.v1"] = "figure.claimed.v1"
    data: Claim


RegionEvent = (
    WajibKtpReported
    | BaselineReported
    | TargetSet
    | TargetWithdrawn
    | BlankoCounted
    | BacklogReported
    | InterventionAnnounced
    | OutreachReported
    | FigureClaimed
)
