"""Keys as an operator gives and sees them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from rich.table import Table

from services.cli.errors import CliError
from services.ingest.keys.key import DISTRICT_WIRE_TYPES, Key, types_of
from shared import wilayah


def checked_types(patterns: Sequence[str]) -> tuple[str, ...]:
    """The patterns, each of which names an event type.

    Raises:
        CliError: one does not.
    """
    for pattern in patterns:
        if not types_of((pattern,)):
            raise CliError(f"{pattern} names no event type; there are {', '.join(DISTRICT_WIRE_TYPES)}")
    return tuple(patterns)


def checked_regions(codes: Sequence[str]) -> tuple[str, ...]:
    """The region codes, each of which there is.

    Raises:
        CliError: there is none with one of them.
    """
    for code in codes:
        try:
            wilayah.find(code)
        except wilayah.UnknownRegionError as error:
            raise CliError(error.reason) from error
    return tuple(codes)


def end_of_day(day: date) -> datetime:
    """The end of a day in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def shown(key: Key, last_used: datetime | None, now: datetime) -> dict[str, Any]:
    """A key as it is listed; its hash is not."""
    row = key.model_dump(mode="json", exclude={"digest"})
    state = "revoked" if key.revoked_at else "expired" if key.ended(now) else "open"
    return row | {"last_used": last_used.isoformat() if last_used else None, "state": state}


def keys_table(rows: Iterable[dict[str, Any]]) -> Table:
    """One row for each key."""
    table = Table("id", "for", "types", "regions", "expires", "last used", "state")
    for row in rows:
        types = ", ".join(row["types"]) + (" (national)" if row["national"] else "")
        table.add_row(
            row["id"],
            row["name"],
            types,
            ", ".join(row["regions"]),
            (row["expires_at"] or "–")[:10],
            (row["last_used"] or "–")[:16].replace("T", " "),
            row["state"],
        )
    return table
