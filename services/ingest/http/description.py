"""The intake as OpenAPI describes it."""

from __future__ import annotations

from typing import Any

from services.ingest import bodies
from services.ingest.http.intake import PATH
from services.ingest.http.receipt import Receipt
from shared.events import DISTRICT_EVENT

_REFERENCE = "#/components/schemas/{model}"

_EXAMPLE = {
    "specversion": "1.0",
    "id": "2024-05-23/000017",
    "source": "siak/51.71",
    "type": "ikd.activated.v1",
    "time": "2024-05-23T10:04:00+08:00",
    "data": {
        "citizen": "k1:6f1ed002ab5595859014ebf0951522d9",
        "home": "51.71.01.1001",
        "service": "51.71",
        "channel": "outreach_opd",
        "place": "Dinas PUPR",
        "group": "asn",
    },
}


def describe(document: dict[str, Any]) -> dict[str, Any]:
    """The app's OpenAPI document with ``POST /v1/events``."""
    described = DISTRICT_EVENT.json_schema(ref_template=_REFERENCE)["$defs"]
    described |= Receipt.model_json_schema(ref_template=_REFERENCE)["$defs"]
    return document | {
        "paths": document["paths"] | {PATH: {"post": _operation()}},
        "components": {"schemas": document.get("components", {}).get("schemas", {}) | described},
    }


def _operation() -> dict[str, Any]:
    schema = DISTRICT_EVENT.json_schema(ref_template=_REFERENCE)
    schema.pop("$defs")
    receipt = Receipt.model_json_schema(ref_template=_REFERENCE)
    receipt.pop("$defs")
    strict = {"type": "boolean", "default": False, "description": "Accept all events of the request or none"}
    return {
        "tags": ["intake"],
        "summary": "Hand in events",
        "parameters": [
            {"name": "strict", "in": "query", "schema": strict},
            {"name": "authorization", "in": "header", "schema": {"type": "string", "description": "Bearer key"}},
        ],
        "requestBody": {
            "required": True,
            "content": {
                bodies.STRUCTURED: {"schema": schema, "example": _EXAMPLE},
                bodies.BATCH: {"schema": {"type": "array", "items": schema}, "example": [_EXAMPLE]},
                bodies.NDJSON: {"schema": {"type": "string", "description": "one event a line"}},
            },
        },
        "responses": {
            "202": {"description": "Stored for good", "content": {"application/json": {"schema": receipt}}},
            **{str(code): {"description": text} for code, text in _ANSWERS.items()},
        },
    }


_ANSWERS = {
    400: "The body is not the JSON that its content type promises",
    401: "No valid key",
    413: "The body is too large",
    415: "Not a content type of CloudEvents or NDJSON",
    422: "No event was accepted; `rejected` says why",
    503: "The bus is away or full; Retry-After says when to send the same again",
}
