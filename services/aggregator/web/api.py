"""The read API. Paths and names are a contract: others read these documents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from math import ceil
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from nats.errors import Error as NatsError
from pydantic import BeforeValidator, Field

from services.aggregator.answers import By, Day, OutreachDay, RegionReading, Share
from services.aggregator.claims import CheckedClaim
from services.aggregator.consumers import Consumers
from services.aggregator.interventions import Effect
from services.aggregator.projection import VERSION
from services.aggregator.reading import Reader
from shared.errors import BusUnavailableError
from shared.events import Programme
from shared.events.base import Frozen
from shared.events.standing import Standing
from shared.problems import Problem
from shared.wilayah import Level, UnknownRegionError, find


class Standings(Frozen):
    """All standings asked for."""

    standings: list[Standing]


class Daily(Frozen):
    """A region's days. ``change`` and ``total`` count residents of the region, wherever they were served."""

    region: str
    programme: Programme
    days: list[Day]


class Breakdown(Frozen):
    """Services along one dimension; ``counted`` says whether by the region's offices or to its residents."""

    region: str
    programme: Programme
    by: By
    counted: str
    rows: list[Share]
    total: int


class Claims(Frozen):
    """All published figures about a region, checked."""

    claims: list[CheckedClaim]


class Interventions(Frozen):
    """All interventions of a region."""

    interventions: list[Effect]


class Outreach(Frozen):
    """All outreach days of a region."""

    outreach: list[OutreachDay]


class Partition(Frozen):
    """Both are EVENTS sequences; equal when everything stored is projected."""

    partition: int
    stored_sequence: int
    projected_sequence: int


class Progress(Frozen):
    """``lag_events`` is exactly 0 when nothing is pending; otherwise pending envelopes times their usual size.
    ``assessments_pending`` is the number of kab/kota this replica has yet to assess after its last commits."""

    partitions: list[Partition]
    lag_envelopes: int
    lag_events: int
    assessments_pending: int
    sequence: int
    projection: int


Code = Annotated[
    str, Path(description="Kemendagri code of any level, or ID for the nation", examples=["51.71"], max_length=20)
]


def _blank(value: object) -> object:
    """``?on=`` is how a form says nothing."""
    return None if value == "" else value


BusinessDay = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]
On = Annotated[
    BusinessDay | None,
    BeforeValidator(_blank),
    Query(description="Business date; today in the region's zone if left out"),
]
Which = Annotated[Programme | None, BeforeValidator(_blank), Query(description="Both programmes if left out")]
Of = Annotated[Programme, Query(description="Which programme")]
From = Annotated[BusinessDay | None, BeforeValidator(_blank), Query(alias="from", description="First day, included")]
To = Annotated[BusinessDay | None, BeforeValidator(_blank), Query(description="Last day, included")]


def _known(code: Code) -> str:
    try:
        return find(code).code
    except UnknownRegionError as error:
        raise Problem(404, "Unknown region", error.reason) from error


Known = Annotated[str, Depends(_known)]


def routes(
    reader: Reader,
    consumers: Callable[[], Consumers],
    events_per_envelope: Callable[[], float],
    assessments_pending: Callable[[], int],
) -> APIRouter:
    """The routes of the read API. The callables are asked at each request for progress."""
    router = APIRouter(prefix="/v1", tags=["regions"])

    @router.get("/regions/{code}", summary="Counts, coverage, backlog, stock and warnings of a region")
    async def region(code: Known, on: On = None) -> RegionReading:
        return await reader.region(code, on)

    @router.get("/regions/{code}/standings", summary="Where the region stands against each of its targets")
    async def standings(code: Known, programme: Which = None, on: On = None) -> Standings:
        return Standings(standings=await reader.standings(code, programme, on))

    @router.get("/regions/{code}/daily", summary="Net change by day")
    async def daily(code: Known, programme: Of, first: From = None, to: To = None) -> Daily:
        return Daily(region=code, programme=programme, days=await reader.daily(code, programme, first, to))

    @router.get("/regions/{code}/breakdown", summary="Services by channel, place, group or region")
    async def breakdown(code: Known, programme: Of, by: By, first: From = None, to: To = None) -> Breakdown:
        if find(code).level in (Level.KECAMATAN, Level.DESA):
            raise Problem(
                422,
                "No breakdown at this level",
                f"breakdowns are kept by kab/kota: ask for {code[:5]} instead of {code}",
            )
        rows = await reader.breakdown(code, programme, by, first, to)
        return Breakdown(
            region=code,
            programme=programme,
            by=by,
            counted="services to residents of the region"
            if by == "service_region"
            else "services by the region's offices",
            rows=rows,
            total=sum(row.count for row in rows),
        )

    @router.get("/regions/{code}/claims", summary="Published figures, recomputed on each basis")
    async def claims(code: Known) -> Claims:
        return Claims(claims=await reader.claims(code))

    @router.get("/regions/{code}/interventions", summary="Daily rate before, during and after each intervention")
    async def interventions(code: Known, on: On = None) -> Interventions:
        return Interventions(interventions=await reader.interventions(code, on))

    @router.get("/regions/{code}/outreach", summary="Outreach days: applicants beside services done")
    async def outreach(code: Known) -> Outreach:
        return Outreach(outreach=await reader.outreach(code))

    @router.get("/progress", summary="How far the projection is", tags=["operations"])
    async def progress() -> Progress:
        try:
            partitions = await consumers().progress()
        except NatsError as error:
            raise BusUnavailableError(f"asking JetStream for progress failed: {type(error).__name__}") from error
        pending = sum(partition.pending for partition in partitions)
        return Progress(
            partitions=[
                Partition(
                    partition=partition.partition,
                    stored_sequence=partition.stored_sequence,
                    projected_sequence=partition.projected_sequence,
                )
                for partition in partitions
            ],
            lag_envelopes=pending,
            assessments_pending=assessments_pending(),
            lag_events=ceil(pending * events_per_envelope()),
            sequence=await reader.sequence(),
            projection=VERSION,
        )

    return router
