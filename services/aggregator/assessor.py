"""Assesses regions: those a batch touched, shortly after it; all of them at their midnight and every so often, in case
another replica died between its commit and its assessment. Publishes what changed."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from services.aggregator.latest.assessment import Assessment
from services.aggregator.latest.kept import Assessments
from services.aggregator.latest.ledger import ledger_of
from services.aggregator.metrics import Metrics
from services.aggregator.pace import Policy, assess_all
from services.aggregator.shelves import Shelf
from shared.bus import PACE, pace_subject
from shared.errors import BusUnavailableError, RecoverableError
from shared.events import PaceAssessed
from shared.events.standing import Standing
from shared.tracing.span import OFF, Span, Tracing
from shared.tracing.traceparent import Trail, joined
from shared.wilayah import Level, level_of

log = logging.getLogger(__name__)
# Assessed in one transaction. More wait longer for each other; of fewer, each waits for a projection to catch up.
_CHUNK = 50
_PATIENT = 15
_RETRY_SECONDS = 1
_CLOCK_SECONDS = 10.0
_ZONES = tuple(ZoneInfo(name) for name in ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"))


class Assessor:
    """Keeps the standings of all kab/kota (with their kecamatan and desa that have targets) up to date.

    Before it assesses, it lets the projection ``catch_up`` with what is stored at that moment. Half a replay looks like
    a shortfall: a target counted before its activations would raise a false alert.

    Under load, when more is touched than can be assessed at once, those that somebody has ``watched`` come first, then
    those that wait longest.
    """

    def __init__(
        self,
        assessments: Assessments,
        js: JetStreamContext,
        metrics: Metrics,
        *,
        policy: Policy,
        today: Callable[[str], date],
        debounce_seconds: float,
        every_seconds: float,
        catch_up: Callable[[], Awaitable[None]],
        watched: Callable[[], Collection[str]] = frozenset,
        tracing: Tracing = OFF,
    ) -> None:
        self._assessments = assessments
        self._js = js
        self._metrics = metrics
        self._policy = policy
        self._today = today
        self._debounce_seconds = debounce_seconds
        self._every_seconds = every_seconds
        self._catch_up = catch_up
        self._watched = watched
        self._tracing = tracing
        self._touched: dict[str, Trail] = {}
        self._in_hand: dict[str, Trail] = {}
        self._wake = asyncio.Event()

    def touch(self, regions: Iterable[str], trail: Trail = ()) -> None:
        """These kab/kota may stand differently now, because of what left ``trail``. Wider regions are assessed when
        they are read."""
        for region in regions:
            if level_of(region) is Level.KABKOTA:
                known = self._touched.get(region, ())
                self._touched[region] = joined(known, trail) if known and trail else known or trail
        if self._touched:
            self._wake.set()

    def pending(self) -> int:
        """How many kab/kota this replica still has to assess."""
        return len(self._touched.keys() | self._in_hand.keys())

    async def run(self) -> None:
        """Assess what is touched until cancelled. What fails is tried again."""
        while True:
            await self._wake.wait()
            if len(self._touched) < _CHUNK:
                # Not a wait for a condition: it gathers the touches of many batches into one assessment.
                await asyncio.sleep(self._debounce_seconds)
            try:
                await self._catch_up()
                self._in_hand = self._next()
                await self.assess(list(self._in_hand), joined(*self._in_hand.values()))
                self._metrics.last_assessment.set_to_current_time()
            except RecoverableError as error:
                log.warning("assessing %d regions failed: %s; trying again", len(self._in_hand), error)
                for region, trail in self._in_hand.items():
                    self.touch([region], trail)
                await asyncio.sleep(_RETRY_SECONDS)
            self._in_hand = {}
            if not self._touched:
                self._wake.clear()

    def _next(self) -> dict[str, Trail]:
        """Takes as many of those that are touched as are assessed at once."""
        found = first_of(self._touched, self._watched(), _CHUNK, _PATIENT)
        return {region: self._touched.pop(region) for region in found}

    async def run_clock(
        self, own: Callable[[], Iterable[str]], now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Touch all one's ``own`` kab/kota at start, at each zone's midnight and every ``every_seconds``, until
        cancelled."""
        assessed, days = -math.inf, days_at(now())
        while True:
            today = days_at(now())
            if today != days or monotonic() - assessed >= self._every_seconds:
                assessed, days = monotonic(), today
                self.touch(own())
            # Who sleeps does not see that the clock is set, or has gone on while the machine was suspended.
            await asyncio.sleep(min(_CLOCK_SECONDS, self._every_seconds, seconds_to_next_midnight(now())))

    async def assess_all(self, kabkota: Sequence[str]) -> None:
        """Assess these kab/kota, a few in each transaction, whatever the projection lags.

        Raises:
            RecoverableError: not all were assessed or published.
        """
        for start in range(0, len(kabkota), _CHUNK):
            await self.assess(kabkota[start : start + _CHUNK])

    async def assess(self, kabkota: Sequence[str], trail: Trail = ()) -> None:
        """Assess these kab/kota, because of what left ``trail``, and publish the rows that changed.

        Raises:
            RecoverableError: not all were assessed or published.
        """
        with self._tracing.span("assess regions", follows=trail) as span:
            waiting = await self._assessments.assess(kabkota, self._assessment)
            by_line: dict[str, list[Standing]] = {}
            for row in waiting:
                by_line.setdefault(row.line, []).append(row)
            span.set("laju.regions", len(kabkota))
            span.set("laju.standings", len(waiting))
            await asyncio.gather(*(self._publish(rows, span.trail) for rows in by_line.values()))
            await self._assessments.published(waiting)

    def _assessment(self, owner: str, shelf: Shelf) -> Assessment:
        if not shelf.counters and not shelf.facts:
            return Assessment()
        rows: list[Standing] = []
        book = shelf.book(owner)
        for region in sorted({owner, *shelf.regions()}):
            decrees = shelf.facts_about(region).decrees
            if decrees or region == owner:
                figures = book if region == owner else shelf.book(region)
                rows += assess_all(region, figures, decrees, self._today(owner), self._policy)
        return Assessment(rows, ledger_of(book))

    async def _publish(self, rows: Iterable[Standing], trail: Trail) -> None:
        """Those of one line, in their order: whoever follows it hears the last of them last."""
        for row in rows:
            subject = pace_subject(row.region)
            attributes = {"messaging.system": "nats", "messaging.destination.name": subject, "laju.status": row.status}
            with self._tracing.span("publish pace", "producer", follows=trail, attributes=attributes) as span:
                await self._publish_row(row, subject, span)
            self._metrics.assessed.inc()

    async def _publish_row(self, row: Standing, subject: str, span: Span) -> None:
        identity = f"{row.line}/{row.revision}"
        event = PaceAssessed(
            id=identity, source="laju/aggregator", time=datetime.now(UTC), traceparent=span.stamp, data=row
        )
        try:
            await self._js.publish(
                subject,
                event.model_dump_json(exclude_none=True).encode(),
                stream=PACE,
                headers={"Nats-Msg-Id": identity, **span.headers},
            )
        except NatsError as error:
            raise BusUnavailableError(f"publishing pace.assessed failed: {type(error).__name__}") from error


def first_of(waiting: Iterable[str], watched: Collection[str], most: int, patient: int) -> list[str]:
    """Of the kab/kota that wait, longest first, those whose turn it is, ``most`` at once: first those that somebody has
    watched, then the others; among either who waits longest. So many places are for the ``patient`` that nobody
    watches: with pages of many regions open, all others would never have a turn."""
    ordered = list(waiting)
    others = [region for region in ordered if region not in watched]
    first = [region for region in ordered if region in watched]
    room = most - min(patient, len(others))
    return (first[:room] + others + first[room:])[:most]


def days_at(moment: datetime) -> tuple[date, ...]:
    """The dates on the walls of the three zones at an aware ``moment``."""
    return tuple(moment.astimezone(zone).date() for zone in _ZONES)


def seconds_to_next_midnight(now: datetime) -> float:
    """From an aware ``now`` to the next midnight in any of the three zones, plus a second to be past it."""
    midnights = []
    for zone in _ZONES:
        local = now.astimezone(zone)
        midnights.append(datetime.combine(local.date() + timedelta(days=1), time(), zone) - local)
    return min(midnights).total_seconds() + 1
