"""What live streams tell: the present figures of a region, and of what it is made of. Pure.

Names and forms are a contract. The numbers are those of the read API, put together by the same functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from services.aggregator.answers import RegionReading
from services.aggregator.figures import percent
from services.aggregator.latest.overview import Seen
from shared.events import Programme
from shared.events.base import Frozen
from shared.events.region import Authority
from shared.events.standing import Percent, Rate, Severity, Standing, Status


class LiveForecast(Frozen):
    """As in a standing: the count on the due date with its band, and the day on which the target would be met."""

    count: int
    low: int
    high: int
    finish_on: date | None


class LiveStanding(Frozen):
    """A standing without what a page that shows it has already. ``line`` is the same while a target's decree changes:
    region, programme, authority and due date. Meanings and units are those of the read API's standings."""

    line: str
    programme: Programme
    authority: Authority | None
    due_on: date | None
    on: date
    status: Status
    severity: Severity | None
    actual: int
    required: int | None
    expected: int | None
    gap: int | None
    attainment_percent: Percent | None
    coverage_percent: Percent | None
    rate7: Rate
    rate28: Rate
    required_rate: int | None
    days_left: int | None
    forecast: LiveForecast | None


class LivePart(Frozen):
    """All standings of one of the regions that a wider one is made of."""

    code: str
    standings: tuple[LiveStanding, ...]


class LiveIkd(Frozen):
    """Residents with an active IKD by the end of the business date, also as coverage (of wajib KTP); ``null`` if
    hidden."""

    active: int | None
    coverage_percent: Percent | None


class LivePerekaman(Frozen):
    """Residents recorded (sudah rekam) by the end of the business date, also as coverage (of wajib KTP);
    ``null`` if hidden."""

    recorded: int | None
    coverage_percent: Percent | None


class LiveFigures(Frozen):
    """A region on its business date ``on``.

    ``sequence`` is the highest EVENTS sequence that the figures reflect, ``projection`` the version of the rules;
    ``version`` grows with every message about the region. ``parts`` are, of a province, its kab/kota and, of the
    nation, provinces and kab/kota: in a stream's first message all, then those that changed since the message before;
    ``null`` of a narrower region. While the database cannot be reached, ``unreachable_since`` says (UTC) since when:
    the figures are of that moment.
    """

    region: str
    on: date
    sequence: int
    projection: int
    version: int
    ikd: LiveIkd
    perekaman: LivePerekaman
    standings: tuple[LiveStanding, ...]
    parts: tuple[LivePart, ...] | None = None
    unreachable_since: datetime | None = None


def of_seen(seen: Seen, projection: int, unreachable_since: datetime | None) -> LiveFigures:
    """The figures of a kab/kota or wider region, without parts; the version is for whoever tells them."""
    active, recorded = seen.done["ikd"], seen.done["perekaman"]
    return LiveFigures(
        region=seen.code,
        on=seen.on,
        sequence=seen.sequence,
        projection=projection,
        version=0,
        ikd=LiveIkd(active=active, coverage_percent=percent(active, seen.wajib_ktp)),
        perekaman=LivePerekaman(recorded=recorded, coverage_percent=percent(recorded, seen.wajib_ktp)),
        standings=_told(seen.standings),
        unreachable_since=unreachable_since,
    )


def of_reading(reading: RegionReading, standings: Iterable[Standing]) -> LiveFigures:
    """The figures of a region that was read from the counters."""
    ikd, perekaman = reading.programmes.ikd, reading.programmes.perekaman
    return LiveFigures(
        region=reading.code,
        on=reading.on,
        sequence=reading.sequence,
        projection=reading.projection,
        version=0,
        ikd=LiveIkd(active=ikd.active, coverage_percent=ikd.coverage_percent),
        perekaman=LivePerekaman(recorded=perekaman.recorded, coverage_percent=perekaman.coverage_percent),
        standings=_told(standings),
    )


def part(code: str, standings: Sequence[Standing]) -> LivePart:
    """A part by its standings."""
    return LivePart(code=code, standings=_told(standings))


def differs(one: LiveFigures | None, other: LiveFigures) -> bool:
    """Whether a page that shows ``one`` would show something else: not only where and when it was put together."""
    where = {"sequence": 0, "version": 0, "parts": None}
    return one is None or one.model_copy(update=where) != other.model_copy(update=where)


def _told(rows: Iterable[Standing]) -> tuple[LiveStanding, ...]:
    return tuple(_live(row) for row in rows)


def _live(row: Standing) -> LiveStanding:
    target, forecast = row.target, row.forecast
    return LiveStanding(
        line=row.line,
        programme=row.programme,
        authority=target.authority if target else None,
        due_on=target.due_on if target else None,
        on=row.on,
        status=row.status,
        severity=row.severity,
        actual=row.actual,
        required=row.required,
        expected=row.expected,
        gap=row.gap,
        attainment_percent=row.attainment_percent,
        coverage_percent=row.coverage_percent,
        rate7=row.rate7,
        rate28=row.rate28,
        required_rate=row.required_rate,
        days_left=row.days_left,
        forecast=LiveForecast(count=forecast.count, low=forecast.low, high=forecast.high, finish_on=forecast.finish_on)
        if forecast
        else None,
    )
