"""Content modes: what a body is by its headers, and attributes that come in headers."""

from __future__ import annotations

from typing import Any

import pytest

from services.ingest.bodies import BATCH, BINARY, NDJSON, STRUCTURED, data_in, form_of
from shared.problems import Problem

BINARY_HEADERS = {
    "content-type": "application/json",
    "ce-specversion": "1.0",
    "ce-id": "2024%2F17",
    "ce-source": "siak/51.71",
    "ce-type": "ikd.activated.v1",
    "ce-time": "2024-05-23T10:04:00+08:00",
}


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("application/cloudevents+json", STRUCTURED),
        ("Application/CloudEvents+JSON; charset=UTF-8", STRUCTURED),
        ('application/cloudevents+json; charset="utf-8"', STRUCTURED),
        ("application/cloudevents-batch+json", BATCH),
        ("application/x-ndjson;charset=us-ascii", NDJSON),
    ],
)
def test_content_types_are_matched_as_http_asks(told: str, kind: str) -> None:
    assert form_of({"content-type": told}).kind == kind


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": ""},
        {"content-type": "application/json"},
        {"content-type": "text/plain", "ce-id": "1"},
        {"content-type": "application/cloudevents+avro", "ce-id": "1"},
        {"content-type": "application/cloudevents+json; charset=iso-8859-1"},
        {"content-type": "application/xml", "ce-id": "1"},
    ],
)
def test_anything_else_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Problem) as refused:
        form_of(headers)
    assert refused.value.status == 415


@pytest.mark.parametrize("media", ["application/json", "text/json", "application/vnd.siak+json; charset=utf-8"])
def test_binary_mode_takes_attributes_from_headers(media: str) -> None:
    form = form_of({**BINARY_HEADERS, "content-type": media})
    assert form.kind == BINARY
    assert data_in(b'{"home": "51.71"}', form.attributes) == {
        "specversion": "1.0",
        "id": "2024/17",
        "source": "siak/51.71",
        "type": "ikd.activated.v1",
        "time": "2024-05-23T10:04:00+08:00",
        "data": {"home": "51.71"},
    }


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("plain", "plain"),
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ('"quoted \\"id\\""', 'quoted "id"'),
        ("100%25", "100%"),
        ("%2541", "%41"),
    ],
)
def test_header_values_are_decoded_once(sent: str, meant: str) -> None:
    assert form_of({**BINARY_HEADERS, "ce-id": sent}).attributes["id"] == meant


@pytest.mark.parametrize("sent", ["%C0%A0", "%ED%A0%80", "%FF", "caf\u00e9"])
def test_header_values_that_are_no_utf8_are_refused(sent: str) -> None:
    with pytest.raises(Problem) as refused:
        form_of({**BINARY_HEADERS, "ce-id": sent})
    assert refused.value.status == 400
    assert "ce-id" in refused.value.detail


def test_binary_mode_has_no_datacontenttype_of_its_own() -> None:
    with pytest.raises(Problem) as refused:
        form_of({**BINARY_HEADERS, "ce-datacontenttype": "application/json"})
    assert refused.value.status == 400


def test_a_binary_body_that_is_no_json_is_refused() -> None:
    with pytest.raises(Problem) as refused:
        data_in(b"{", {"id": "1"})
    assert refused.value.status == 400
    without: dict[str, Any] = data_in(b"", {"id": "1"})
    assert "data" not in without
