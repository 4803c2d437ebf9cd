"""The intake as OpenAPI describes it."""

from __future__ import annotations

from typing import Any

from services.ingest import bodies
from services.ingest.encodings import ENCODINGS
from services.ingest.http.catalogue import for_senders
from services.ingest.http.intake import PATH
from services.ingest.receipt import Receipt
from shared.events import DISTRICT_EVENT

_REFERENCE = "#/components/schemas/{model}"
_CITIZEN = "k1:6f1ed002ab5595859014ebf0951522d9"
_ATTRIBUTES = {
    "specversion": "1.0",
    "id": "2024-05-23/000017",
    "source": "siak/51.71",
    "type": "ikd.activated.v1",
    "time": "2024-05-23T10:04:00+08:00",
}
_DATA = {
    "citizen": _CITIZEN,
    "home": "51.71.01.1001",
    "service": "51.71",
    "channel": "outreach_opd",
    "place": "Dinas PUPR",
    "group": "asn",
}
_EVENT = {**_ATTRIBUTES, "data": _DATA}
_ANSWERS = {
    400: "The body, or an attribute in a header, is not what its content type promises",
    401: "No valid key",
    403: "Nothing was accepted, because the key does not open it; `rejected` says which scope is missing",
    408: "The body came too slowly",
    413: "The body, or what it inflates to, is too large, or it holds too many events",
    415: "Not a content type or encoding that is taken",
    422: "No event was accepted; `rejected` says why",
    429: "More requests than the key may send; Retry-After says when to send the same again",
    503: "The bus is away or full, or too much is in hand; Retry-After says when to send the same again",
}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457; further members depend on the problem",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail"],
}


def describe(document: dict[str, Any]) -> dict[str, Any]:
    """The app's OpenAPI document with ``POST /v1/events``, and problems for what the framework answers itself."""
    event = DISTRICT_EVENT.json_schema(ref_template=_REFERENCE)
    receipt = Receipt.model_json_schema(ref_template=_REFERENCE)
    own = event.pop("$defs") | receipt.pop("$defs") | {"Problem": _PROBLEM}
    for_senders(own.values())
    known = document.get("components", {}).get("schemas", {})
    paths = {path: {**operations} for path, operations in document["paths"].items()}
    for operations in paths.values():
        for operation in operations.values():
            operation["responses"] |= _problems({405: "Not this method"} | _refusals(operation))
    return document | {
        "paths": paths | {PATH: {"post": _operation(event, receipt)}},
        "components": {
            "schemas": known | own,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "laju_<id>_<secret>"}},
        },
    }


def _refusals(operation: dict[str, Any]) -> dict[int, str]:
    return {404: "There is none"} if operation.get("parameters") else {}


def _operation(event: dict[str, Any], receipt: dict[str, Any]) -> dict[str, Any]:
    strict = {"type": "boolean", "default": False}
    lines = {"type": "string", "description": "One event a line, each as in the structured mode"}
    return {
        "tags": ["intake"],
        "summary": "Hand in events",
        "description": (
            "CloudEvents 1.0 in structured, batched and binary mode, or NDJSON. 202 means stored for good: sending the "
            f"same again changes nothing. Content-Encoding may be {' or '.join(ENCODINGS)}. In binary mode the "
            "attributes come in headers `ce-…` and the body is the data alone."
        ),
        "security": [{"key": []}],
        "parameters": [
            {
                "name": "strict",
                "in": "query",
                "schema": strict,
                "description": "Accept all events of the request or none",
            },
        ],
        "requestBody": {
            "required": True,
            "content": {
                bodies.STRUCTURED: {"schema": event, "example": _EVENT},
                bodies.BATCH: {"schema": {"type": "array", "items": event}, "example": [_EVENT]},
                bodies.NDJSON: {"schema": lines},
                bodies.BINARY: {"schema": {"type": "object"}, "example": _DATA},
            },
        },
        "responses": {
            "202": {
                "description": "Stored for good; events that are not are listed with every reason",
                "content": {"application/json": {"schema": receipt, "example": {"accepted": 1, "rejected": []}}},
            },
            **_problems(_ANSWERS),
        },
    }


def _problems(answers: dict[int, str]) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": _REFERENCE.format(model="Problem")}}}
    return {str(code): {"description": told, "content": content} for code, told in answers.items()}
