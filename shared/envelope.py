"""Envelopes: one JetStream message holds a CloudEvents JSON batch of events of one partition.

A message costs far more than an event, so events travel together. The message id is derived from the content, which
lets the server drop an identical retry.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from shared.errors import InvalidError
from shared.events import DISTRICT_EVENT, CitizenEvent, DistrictEvent, RegionEvent
from shared.upcast import upcast
from shared.wilayah import Level, kabkota_of, level_of

Read = TypeVar("Read")

MAX_EVENTS = 500
CONTENT_TYPE = "application/cloudevents-batch+json"
_BATCH: TypeAdapter[list[CitizenEvent | RegionEvent]] = TypeAdapter(list[DistrictEvent])
_STORED = {"stored": True}
# Within a text value its quotes would be escaped, so this finds the attribute and nothing else. What is recorded of a
# request stands right behind the time; for a pattern with two beginnings the search would take several times as long.
_RECORDED = re.compile(rb'"recordedtime":"[^"]*"(?:,"traceparent":"[^"]*")?')

Wire = dict[str, Any]
"""An event as it is stored: CloudEvents attributes and ``data``. What was not given is left out; a time may still be an
aware datetime."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One event of an envelope that cannot be read, with the reason; ``raw`` is JSON text."""

    identity: str
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Opened(Generic[Read]):
    """What an envelope held: the events that can be applied and those that cannot."""

    events: list[Read]
    unreadable: list[Unreadable]


@dataclass(frozen=True, slots=True)
class Reading(Generic[Read]):
    """What an envelope is read as: all of its events, or one by one if some cannot be read."""

    batch: TypeAdapter[list[Read]]
    event: TypeAdapter[Read]


WHOLE: Reading[CitizenEvent | RegionEvent] = Reading(_BATCH, DISTRICT_EVENT)
"""Events as the models of the catalogue."""


def wire(event: CitizenEvent | RegionEvent) -> Wire:
    """An event of the catalogue as it is stored."""
    said = event.model_dump(mode="json", exclude_none=True, exclude_unset=True)
    return {"specversion": event.specversion} | said | {"type": event.type, "data": said["data"]}


def partition_of(event: Wire, partitions: int) -> int:
    """The partition, 0 to ``partitions`` - 1, by a stable hash of the home kab/kota (or the wider region itself)."""
    data = event["data"]
    return partition_of_region(data["home"] if "home" in data else data["region"], partitions)


@lru_cache(maxsize=100_000)
def partition_of_region(region: str, partitions: int) -> int:
    """The partition of all events about a region: that of its kab/kota, or its own if it is wider."""
    owner = region if level_of(region) in (Level.NATION, Level.PROVINCE) else kabkota_of(region)
    return zlib.crc32(owner.encode()) % partitions


def seal(events: Sequence[Wire]) -> bytes:
    """The events as one CloudEvents JSON batch."""
    return to_json(events)


def joined(bodies: Sequence[bytes]) -> bytes:
    """One envelope with the events of several."""
    return b"[" + b",".join(body[1:-1] for body in bodies) + b"]"


def message_id(body: bytes) -> str:
    """The same for an envelope of the same events, whenever they were accepted: ``recordedtime`` is left out, and
    ``traceparent`` behind it."""
    return hashlib.blake2b(_RECORDED.sub(b"", body), digest_size=16).hexdigest()


def open_envelope(body: bytes, reading: Reading[Read]) -> Opened[Read]:
    """Read an envelope. Events of an old version are upcast; what cannot be read is told apart, not dropped.

    Raises:
        InvalidError: the envelope as a whole is no JSON array.
    """
    try:
        return Opened(reading.batch.validate_json(body, context=_STORED), [])
    except ValidationError:
        return _one_by_one(body, reading)


def _one_by_one(body: bytes, reading: Reading[Read]) -> Opened[Read]:
    try:
        items = from_json(body)
    except ValueError as error:
        raise InvalidError(f"opening the envelope failed: {error}") from error
    if not isinstance(items, list):
        raise InvalidError("opening the envelope failed: it is not a JSON array of events")
    opened: Opened[Read] = Opened([], [])
    for index, item in enumerate(items):
        try:
            opened.events.append(reading.event.validate_json(to_json(upcast(item)), context=_STORED))
        except (ValueError, AttributeError) as error:
            opened.unreadable.append(Unreadable(_identity(item, index), _reason(error), to_json(item).decode()))
    return opened


def _identity(item: object, index: int) -> str:
    if isinstance(item, dict) and "id" in item:
        return f"{item.get('source')}#{item['id']}"
    return f"event {index}"


def _reason(error: Exception) -> str:
    """What is wrong, without the offending value."""
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(str(part) for part in first['loc'][1:]) or 'type'}: {first['msg']}"
    return f"not an event object ({type(error).__name__})"
