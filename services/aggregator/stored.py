"""Events as the projection reads them from EVENTS: of those about a citizen, only what a fact is made of.

Ingest has checked every event with the full models of the catalogue. Building these again for each of them cost six
times as much as this (16.4 against 2.9 microseconds an event), and a projection reads everything there ever was.
What could not be a fact is unreadable here as well: another type or version, a wrong type of value, an unknown region.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import (
    Annotated,
    Literal,
    NotRequired,  # pydantic asks for these before Python 3.12
    final,
)

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from shared import wilayah
from shared.envelope import Reading
from shared.events import RegionEvent
from shared.events.citizen import Channel, Citizen, Group


@lru_cache(maxsize=100_000)
def _current(code: str) -> str:
    """A code retired after the event was stored is read as its successor's.

    Raises:
        ValueError: the code is unknown, or wider than a kab/kota.
    """
    code = wilayah.successor_of(code) or code
    if not wilayah.is_known(code):
        raise ValueError(f"region code {code} is unknown")
    if wilayah.level_of(code) in (wilayah.Level.NATION, wilayah.Level.PROVINCE):
        raise ValueError(f"{code} is wider than a kab/kota")
    return code


def utc(time: str) -> str:
    """An RFC 3339 time as sortable text, in UTC with microseconds.

    Raises:
        ValueError: it is none, or has no offset.
    """
    moment = datetime.fromisoformat(time)
    if moment.tzinfo is None:
        raise ValueError("the time has no offset")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


Code = Annotated[str, AfterValidator(_current)]
Moment = Annotated[str, Field(strict=True), AfterValidator(utc)]
_STRICT = ConfigDict(strict=True)


@final
@with_config(_STRICT)
class Said(TypedDict):
    """What an event says of a citizen."""

    citizen: Citizen
    home: Code
    formerly: NotRequired[Citizen | None]


@final
@with_config(_STRICT)
class Done(TypedDict):
    """What service was done to a citizen, and where."""

    citizen: Citizen
    home: Code
    formerly: NotRequired[Citizen | None]
    service: Code
    channel: Channel
    place: NotRequired[str | None]
    group: NotRequired[Group | None]
    reactivation: NotRequired[bool]


@final
@with_config(_STRICT)
class SaidEvent(TypedDict):
    """An end, or a move."""

    type: Literal["perekaman.voided.v1", "ikd.deactivated.v1", "resident.moved.v1"]
    id: str
    source: str
    time: Moment
    data: Said


@final
@with_config(_STRICT)
class DoneEvent(TypedDict):
    """A recording or an activation."""

    type: Literal["perekaman.recorded.v1", "ikd.activated.v1"]
    id: str
    source: str
    time: Moment
    data: Done


StoredEvent = SaidEvent | DoneEvent | RegionEvent
_ONE: TypeAdapter[StoredEvent] = TypeAdapter(Annotated[StoredEvent, Field(discriminator="type")])
_ALL: TypeAdapter[list[StoredEvent]] = TypeAdapter(list[Annotated[StoredEvent, Field(discriminator="type")]])
STORED = Reading(_ALL, _ONE)


def identity_of(event: StoredEvent) -> tuple[str, str]:
    """Source and id: under these it is merged."""
    return (event["source"], event["id"]) if isinstance(event, dict) else (event.source, event.id)
