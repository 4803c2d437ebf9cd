"""Every reason why ingest would refuse an event, not only the first it meets. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from pydantic import BaseModel

from services.ingest.admission import EARLIEST, FieldError, Rejected, Rules, admit
from shared.events import CITIZEN_TYPES, Event, IkdActivated, wire_type
from shared.upcast import RawEvent

_NOBODY = f"k1:{0:032x}"
# A stand-in takes the place of what was found wrong, so that ingest's rules get to what lies behind it.
_ATTRIBUTES = {"id": "x", "source": "x", "type": wire_type(IkdActivated), "time": EARLIEST.isoformat()}
_DATA = {"citizen": _NOBODY, "home": "51.71", "service": "51.71", "channel": "office", "reason": "other"}
_OF_EVERY_TYPE = ("citizen", "home")


def fields_of(type_: str) -> Mapping[str, bool]:
    """The data fields of a citizen event of this wire type, each with whether it is required."""
    return _FIELDS[type_]


def every_error(raw: RawEvent, known: Collection[str], now: datetime, allowance: timedelta) -> list[FieldError]:
    """What ingest at ``now`` (aware) would say against an event, but for the ``known`` paths, whose fault is told
    already; empty if it would take it.

    A NIK is taken to come over HTTPS; which key its pseudonym is made with makes no difference.
    """
    rules = Rules(now=now, person=lambda _: {"citizen": _NOBODY}, nik_allowed=True, allowance=allowance)
    told: list[FieldError] = []
    raw = _mended(raw, known)
    while isinstance(judged := admit(raw, rules), Rejected):
        new = [error for error in judged.errors if error.path not in {earlier.path for earlier in told}]
        if not new:
            break
        told += new
        raw = _mended(raw, [error.path for error in new])
    return told


def _fields_in(model: type[Event]) -> dict[str, bool]:
    content = model.model_fields["data"].annotation
    if not (isinstance(content, type) and issubclass(content, BaseModel)):
        raise TypeError(f"{model.__name__} does not declare what its data is")
    return {name: field.is_required() for name, field in content.model_fields.items()}


_FIELDS = {wire_type(model): _fields_in(model) for model in CITIZEN_TYPES}


def _mended(raw: RawEvent, paths: Iterable[str]) -> RawEvent:
    """The event with stand-ins for what is wrong with it, and without what is wrong and may be left out."""
    mended = {**raw, **{path: stand_in for path, stand_in in _ATTRIBUTES.items() if path in paths}}
    fields = fields_of(mended["type"])
    data = dict(raw["data"])
    if "type" in paths:
        # Nobody knows what an unknown type would need besides what all of them need.
        kept = {name: value for name, value in data.items() if name in fields or name == "nik"}
        data = {name: _DATA[name] for name in fields if name in _DATA and name not in _OF_EVERY_TYPE} | kept
    for path in paths:
        name = path.removeprefix("data.")
        data.pop(name, None)
        if name in ("nik", "citizen"):
            data.pop("nik", None)
            data["citizen"] = _NOBODY
        elif fields.get(name):
            data[name] = _DATA[name]
    return {**mended, "data": data}
