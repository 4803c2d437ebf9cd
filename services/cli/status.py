"""How a region stands, asked of the aggregator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import httpx
from pydantic import BaseModel
from rich.console import RenderableType

from services.cli.http_client import get
from services.cli.tables import Standings, count, percent, standings_table


class _WajibKtp(BaseModel):
    count: int
    as_of: date


class _Ikd(BaseModel):
    active: int
    coverage_percent: Decimal | None = None


class _Perekaman(BaseModel):
    recorded: int
    coverage_percent: Decimal | None = None


class _Programmes(BaseModel):
    ikd: _Ikd
    perekaman: _Perekaman


class _Region(BaseModel):
    code: str
    name: str
    level: str
    wajib_ktp: _WajibKtp | None
    programmes: _Programmes


def status(aggregator: httpx.Client, code: str, on: date | None) -> Iterator[RenderableType]:
    """What to print about a region on a business date (its own today if ``None``): its figures, then its standings.

    Raises:
        CliError: the aggregator cannot be reached or does not know the region; the message says which.
    """
    params = {"on": on.isoformat()} if on else None
    path = f"/v1/regions/{code}"
    region = get(aggregator, path, _Region, params)
    rows = get(aggregator, f"{path}/standings", Standings, params).standings
    ikd, perekaman = region.programmes.ikd, region.programmes.perekaman
    yield f"[bold]{region.code} {region.name}[/bold] ({region.level})"
    if region.wajib_ktp:
        yield f"wajib KTP {count(region.wajib_ktp.count)} as of {region.wajib_ktp.as_of}"
    else:
        yield "wajib KTP not reported"
    yield f"perekaman: {count(perekaman.recorded)} recorded, {percent(perekaman.coverage_percent)} of wajib KTP"
    yield f"IKD: {count(ikd.active)} active, {percent(ikd.coverage_percent)} of wajib KTP"
    if rows:
        yield standings_table(rows, f"Standings on {rows[0].on}")
    if any(row.simulated for row in rows):
        yield "Part of the events behind these figures are simulated."
