"""Every NIK that was sent, where it belongs and where it does not, is looked for in everything that is kept or told."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.collector import collecting
from tests.e2e.pipeline import KEY, pipeline
from tests.events import citizen, event

BATCH = "application/cloudevents-batch+json"
ONE = "application/cloudevents+json"


def nik(number: int) -> str:
    """A NIK of Denpasar that could be somebody's."""
    return f"517101{1 + number % 28:02}0599{number + 1:04}"


def activation(**data: Any) -> dict[str, Any]:
    return event("ikd.activated", **{"home": "51.71", "service": "51.71", "channel": "office", **data})


def written_out(number: str) -> str:
    return " ".join(number[start : start + 4] for start in range(0, 16, 4))


Request = tuple[str, bytes, dict[str, str]]
"""Path with query, body, headers."""


def body(raw: object, content_type: str = ONE, **headers: str) -> Request:
    content = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
    return "/v1/events", content, {"Content-Type": content_type, **headers}


def whole(number: int) -> dict[str, Any]:
    return activation(citizen=citizen(number))


# Where somebody could put a NIK; the first four come in.
WAYS: dict[str, Callable[[str, int], Request]] = {
    "in data.nik": lambda nik, n: body(activation(nik=nik)),
    "in an attribute of theirs": lambda nik, n: body({**whole(n), "nikpemohon": nik}),
    "in a trace context": lambda nik, n: body(whole(n), traceparent=f"00-{'0' * 16}{nik}-00f067aa0ba902b7-01"),
    "in a trace context of theirs": lambda nik, n: body(
        {**whole(n), "traceparent": f"00-4bf92f3577b34da6a3ce929d0e0e4736-{nik}-01"}
    ),
    "in data.nik as a number": lambda nik, n: body(activation(nik=int(nik))),
    "in data.nik with one digit more": lambda nik, n: body(activation(nik=nik + "1")),
    "beside a pseudonym": lambda nik, n: body(activation(nik=nik, citizen=citizen(n))),
    "as the pseudonym": lambda nik, n: body(activation(citizen=nik)),
    "as the id": lambda nik, n: body({**whole(n), "id": nik}),
    "within the id": lambda nik, n: body({**whole(n), "id": f"IKD/{nik}/1"}),
    "as the source": lambda nik, n: body({**whole(n), "source": nik}),
    "as the type": lambda nik, n: body({**whole(n), "type": nik}),
    "as the time": lambda nik, n: body({**whole(n), "time": nik}),
    "as the home": lambda nik, n: body(activation(citizen=citizen(n), home=nik)),
    "as the channel": lambda nik, n: body(activation(citizen=citizen(n), channel=nik)),
    "as the place": lambda nik, n: body(activation(citizen=citizen(n), place=f"Rumah {nik}")),
    "as the place, written out": lambda nik, n: body(activation(citizen=citizen(n), place=written_out(nik))),
    "as a field's name": lambda nik, n: body(activation(citizen=citizen(n), **{nik: 1})),
    "in a list of data": lambda nik, n: body({**whole(n), "data": [nik]}),
    "in JSON that is cut off": lambda nik, n: body(json.dumps(activation(nik=nik)).encode()[:-3]),
    "in a body that is no gzip": lambda nik, n: body(activation(nik=nik), **{"Content-Encoding": "gzip"}),
    "in a header": lambda nik, n: body({}, "application/json", **{"ce-id": nik, "ce-type": nik, "ce-source": nik}),
    "as the content type": lambda nik, n: body(whole(n), f"application/{nik}"),
    "as the key": lambda nik, n: body(whole(n), Authorization=f"Bearer {nik}"),
    "as a key's secret": lambda nik, n: body(whole(n), Authorization=f"Bearer laju_0123abcd_{nik}aaaaaaaa"),
    "in a parameter": lambda nik, n: (f"/v1/events?strict={nik}", json.dumps(whole(n)).encode(), {"Content-Type": ONE}),
    "in a path": lambda nik, n: (f"/v1/event-types/{nik}", b"", {}),
    "in a path of nothing": lambda nik, n: (f"/v1/citizens/{nik}", b"", {}),
}


@pytest.mark.parametrize("zipped", [False, True])
def test_no_nik_is_kept_or_told(tmp_path: Path, zipped: bool) -> None:
    told: list[str] = []
    with (
        collecting() as collector,
        pipeline(tmp_path, as_of="2024-06-27", heads=["51.71"], **collector.environment()) as laju,
    ):
        for number, (way, request) in enumerate(WAYS.items()):
            path, content, headers = request(nik(number), number)
            if zipped and content and "Content-Encoding" not in headers:
                content, headers = gzip.compress(content), {**headers, "Content-Encoding": "gzip"}
            answer = laju.http.request(
                "GET" if not content else "POST",
                laju.ingest + path,
                content=content,
                headers={"Authorization": f"Bearer {KEY}", **headers},
            )
            assert (answer.status_code == 202) == (number < 4), (way, answer.text)
            assert answer.status_code < 500, way
            told += [answer.text, str(answer.headers)]
        batch = [activation(nik=nik(number)) for number in range(1000, 1300)]
        laju.send(*batch)
        laju.settle()
        assert laju.read("regions/51.71")["programmes"]["ikd"]["active"] == 304
        told += [httpx.get(f"{url}/metrics").text for url in (laju.ingest, laju.aggregator, laju.notifier)]
        told += [laju.http.get(f"{laju.aggregator}/v1/regions/51.71/{part}").text for part in ("daily", "standings")]
    told += [str(collector.spans()), *collector.requests]  # the first with ids as they are written
    assert len(collector.spans("POST /v1/events")) > len(WAYS) / 2
    niks = [nik(number) for number in (*range(len(WAYS)), *range(1000, 1300))]
    kept = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    # What is looked for could be found: the pseudonyms are where they belong.
    assert any(b"k1:" in content for path, content in kept.items() if "nats" in path.parts)
    for forbidden in [form for one in niks for form in (one, written_out(one))]:
        assert not any(forbidden in text for text in told), f"{forbidden} was told"
        found = [path.relative_to(tmp_path) for path, content in kept.items() if forbidden.encode() in content]
        assert found == [], f"{forbidden} was kept"
