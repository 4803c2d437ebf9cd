"""The bus as an AsyncAPI 3 document: every stream and subject, who sends, who receives, and what a message is. Pure."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from services.ingest.nats.refusal import RefusedMessage
from shared import bus
from shared.events import DISTRICT_EVENT, OUTCOME_EVENT
from shared.quarantine import Quarantined

Schema = dict[str, Any]
_REFERENCE = "#/components/schemas/{model}"
_PARTITION = {"partition": {"description": "0 to the number of partitions less 1: a stable hash of the kab/kota"}}
_REGION = {"region": {"description": "Kemendagri code; its dots make further tokens of the subject"}}
_DIGEST = {"digest": {"description": "of the identity of what is kept, so that keeping it again replaces it"}}


def document() -> Schema:
    """The whole document."""
    district, outcome = (_schema(adapter) for adapter in (DISTRICT_EVENT, OUTCOME_EVENT))
    kept, refused = (_schema(TypeAdapter(model)) for model in (Quarantined, RefusedMessage))
    definitions = {
        **district.pop("$defs"),
        **outcome.pop("$defs"),
        **kept.pop("$defs", {}),
        **refused.pop("$defs"),
        "DistrictEvent": district,
        "OutcomeEvent": outcome,
        "Quarantined": kept,
        "RefusedMessage": refused,
    }
    presence = {
        "type": "object",
        "properties": {"replica": {"type": "string"}, "leaving": {"type": "boolean", "default": False}},
        "required": ["replica"],
    }
    streams = {stream.name: stream for stream in bus.stream_configs(1, 16)}
    channels = {
        bus.EVENTS: _channel("events.{partition}", streams[bus.EVENTS].description, _PARTITION, "envelope"),
        bus.PACE: _channel("pace.{region}", streams[bus.PACE].description, _REGION, "outcome"),
        bus.ALERTS: _channel("alerts.{region}", streams[bus.ALERTS].description, _REGION, "outcome"),
        bus.QUARANTINE: _channel(
            "quarantine.events.{digest}", streams[bus.QUARANTINE].description, _DIGEST, "quarantined"
        ),
        bus.INTAKE: _channel("intake.{region}", streams[bus.INTAKE].description, _REGION, "report"),
        bus.REJECTED: _channel("rejected.{region}", streams[bus.REJECTED].description, _REGION, "refused"),
        "presence": _channel(
            "presence.aggregator.{projection}",
            "replicas of the aggregator say that they are there; in no stream",
            {"projection": {"description": "p and the number of the projection"}},
            "presence",
        ),
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Laju on the bus",
            "version": "1",
            "description": "Subjects and messages between ingest, aggregator and notifier, and for districts with a "
            "leaf node: they send on intake and read rejected. All others send over HTTP.",
        },
        "defaultContentType": "application/json",
        "servers": {"nats": {"host": "127.0.0.1:4222", "protocol": "nats", "description": "with JetStream"}},
        "channels": channels,
        "operations": {
            "ingestTakesReports": _operation("receive", bus.INTAKE, "ingest: judges them as it does over HTTP"),
            "ingestTellsRefusals": _operation("send", bus.REJECTED, "ingest: what did not come in, and why"),
            "ingestStoresEvents": _operation("send", bus.EVENTS, "ingest: envelopes, acknowledged by JetStream"),
            "aggregatorProjectsEvents": _operation("receive", bus.EVENTS, "aggregator: merges them, then acknowledges"),
            "aggregatorTellsPace": _operation("send", bus.PACE, "aggregator: standings that changed"),
            "notifierDecides": _operation("receive", bus.PACE, "notifier: whether a head is to be told"),
            "notifierRecordsAlerts": _operation("send", bus.ALERTS, "notifier: what was told"),
            "aggregatorKeepsAside": _operation("send", bus.QUARANTINE, "aggregator: what could not be applied"),
            "aggregatorIsThere": _operation("send", "presence", "aggregator: every second"),
            "aggregatorHearsOthers": _operation("receive", "presence", "aggregator: deals the partitions out"),
        },
        "components": {
            "messages": {
                "envelope": {
                    "contentType": "application/cloudevents-batch+json",
                    "headers": {
                        "type": "object",
                        "properties": {
                            "Nats-Msg-Id": {"type": "string", "description": "hash of the events"},
                            "Laju-Events": {"type": "string", "description": "how many there are"},
                        },
                    },
                    "payload": {
                        "type": "array",
                        "minItems": 1,
                        "items": {"$ref": _REFERENCE.format(model="DistrictEvent")},
                    },
                },
                "report": {
                    "contentType": "application/cloudevents-batch+json",
                    "headers": {
                        "type": "object",
                        "properties": {
                            "Content-Type": {
                                "type": "string",
                                "description": "as over HTTP, NDJSON and the binary mode too; without it an array is a "
                                "batch and anything else one event",
                            },
                            "Content-Encoding": {"type": "string", "enum": ["gzip", "zstd"]},
                            "Nats-Msg-Id": {"type": "string", "description": "the sender's own; drops an early retry"},
                        },
                    },
                    "payload": {"type": "array", "items": {"$ref": _REFERENCE.format(model="DistrictEvent")}},
                },
                "refused": {"payload": {"$ref": _REFERENCE.format(model="RefusedMessage")}},
                "outcome": {
                    "contentType": "application/cloudevents+json",
                    "payload": {"$ref": _REFERENCE.format(model="OutcomeEvent")},
                },
                "quarantined": {"payload": {"$ref": _REFERENCE.format(model="Quarantined")}},
                "presence": {"payload": presence},
            },
            "schemas": definitions,
        },
    }


def _schema(adapter: TypeAdapter[Any]) -> Schema:
    schema = adapter.json_schema(ref_template=_REFERENCE)
    if "discriminator" in schema:
        schema["discriminator"] = schema["discriminator"]["propertyName"]  # an object in OpenAPI, a name here
    return schema


def _channel(address: str, description: str | None, parameters: Schema, message: str) -> Schema:
    return {
        "address": address,
        "description": description,
        "parameters": parameters,
        "messages": {message: {"$ref": f"#/components/messages/{message}"}},
    }


def _operation(action: str, channel: str, summary: str) -> Schema:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}
