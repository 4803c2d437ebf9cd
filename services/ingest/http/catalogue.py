"""What may be sent, as JSON Schema (2020-12): ``GET /v1/event-types`` and one for each type."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from shared.events import CITIZEN_TYPES, REGION_TYPES, wire_type
from shared.problems import Problem

Schema = dict[str, Any]
PATH = "/v1/event-types"
_NIK: Schema = {
    "type": "string",
    "pattern": "^[0-9]{16}$",
    "writeOnly": True,
    "description": "Instead of citizen, over HTTPS only; replaced by a pseudonym before anything else sees it",
}


class EventType(BaseModel):
    """An event type, what it says, and the path of its JSON Schema."""

    type: str
    summary: str
    json_schema: str


class EventTypes(BaseModel):
    """All event types that may be sent."""

    event_types: list[EventType]


def for_senders(definitions: Iterable[Schema]) -> None:
    """Change schemas of the catalogue, in place, into what a sender may write: a NIK instead of a pseudonym, and
    nothing that ingest sets itself."""
    for schema in definitions:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        if properties.pop("recordedtime", None) is not None:
            schema["required"] = ["specversion", "type", *required]
        properties.pop("formerly", None)
        if "citizen" in properties:
            properties["nik"] = _NIK
            schema["required"] = [name for name in required if name != "citizen"]
            schema["oneOf"] = [{"required": ["citizen"]}, {"required": ["nik"]}]


def schemas() -> dict[str, Schema]:
    """The JSON Schema of each event type, by wire type."""
    found: dict[str, Schema] = {}
    for model in (*CITIZEN_TYPES, *REGION_TYPES):
        schema = deepcopy(model.model_json_schema(mode="validation"))
        for_senders([schema, *schema.get("$defs", {}).values()])
        name = wire_type(model)
        found[name] = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": name}
    return found


def routes() -> APIRouter:
    """The routes of the catalogue."""
    router = APIRouter(tags=["catalogue"])
    known = schemas()

    @router.get(PATH, summary="The event types that may be sent")
    async def event_types() -> EventTypes:
        return EventTypes(
            event_types=[
                EventType(type=name, summary=schema["description"], json_schema=f"{PATH}/{name}")
                for name, schema in known.items()
            ]
        )

    @router.get(
        PATH + "/{name}",
        summary="The JSON Schema of an event type",
        response_class=JSONResponse,
        responses={200: {"content": {"application/schema+json": {"schema": {"type": "object"}}}}},
    )
    async def event_type(name: str) -> JSONResponse:
        if name not in known:
            raise Problem(404, "Not Found", f"there is no such event type; there are {', '.join(known)}")
        return JSONResponse(known[name], media_type="application/schema+json")

    return router
