"""Whether one event may come in. Pure: a raw event in, the event of the catalogue or its field errors out."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from lokal import parse_nik
from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

from shared.events import CITIZEN_TYPES, DISTRICT_EVENT, CitizenEvent, RegionEvent, wire_type
from shared.problems import masked
from shared.tracing.traceparent import NAME, traceparent_in
from shared.upcast import RawEvent, upcast
from shared.wilayah import local_day

EARLIEST = datetime(2011, 1, 1, tzinfo=UTC)
"""Recording for the e-KTP began in this year; an earlier time is a clock that was never set."""

_ATTRIBUTES = ("specversion", "id", "source", "type", "time", "datacontenttype", "data")
_CITIZEN_WIRE_TYPES = frozenset(wire_type(model) for model in CITIZEN_TYPES)
_MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of this event type",
    "timezone_aware": "needs an offset, such as 2024-05-23T10:00:00+08:00",
    "datetime_type": "must be an RFC 3339 date and time with offset, such as 2024-05-23T10:00:00+08:00",
    "datetime_from_date_parsing": "must be an RFC 3339 date and time with offset, such as 2024-05-23T10:00:00+08:00",
    "date_type": "must be a date such as 2024-05-23",
    "date_from_datetime_parsing": "must be a date such as 2024-05-23",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "union_tag_not_found": "is missing",
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field: its path, such as ``data.home``, and a sentence that never repeats a NIK."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """An event that may not come in; ``forbidden`` if nothing is wrong with it, but its sender may not report it."""

    id: str | None
    errors: list[FieldError]
    forbidden: bool = False


@dataclass(frozen=True)
class Rules:
    """What admission depends on besides the event: ``now`` is aware, ``person`` gives the fields that stand for a NIK,
    ``nik_allowed`` says whether the request came over a line on which a NIK may travel, ``allowance`` is how far ahead
    a district's clock may be. Accepted events without a ``traceparent`` of their own are stamped with that."""

    now: datetime
    person: Callable[[str], Mapping[str, str]]
    nik_allowed: bool
    allowance: timedelta
    traceparent: str | None = None

    @cached_property
    def latest(self) -> datetime:
        """The latest time that an event may have."""
        return self.now + self.allowance

    @cached_property
    def recordedtime(self) -> str:
        """With what accepted events are stamped."""
        return self.now.isoformat(timespec="milliseconds")


def admit(raw: object, rules: Rules) -> CitizenEvent | RegionEvent | Rejected:
    """The event, pseudonymised, or every reason why not.

    Extension attributes are dropped, but for a ``traceparent``: nothing unchecked may reach the bus.
    """
    if not isinstance(raw, dict):
        return Rejected(None, [FieldError("", "the event must be a JSON object")])
    identity = _shown_id(raw.get("id"))
    kept = {name: raw[name] for name in _ATTRIBUTES if name in raw}
    if (context := traceparent_in(raw.get(NAME))) is not None:
        kept[NAME] = context
    if "data_base64" in raw and (wrong := _decode(raw["data_base64"], kept)):
        return Rejected(identity, [FieldError("data_base64", wrong)])
    kept = upcast(kept)
    if errors := _pseudonymise(kept, rules):
        return Rejected(identity, errors)
    try:
        event = DISTRICT_EVENT.validate_json(to_json(kept))
    except ValidationError as error:
        return Rejected(identity, [_field_error(detail) for detail in error.errors(include_url=False)])
    errors = _time_errors(event, rules)
    return Rejected(identity, errors) if errors else event


def _decode(text: object, event: RawEvent) -> str | None:
    """Put the ``data`` that was sent as base64 into the event, or say why not."""
    if "data" in event:
        return "give either data or data_base64, not both"
    if not isinstance(text, str):
        return "must be text in base64"
    try:
        event["data"] = from_json(b64decode(text, validate=True))
    except ValueError:
        return "must be JSON in base64"
    return None


def _pseudonymise(event: RawEvent, rules: Rules) -> list[FieldError]:
    """Replace ``data.nik`` by the fields that stand for it, in place, or say why not."""
    data = event.get("data")
    if str(event.get("type")) not in _CITIZEN_WIRE_TYPES or not isinstance(data, dict):
        return []
    if "formerly" in data:
        return [FieldError("data.formerly", "is set by ingest alone; send nik and it knows both pseudonyms")]
    if "nik" not in data:
        return []
    nik = data["nik"]
    if problem := _nik_problem(nik, rules, both="citizen" in data):
        return [FieldError("data.nik", problem)]
    event["data"] = {**{name: value for name, value in data.items() if name != "nik"}, **rules.person(nik)}
    return []


def _nik_problem(nik: object, rules: Rules, *, both: bool) -> str | None:
    if both:
        return "give either nik or citizen, not both"
    if not rules.nik_allowed:
        return "may be sent over HTTPS only"
    if not isinstance(nik, str):
        return "must be text: a NIK stored as a number may have lost its last digits"
    if not re.fullmatch(r"[0-9]{16}", nik):
        return "must be exactly 16 digits"
    if not parse_nik(nik).valid:
        return "cannot be a NIK: its province or date of birth does not exist"
    return None


def _time_errors(event: CitizenEvent | RegionEvent, rules: Rules) -> list[FieldError]:
    errors = []
    if event.time > rules.latest:
        errors.append(FieldError("time", "is in the future; check the clock and the offset of the sending system"))
    if event.time < EARLIEST:
        errors.append(FieldError("time", "is before 2011, when recording for the e-KTP began"))
    if not isinstance(event, CitizenEvent):
        for name in ("as_of", "on"):
            day = getattr(event.data, name, None)
            if isinstance(day, date) and day > local_day(rules.latest, event.data.region):
                errors.append(FieldError(f"data.{name}", "is in the future"))
    return errors


def _field_error(detail: ErrorDetails) -> FieldError:
    kind = detail["type"]
    if kind == "union_tag_invalid":
        known = detail.get("ctx", {}).get("expected_tags", "")
        return FieldError("type", f"is not a known event type; known are {known}")
    if kind == "union_tag_not_found":
        return FieldError("type", _MESSAGES[kind])
    # The first part of the location is the event type, which says nothing about where in the event it is.
    path = ".".join(str(part) for part in detail["loc"][1:])
    message = _MESSAGES.get(kind) or detail["msg"].removeprefix("Value error, ")
    return FieldError(masked(path), masked(message))


def _shown_id(value: object) -> str | None:
    return masked(value[:120]) if isinstance(value, str) else None
