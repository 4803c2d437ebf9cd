"""CloudEvents over HTTP in every content mode, with the official SDK as client, and compressed."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import datetime
from typing import Any

import pytest
import zstandard
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from tests.events import citizen, event
from tests.integration.ingest.running import BATCH, KEY, LINES, ONE, Intake

AUTHORIZATION = {"Authorization": f"Bearer {KEY}"}


def activation(number: int) -> dict[str, Any]:
    made = event("ikd.activated", citizen=citizen(number), home="51.71", service="51.71", channel="office")
    return {"specversion": "1.0", **made}


def sdk_event(number: int, **attributes: Any) -> CloudEvent:
    raw = activation(number)
    own = {name: raw[name] for name in ("id", "source", "type")} | {"time": datetime.fromisoformat(raw["time"])}
    return CloudEvent({"specversion": "1.0", "datacontenttype": "application/json", **own, **attributes}, raw["data"])


@pytest.mark.parametrize("write", [to_structured_event, to_binary_event])
def test_the_official_sdk_is_understood(ingest: Intake, write: Any) -> None:
    message = write(sdk_event(1, id="2024-05-23/ü 17", traceparent="00-1"))
    answer = ingest.http.post(
        f"{ingest.url}/v1/events", content=message.body, headers={**message.headers, **AUTHORIZATION}
    )
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "rejected": []})
    (stored,) = ingest.stored()
    assert stored.id == "2024-05-23/ü 17"
    assert stored.data.citizen == citizen(1)


def test_binary_mode_tells_what_is_wrong_like_the_others(ingest: Intake) -> None:
    message = to_binary_event(sdk_event(1))
    headers = {**message.headers, **AUTHORIZATION}
    wrong = ingest.http.post(f"{ingest.url}/v1/events", content=b'{"home": "51.71"}', headers=headers)
    assert wrong.status_code == 422
    assert {error["path"] for error in wrong.json()["errors"]} == {"data.citizen", "data.service", "data.channel"}
    headers["ce-id"] = "%C0%A0"
    assert ingest.http.post(f"{ingest.url}/v1/events", content=message.body, headers=headers).status_code == 400
    assert ingest.stored() == []


@pytest.mark.parametrize(("encoding", "compress"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
@pytest.mark.parametrize("content_type", [ONE, BATCH, LINES])
def test_compressed_bodies_come_in(ingest: Intake, encoding: str, compress: Any, content_type: str) -> None:
    raw = [activation(number) for number in range(1 if content_type == ONE else 300)]
    lines = "\n".join(json.dumps(one) for one in raw)
    body = {ONE: json.dumps(raw[0]), BATCH: json.dumps(raw), LINES: lines}[content_type]
    headers = {**AUTHORIZATION, "Content-Type": content_type, "Content-Encoding": encoding}
    answer = ingest.http.post(f"{ingest.url}/v1/events", content=compress(body.encode()), headers=headers)
    assert (answer.status_code, answer.json()["accepted"]) == (202, len(raw))
    assert len(ingest.stored()) == len(raw)


def test_an_empty_batch_is_a_batch(ingest: Intake) -> None:
    answer = ingest.post([])
    assert (answer.status_code, answer.json()) == (202, {"accepted": 0, "rejected": []})


def test_data_may_come_as_base64(ingest: Intake) -> None:
    raw = activation(1)
    packed = {**raw, "data_base64": base64.b64encode(json.dumps(raw["data"]).encode()).decode()}
    both = ingest.post(packed, ONE)
    assert [error["path"] for error in both.json()["errors"]] == ["data_base64"]
    del packed["data"]
    for wrong in (7, "###", base64.b64encode(b"{").decode()):
        assert ingest.post({**packed, "data_base64": wrong}, ONE).status_code == 422
    assert ingest.stored() == []
    assert ingest.post([packed]).json() == {"accepted": 1, "rejected": []}
    (stored,) = ingest.stored()
    assert stored.data.citizen == citizen(1)


@pytest.mark.parametrize("character", ["\x00", "\x1f", "\x7f", "\x9f", "\ufdd0", "\uffff"])
def test_attributes_hold_no_control_characters(shared_ingest: Intake, character: str) -> None:
    refused = shared_ingest.post({**activation(1), "id": f"a{character}b"}, ONE)
    assert refused.json()["errors"] == [
        {"path": "id", "message": "contains control characters, which CloudEvents does not allow"}
    ]
