"""The common case: events about citizens in which nothing is wrong, checked in one go without building their models.

Where there is a doubt (a NIK, a fact about a region, anything wrong), admission.py decides with the models of the
catalogue. What is accepted here is accepted there, as the same bytes, in a fifth of the time.
"""

from __future__ import annotations

from datetime import datetime
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,  # pydantic asks for these before Python 3.12
    final,
)

from pydantic import (
    AfterValidator,
    AwareDatetime,
    ConfigDict,
    FailFast,
    Field,
    TypeAdapter,
    ValidationError,
    with_config,
)
from typing_extensions import TypedDict

from services.ingest.admission import EARLIEST
from shared.envelope import Wire
from shared.events.base import LocalCode, Place, Traceparent
from shared.events.citizen import Channel, Citizen, Group, Reason


class _Known(dict[str, str]):
    """Values that the catalogue took as they are: the same come again and again, and are not checked again. ``size``
    bounds it."""

    def __init__(self, kind: Any, size: int) -> None:
        super().__init__()
        self._catalogue: TypeAdapter[str] = TypeAdapter(kind)
        self._size = size

    def __missing__(self, value: str) -> str:
        if self._catalogue.validate_python(value, strict=True) != value:
            raise ValueError("the catalogue would change it")
        if len(self) >= self._size:
            self.clear()
        self[value] = value
        return value


_Code = Annotated[str, AfterValidator(_Known(LocalCode, 100_000).__getitem__)]
_Place = Annotated[str, AfterValidator(_Known(Place, 20_000).__getitem__)]
# No sixteen digits in a row, so it cannot hold a NIK; of the rest, letters and signs without any doubt.
_Name = Annotated[
    str,
    Field(min_length=1, max_length=120, pattern=r"^[ -/:-~]*(?:[0-9]{1,15}[ -/:-~]+)*[0-9]{0,15}$"),
]
_Nothing = Annotated[str, Field(min_length=1, max_length=0)]  # no text is one: whoever gives any is doubted
_WHOLE = ConfigDict(strict=True, extra="forbid")
_STRIPPED = ConfigDict(strict=True, extra="ignore")  # other extension attributes go no further


@final
@with_config(_WHOLE)
class _Service(TypedDict):
    citizen: Citizen
    home: _Code
    service: _Code
    channel: Channel
    place: NotRequired[_Place]
    group: NotRequired[Group]


@final
@with_config(_WHOLE)
class _Activation(TypedDict):
    citizen: Citizen
    home: _Code
    service: _Code
    channel: Channel
    place: NotRequired[_Place]
    group: NotRequired[Group]
    reactivation: NotRequired[bool]


@final
@with_config(_WHOLE)
class _Ending(TypedDict):
    citizen: Citizen
    home: _Code
    reason: Reason


@final
@with_config(_WHOLE)
class _Move(TypedDict):
    citizen: Citizen
    home: _Code


class _Attributes(TypedDict):
    specversion: Literal["1.0"]
    id: _Name
    source: _Name
    time: AwareDatetime
    datacontenttype: NotRequired[Literal["application/json"]]
    data_base64: NotRequired[_Nothing]
    traceparent: NotRequired[Traceparent]


@final
@with_config(_STRIPPED)
class _Recorded(_Attributes):
    type: Literal["perekaman.recorded.v1"]
    data: _Service


@final
@with_config(_STRIPPED)
class _Activated(_Attributes):
    type: Literal["ikd.activated.v1"]
    data: _Activation


@final
@with_config(_STRIPPED)
class _Ended(_Attributes):
    type: Literal["perekaman.voided.v1", "ikd.deactivated.v1"]
    data: _Ending


@final
@with_config(_STRIPPED)
class _Moved(_Attributes):
    type: Literal["resident.moved.v1"]
    data: _Move


_EVENT = Annotated[_Recorded | _Activated | _Ended | _Moved, Field(discriminator="type")]
_ONE: TypeAdapter[Any] = TypeAdapter(_EVENT)
_MANY: TypeAdapter[Any] = TypeAdapter(Annotated[list[_EVENT], FailFast()])


def events_of(body: bytes, latest: datetime) -> list[Wire] | None:
    """The events of a JSON array, if nothing is wrong with any; ``None`` if there is a doubt."""
    return _in_time(_read(_MANY, body), latest)


def event_of(body: bytes, latest: datetime) -> Wire | None:
    """The event of a JSON object, likewise."""
    found = _read(_ONE, body)
    return found if found is not None and _in_time([found], latest) else None


def _read(adapter: TypeAdapter[Any], body: bytes) -> Any:
    try:
        return adapter.validate_json(body)
    except ValidationError:
        return None


def _in_time(events: list[Wire] | None, latest: datetime) -> list[Wire] | None:
    if events is None:
        return None
    # Numbers compare in half the time that moments of two zones take, a tenth of all that is done here.
    first, last = EARLIEST.timestamp(), latest.timestamp()
    return events if all(first <= event["time"].timestamp() <= last for event in events) else None
