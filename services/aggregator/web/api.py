"""The read API. Paths and names are a contract: others read these documents."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError
from pydantic import BeforeValidator

from services.aggregator.answers import By, Day, OutreachDay, RegionReading, Share
from services.aggregator.briefing import Line, NoSuchLineError
from services.aggregator.claims import CheckedClaim
from services.aggregator.consumers import PartitionProgress
from services.aggregator.generation import Generation
from services.aggregator.interventions import Effect
from services.aggregator.reading.reader import Reader
from services.aggregator.suppression import Suppressed
from services.aggregator.web.parameters import BusinessDay
from shared.briefing import Briefing
from shared.errors import BusUnavailableError
from shared.events import PROGRAMMES, Programme
from shared.events.base import Frozen
from shared.events.region import Authority
from shared.events.standing import Standing
from shared.problems import Problem, unavailable
from shared.wilayah import Level, UnknownRegionError, find


class Standings(Frozen):
    """All standings asked for. ``suppressed``: of a kecamatan or desa where the count is hidden, there are none."""

    standings: list[Standing]
    suppressed: Suppressed = False


class Daily(Frozen):
    """A region's days. ``change`` and ``total`` count residents of the region, wherever they were served."""

    region: str
    programme: Programme
    days: list[Day]
    suppressed: Suppressed = False


class Breakdown(Frozen):
    """Services along one dimension; ``counted`` says whether by the region's offices or to its residents."""

    region: str
    programme: Programme
    by: By
    counted: str
    rows: list[Share]
    total: int | None
    suppressed: Suppressed = False


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


_PATIENCE_SECONDS = 5.0
_PAUSE_SECONDS = 0.02
MinSequence = Annotated[
    int | None,
    Query(ge=1, description="Answer only once this EVENTS sequence is reflected; waits up to five seconds"),
]
Code = Annotated[
    str, Path(description="Kemendagri code of any level, or ID for the nation", examples=["51.71"], max_length=20)
]


def _blank(value: object) -> object:
    """``?on=`` is how a form says nothing."""
    return None if value == "" else value


On = Annotated[
    BusinessDay | None,
    BeforeValidator(_blank),
    Query(description="Business date; today in the region's zone if left out"),
]
Which = Annotated[Programme | None, BeforeValidator(_blank), Query(description="Both programmes if left out")]
Of = Annotated[Programme, Query(description="Which programme")]
SetBy = Annotated[Authority, Query(description="Which authority set the target")]
DueOn = Annotated[BusinessDay, Query(description="The target's due date")]
From = Annotated[BusinessDay | None, BeforeValidator(_blank), Query(alias="from", description="First day, included")]
To = Annotated[BusinessDay | None, BeforeValidator(_blank), Query(description="Last day, included")]


def _known(code: Code) -> str:
    try:
        return find(code).code
    except UnknownRegionError as error:
        raise Problem(404, "Unknown region", error.reason) from error


Known = Annotated[str, Depends(_known)]


