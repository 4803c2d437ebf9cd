"""The shapes of what readers are told about a region. Names and forms are a contract: others read these documents.

Where small counts are hidden (``LAJU_SMALLEST_CELL``), a count is ``null`` that is hidden, and so is what could be
computed from it; ``suppressed`` is then ``true`` beside it. Where nothing is hidden there is no ``suppressed``.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from services.aggregator.stock import Backlog, Stock
from services.aggregator.suppression import Suppressed
from shared.events.base import Frozen
from shared.events.standing import Percent
from shared.wilayah import Level

By = Literal["channel", "place", "group", "service_region", "home_region"]


class WajibKtpCount(Frozen):
    """The denominator and the day it was reported for; of a wider region the sum and the oldest of those days."""

    count: int
    as_of: date


class IkdCount(Frozen):
    """Residents with an active IKD, also as coverage (of wajib KTP), and the services its offices did."""

    active: int | None
    coverage_percent: Percent | None
    served: int | None
    suppressed: Suppressed = False


class PerekamanCount(Frozen):
    """Residents recorded (sudah rekam), also as coverage (of wajib KTP), and the services its offices did."""

    recorded: int | None
    coverage_percent: Percent | None
    served: int | None
    suppressed: Suppressed = False


class Programmes(Frozen):
    """Both programmes of a region."""

    ikd: IkdCount
    perekaman: PerekamanCount


class RegionReading(Frozen):
    """One region on one business date."""

    code: str
    name: str
    level: Level
    parent: str | None
    on: date
    wajib_ktp: WajibKtpCount | None
    programmes: Programmes
    backlog: Backlog | None
    blanko: Stock | None
    warnings: list[str]
    simulated: bool
    sequence: int
    projection: int


class Day(Frozen):
    """Net change on one day and the total by its end. Of a kecamatan or desa a total is hidden from the first day on
    whose change is."""

    date: date
    change: int | None
    total: int | None
    suppressed: Suppressed = False


class Days(Frozen):
    """Days with a change. ``suppressed``: changes are hidden, or none of the days is told."""

    days: list[Day]
    suppressed: Suppressed = False


class Share(Frozen):
    """One value of a dimension with the services counted for it."""

    key: str
    name: str
    count: int | None
    suppressed: Suppressed = False


class Shares(Frozen):
    """Services along one dimension, most first, those hidden last. ``suppressed``: some are hidden, or none is told."""

    rows: list[Share]
    total: int | None
    suppressed: Suppressed = False


class OutreachDay(Frozen):
    """An outreach day: applicants are not activations; ``services`` are what was done that day at that place."""

    on: date
    channel: str
    place: str
    applicants: int
    services: int | None
    suppressed: Suppressed = False
