"""What is known about a region: facts merge by slot, the last ``time`` wins, in whatever order they arrive. Pure.

A slot is what a later report of the same thing replaces: the denominator of one region on one day, one target line
from one effective date on, one outreach day at one place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date
from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic_core import to_json

from shared.events import (
    BacklogReported,
    BaselineReported,
    BlankoCounted,
    FigureClaimed,
    InterventionAnnounced,
    OutreachReported,
    Programme,
    RegionEvent,
    TargetSet,
    TargetWithdrawn,
    WajibKtpReported,
)
from shared.events.region import Backlog, Blanko, Claim, Intervention, Outreach, Target, TargetEnd, WajibKtp
from shared.wilayah import Level, kabkota_of, level_of

Document = dict[str, Any]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Opening:
    """A baseline of one programme: ``count`` were done by the end of ``as_of``."""

    as_of: date
    count: int


@dataclass(frozen=True, slots=True)
class Decree:
    """One version of a target line; ``target`` is ``None`` from the day the line was withdrawn."""

    id: str
    line: tuple[str, str, date]
    effective_on: date
    target: Target | None


@dataclass(slots=True)
class RegionFacts:
    """All facts about one region, each list in the order of its date."""

    wajib_ktp: list[WajibKtp] = field(default_factory=list)
    baselines: dict[Programme, list[Opening]] = field(default_factory=dict)
    decrees: list[Decree] = field(default_factory=list)
    blanko: list[Blanko] = field(default_factory=list)
    backlog: list[Backlog] = field(default_factory=list)
    interventions: list[Intervention] = field(default_factory=list)
    outreach: list[Outreach] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)


def documents_of(event: RegionEvent) -> list[Document]:
    """The documents the event proposes, one for each slot it speaks about.

    ``{_id: slot, region, owner: kab/kota or wider code, kind, order: [time, id, source], identity, data}``
    """
    time = event.time.astimezone(UTC).isoformat(timespec="microseconds")
    region = event.data.region
    wide = level_of(region) in (Level.NATION, Level.PROVINCE)
    return [
        {
            "_id": "/".join((kind, region, *key)),
            "region": region,
            "owner": region if wide else kabkota_of(region),
            "kind": kind,
            "order": [time, event.id, event.source],
            "identity": event.identity,
            "data": data,
        }
        for kind, key, data in _slots(event)
    ]


def later(one: Document, other: Document) -> Document:
    """Which of two documents of one slot stays: the later by time, then id, then source, then content."""
    return max(one, other, key=lambda document: (document["order"], to_json(document["data"])))


def _slots(event: RegionEvent) -> list[tuple[str, tuple[str, ...], Document]]:
    data = event.data.model_dump(mode="json", exclude_none=True)
    if isinstance(event, TargetWithdrawn):
        data["withdrawn"] = True
    if isinstance(event, BaselineReported):
        as_of = event.data.as_of
        counts = (("perekaman", event.data.recorded), ("ikd", event.data.activated))
        return [
            ("baseline", (programme, str(as_of)), {"as_of": str(as_of), "count": count})
            for programme, count in counts
            if count is not None
        ]
    return [(*_slot(event), data)]


def _slot(event: RegionEvent) -> tuple[str, tuple[str, ...]]:  # noqa: PLR0911 - one return for each kind of fact
    match event:
        case WajibKtpReported(data=data):
            return "wajib_ktp", (str(data.as_of),)
        case TargetSet(data=data) | TargetWithdrawn(data=data):
            return "target", (data.programme, data.authority, str(data.due_on), str(data.effective_on))
        case BlankoCounted(data=data):
            return "blanko", (str(data.as_of),)
        case BacklogReported(data=data):
            return "backlog", (str(data.as_of),)
        case InterventionAnnounced(data=data):
            return "intervention", (str(data.starts_on), data.kind, _short(data.title))
        case OutreachReported(data=data):
            return "outreach", (str(data.on), data.channel, _short(data.place))
        case FigureClaimed(data=data):
            return "claim", (str(data.as_of), data.programme, _short(data.source))
    raise ValueError(f"no slot for {event.type}")


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def facts_of(documents: Iterable[Document]) -> RegionFacts:
    """The facts that these documents, all of one region, hold. Order of the documents does not matter."""
    facts = RegionFacts()
    for document in sorted(documents, key=lambda document: str(document["_id"])):
        data = document["data"]
        match document["kind"]:
            case "wajib_ktp":
                facts.wajib_ktp.append(_read(WajibKtp, data))
            case "baseline":
                programme: Programme = document["_id"].split("/")[2]
                opening = Opening(date.fromisoformat(data["as_of"]), data["count"])
                facts.baselines.setdefault(programme, []).append(opening)
            case "target":
                facts.decrees.append(_decree(document))
            case "blanko":
                facts.blanko.append(_read(Blanko, data))
            case "backlog":
                facts.backlog.append(_read(Backlog, data))
            case "intervention":
                facts.interventions.append(_read(Intervention, data))
            case "outreach":
                facts.outreach.append(_read(Outreach, data))
            case "claim":
                facts.claims.append(_read(Claim, data))
    return facts


def _decree(document: Document) -> Decree:
    data = dict(document["data"])
    withdrawn = data.pop("withdrawn", False)
    decree: Target | TargetEnd = _read(TargetEnd, data) if withdrawn else _read(Target, data)
    return Decree(
        document["identity"],
        (decree.programme, decree.authority, decree.due_on),
        decree.effective_on,
        decree if isinstance(decree, Target) else None,
    )


def _read(model: type[Model], data: Document) -> Model:
    # What is stored passed the model once; dates and decimals come back from their JSON form.
    return model.model_validate_json(to_json(data))
