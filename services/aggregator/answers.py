"""The shapes of what readers are told about a region. Names and forms are a contract: others read these documents."""

from __future__ import annotations

from datetime import date
from typing import Literal

from services.aggregator.stock import Backlog, Stock
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

    active: int
    coverage_percent: Percent | None
    served: int


class PerekamanCount(Frozen):
    """Residents recorded (sudah rekam), also as coverage (of wajib KTP), and the services its offices did."""

    recorded: int
    coverage_percent: Percent | None
    served: int


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
    """Net change on one day and the total by its end."""

    date: date
    change: int
    total: int


class Share(Frozen):
    """One value of a dimension with the services counted for it."""

    key: str
    name: str
    count: int


class OutreachDay(Frozen):
    """An outreach day: applicants are not activations; ``services`` are what was done that day at that place."""

    on: date
    channel: str
    place: str
    applicants: int
    services: int
