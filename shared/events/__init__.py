"""The event catalogue: every event Laju knows, in one discriminated union per side of ingest.

``DistrictEvent`` comes in from outside; ``OutcomeEvent`` is published by Laju. Both are told apart by ``type``.
"""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field, TypeAdapter
from pydantic.json_schema import JsonSchemaValue

from shared.events.base import PROGRAMMES, Event, Programme, holds_nik
from shared.events.citizen import (
    Activation,
    Channel,
    CitizenEvent,
    Ending,
    IkdActivated,
    IkdDeactivated,
    Move,
    PerekamanRecorded,
    PerekamanVoided,
    ResidentMoved,
    Service,
)
from shared.events.outcome import OutcomeEvent, PaceAssessed
from shared.events.region import (
    BacklogReported,
    BaselineReported,
    BlankoCounted,
    FigureClaimed,
    InterventionAnnounced,
    OutreachReported,
    RegionEvent,
    TargetSet,
    TargetWithdrawn,
    WajibKtpReported,
)

DistrictEvent = Annotated[CitizenEvent | RegionEvent, Field(discriminator="type")]
DISTRICT_EVENT: TypeAdapter[CitizenEvent | RegionEvent] = TypeAdapter(DistrictEvent)
OUTCOME_EVENT: TypeAdapter[OutcomeEvent] = TypeAdapter(Annotated[OutcomeEvent, Field(discriminator="type")])

CITIZEN_TYPES: tuple[type[Event], ...] = get_args(CitizenEvent)
REGION_TYPES: tuple[type[Event], ...] = get_args(RegionEvent)
OUTCOME_TYPES: tuple[type[Event], ...] = get_args(OutcomeEvent)


def wire_type(model: type[Event]) -> str:
    """The ``type`` attribute of a model's events, such as ``ikd.activated.v1``."""
    return str(model.model_fields["type"].default)


def json_schemas() -> dict[str, JsonSchemaValue]:
    """A JSON Schema (2020-12) for each event type, by wire type."""
    return {
        wire_type(model): model.model_json_schema(mode="validation")
        for model in (*CITIZEN_TYPES, *REGION_TYPES, *OUTCOME_TYPES)
    }


__all__ = [
    "CITIZEN_TYPES",
    "DISTRICT_EVENT",
    "OUTCOME_EVENT",
    "OUTCOME_TYPES",
    "PROGRAMMES",
    "REGION_TYPES",
    "Activation",
    "BacklogReported",
    "BaselineReported",
    "BlankoCounted",
    "Channel",
    "CitizenEvent",
    "DistrictEvent",
    "Ending",
    "Event",
    "FigureClaimed",
    "IkdActivated",
    "IkdDeactivated",
    "InterventionAnnounced",
    "Move",
    "OutcomeEvent",
    "OutreachReported",
    "PaceAssessed",
    "PerekamanRecorded",
    "PerekamanVoided",
    "Programme",
    "RegionEvent",
    "ResidentMoved",
    "Service",
    "TargetSet",
    "TargetWithdrawn",
    "WajibKtpReported",
    "holds_nik",
    "json_schemas",
    "wire_type",
]