def routes(generation: Callable[[], Generation]) -> APIRouter:
    """The routes of the read API. ``generation`` gives the projection that serves, asked anew at each request.

    Every answer says in ``Laju-Projection`` and ``Laju-Sequence`` what it reflects at least.
    """
    router = APIRouter(prefix="/v1", tags=["regions"])

    async def reflected(response: Response, min_sequence: MinSequence = None) -> Reader:
        current = generation() if min_sequence is None else await _reached(generation, min_sequence)
        response.headers["Laju-Projection"] = str(current.number)
        response.headers["Laju-Sequence"] = str(await current.reader.sequence())
        return current.reader

    reflecting = Depends(reflected)

    @router.get("/regions/{code}", summary="Counts, coverage, backlog, stock and warnings of a region")
    async def region(code: Known, reader: Reader = reflecting, on: On = None) -> RegionReading:
        return await reader.regions.of(code, on)

    @router.get("/regions/{code}/standings", summary="Where the region stands against each of its targets")
    async def standings(
        code: Known,
        reader: Reader = reflecting,
        programme: Which = None,
        on: On = None,
        min_sequence: MinSequence = None,
    ) -> Standings:
        rows = await reader.standings.of(code, programme, on, anew=min_sequence is not None)
        asked = set(PROGRAMMES if programme is None else (programme,))
        # Each has a row, and be it one without a target.
        return Standings(standings=rows, suppressed=not asked <= {row.programme for row in rows})

    @router.get("/regions/{code}/briefing", summary="What lies behind the standing against one target")
    async def briefing(
        code: Known, programme: Of, authority: SetBy, due_on: DueOn, reader: Reader = reflecting, on: On = None
    ) -> Briefing:
        try:
            told = await reader.briefings.of(code, Line(programme, authority, due_on), on)
        except NoSuchLineError as error:
            raise Problem(404, "No such target", error.reason) from error
        return told.model_copy(update={"hides_below": reader.smallest})

    @router.get("/regions/{code}/daily", summary="Net change by day")
    async def daily(
        code: Known, programme: Of, reader: Reader = reflecting, first: From = None, to: To = None
    ) -> Daily:
        told = await reader.work.days(code, programme, first, to)
        return Daily(region=code, programme=programme, days=told.days, suppressed=told.suppressed)

    @router.get("/regions/{code}/breakdown", summary="Services by channel, place, group or region")
    async def breakdown(
        code: Known, programme: Of, by: By, reader: Reader = reflecting, first: From = None, to: To = None
    ) -> Breakdown:
        if find(code).level in (Level.KECAMATAN, Level.DESA):
            raise Problem(
                422,
                "No breakdown at this level",
                f"breakdowns are kept by kab/kota: ask for {code[:5]} instead of {code}",
            )
        told = await reader.work.shares(code, programme, by, first, to)
        return Breakdown(
            region=code,
            programme=programme,
            by=by,
            counted="services to residents of the region"
            if by == "service_region"
            else "services by the region's offices",
            rows=told.rows,
            total=told.total,
            suppressed=told.suppressed,
        )

    @router.get("/regions/{code}/claims", summary="Published figures, recomputed on each basis")
    async def claims(code: Known, reader: Reader = reflecting) -> Claims:
        return Claims(claims=await reader.reported.claims(code))

    @router.get("/regions/{code}/interventions", summary="Daily rate before, during and after each intervention")
    async def interventions(code: Known, reader: Reader = reflecting, on: On = None) -> Interventions:
        return Interventions(interventions=await reader.reported.interventions(code, on))

    @router.get("/regions/{code}/outreach", summary="Outreach days: applicants beside services done")
    async def outreach(code: Known, reader: Reader = reflecting) -> Outreach:
        return Outreach(outreach=await reader.reported.outreach(code))

    @router.get("/progress", summary="How far the projection is", tags=["operations"])
    async def progress() -> Progress:
        current, partitions = await _progressed(generation)
        return Progress(
            partitions=[
                Partition(
                    partition=partition.partition,
                    stored_sequence=partition.stored_sequence,
                    projected_sequence=partition.projected_sequence,
                )
                for partition in partitions
            ],
            lag_envelopes=sum(partition.pending for partition in partitions),
            assessments_pending=current.assessor.pending(),
            lag_events=sum(current.metrics.events_in(partition.pending) for partition in partitions),
            sequence=await current.reader.sequence(),
            projection=current.number,
        )

    return router


async def _progressed(generation: Callable[[], Generation]) -> tuple[Generation, list[PartitionProgress]]:
    """The projection that serves, and how far it is. A consumer that was deleted is mended within seconds, and those of
    a projection that another one follows are gone a moment before readers go over: it is waited for."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        current = generation()
        try:
            return current, await current.consumers.progress()
        except NatsError as error:
            if not isinstance(error, NotFoundError) or time.monotonic() > deadline:
                raise BusUnavailableError(f"asking JetStream for progress failed: {type(error).__name__}") from error
        await asyncio.sleep(_PAUSE_SECONDS)


async def _reached(generation: Callable[[], Generation], sequence: int) -> Generation:
    """The projection that serves, once everything in EVENTS up to ``sequence`` is projected."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        current, partitions = await _progressed(generation)
        stored = max((part.stored_sequence for part in partitions), default=0)
        behind = [part for part in partitions if part.projected_sequence < min(sequence, part.stored_sequence)]
        if stored >= sequence and not behind:
            return current
        if time.monotonic() > deadline:
            raise unavailable(
                f"sequence {sequence} is not reached yet: EVENTS ends at {stored}, and "
                f"{len(behind)} partitions are still behind it. Ask again"
            )
        await asyncio.sleep(_PAUSE_SECONDS)
