"""Events about one citizen, sent by district systems. They carry a pseudonym, never a NIK or a name."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.events.base import Event, Frozen, LocalCode, Place

Citizen = Annotated[
    str,
    Field(
        pattern=r"^k[0-9]{1,3}:[0-9a-f]{32}$",
        description="Pseudonym: key id and the first 16 bytes (hex) of HMAC-SHA256(key, NIK)",
    ),
]
Channel = Literal[
    "office", "kecamatan", "desa", "upt",
    "outreach_school", "outreach_opd", "outreach_mall", "outreach_village", "door_to_door", "other",
]  # fmt: skip
Group = Literal["asn", "ptt", "student", "general"]
Reason = Literal["deceased", "duplicate", "error", "moved_abroad", "other"]


class About(Frozen):
    """Whom an event is about, registered in ``home``."""

    citizen: Citizen
    formerly: Annotated[
        Citizen | None,
        Field(description="The same person under the former key; set by ingest alone, in a rotation"),
    ] = None
    home: LocalCode


class Service(About):
    """Service done to a citizen of region ``home`` by an office of region ``service``."""

    service: LocalCode
    channel: Channel
    place: Place | None = None
    group: Group | None = None


class Activation(Service):
    """``reactivation``: the citizen had IKD already (a new phone); service done, but no new activation."""

    reactivation: bool = False


class Ending(About):
    """What was counted for a citizen of region ``home`` no longer counts, from the day of the event on."""

    reason: Reason


class Move(About):
    """The citizen is now registered in ``home``."""


class PerekamanRecorded(Event):
    """Biometrics were recorded for the e-KTP."""

    type: Literal["perekaman.recorded.v1"] = "perekaman.recorded.v1"
    data: Service


class PerekamanVoided(Event):
    """A recording no longer counts."""

    type: Literal["perekaman.voided.v1"] = "perekaman.voided.v1"
    data: Ending


class IkdActivated(Event):
    """The digital identity was activated with an officer present."""

    type: Literal["ikd.activated.v1"] = "ikd.activated.v1"
    data: Activation


class IkdDeactivated(Event):
    """The digital identity is no longer active."""

    type: Literal["ikd.deactivated.v1"] = "ikd.deactivated.v1"
    data: Ending


class ResidentMoved(Event):
    """The citizen moved, with what they hold, to another home region."""

    type: Literal["resident.moved.v1"] = "resident.moved.v1"
    data: Move


CitizenEvent = PerekamanRecorded | PerekamanVoided | IkdActivated | IkdDeactivated | ResidentMoved
