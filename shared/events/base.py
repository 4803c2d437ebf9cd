"""What every event has in common: CloudEvents 1.0 attributes and the field types the catalogue is built from."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from lokal import parse_nik
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, ValidationInfo

from shared import wilayah
from shared.tracing.traceparent import traceparent_in

_SIXTEEN_DIGITS = re.compile(r"(?<!\d)\d{16}(?!\d)")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
# As people write it: 5171 0123 0499 0001 or 51.71.01.230499.0001.
_WRITTEN_OUT = re.compile(r"(?<!\d)\d(?:[ .-]?\d){15}(?![ .-]?\d)")


def holds_nik(text: str, *, written_out: bool = False) -> bool:
    """Whether 16 digits in a row in ``text`` have the structure of a NIK; with ``written_out`` also with spaces, dots
    or hyphens between them."""
    runs = _WRITTEN_OUT.findall(text) if written_out else _SIXTEEN_DIGITS.findall(text)
    return any(parse_nik(run).valid for run in runs)


def _without_nik(text: str) -> str:
    # Not written out: an id made of a region, a date and a number would look like one too often.
    if holds_nik(text):
        raise ValueError("looks like it contains a NIK; send a NIK only in data.nik, and number events another way")
    return text


def _without_control(text: str, info: ValidationInfo) -> str:
    # What is stored was accepted before CloudEvents' rule was checked, and stays readable.
    stored = isinstance(info.context, dict) and info.context.get("stored")
    if not stored and _CONTROL.search(text):
        raise ValueError("contains control characters, which CloudEvents does not allow")
    return text


class Frozen(BaseModel):
    """Immutable, without unknown fields, without silent conversions: ``"5"`` is not a count and ``5`` not a date."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Name = Annotated[
    str, Field(min_length=1, max_length=120), AfterValidator(_without_control), AfterValidator(_without_nik)
]


def _context(text: str) -> str:
    if traceparent_in(text) is None:
        raise ValueError("is no traceparent of W3C Trace Context")
    return text


Traceparent = Annotated[
    str,
    AfterValidator(_context),
    Field(
        description="trace context of W3C in which the event was handed in, or what it says of itself",
        examples=["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
    ),
]


class Event(Frozen):
    """The CloudEvents attributes that Laju keeps.

    ``time`` is when it happened at the counter, ``recordedtime`` when ingest accepted it (set by ingest alone);
    both are RFC 3339 with offset. ``source`` is the district system, such as ``siak/51.71``; ``source`` and ``id``
    together identify an event for ever. ``traceparent`` tells what is recorded of its way and changes nothing; what is
    none is left out. Subclasses narrow ``type`` and add ``data``.
    """

    specversion: Literal["1.0"] = "1.0"
    id: Name
    source: Name
    time: AwareDatetime
    recordedtime: AwareDatetime | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: Traceparent | None = None

    @property
    def identity(self) -> str:
        """``source#id``: the name under which the event is merged, quarantined and cited."""
        return f"{self.source}#{self.id}"


def _plain_text(text: str) -> str:
    """Free text as kept: one line, single spaces, no control characters, no NIK."""
    collapsed = " ".join(text.split())
    if not collapsed:
        raise ValueError("is empty")
    if not collapsed.isprintable():
        raise ValueError("contains control characters")
    if holds_nik(collapsed, written_out=True):
        raise ValueError("looks like it contains a NIK; send a NIK only in data.nik")
    return collapsed


def _region(code: str, info: ValidationInfo) -> str:
    """Check a region code; what is already stored is read under its successor's code instead of being refused."""
    if isinstance(info.context, dict) and info.context.get("stored"):
        code = wilayah.successor_of(code) or code
    try:
        wilayah.find(code)
    except wilayah.UnknownRegionError as error:
        raise ValueError(error.reason) from error
    return code


def _local(code: str) -> str:
    if wilayah.level_of(code) in (wilayah.Level.NATION, wilayah.Level.PROVINCE):
        raise ValueError(f"{code} is wider than a kab/kota: give a kab/kota, kecamatan or desa code")
    return code


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


Day = Annotated[date, Field(ge=date(2011, 1, 1), le=date(2100, 12, 31))]
Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_plain_text)]
Place = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_plain_text)]
RegionCode = Annotated[
    str,
    AfterValidator(_region),
    Field(description="Kemendagri code of any level, or ID for the nation", examples=["51", "51.71"]),
]
LocalCode = Annotated[
    str,
    AfterValidator(_region),
    AfterValidator(_local),
    Field(description="Kemendagri code of a kab/kota, kecamatan or desa", examples=["51.71", "51.71.01.1001"]),
]
Count = Annotated[int, Field(ge=0, le=400_000_000)]
Amount = Annotated[
    Decimal,
    Field(ge=0, le=400_000_000, max_digits=13, decimal_places=4),
    PlainSerializer(_number, return_type=int | float, when_used="json"),
]
Programme = Literal["ikd", "perekaman"]
PROGRAMMES: tuple[Programme, ...] = ("ikd", "perekaman")
