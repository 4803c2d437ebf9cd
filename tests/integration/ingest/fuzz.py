"""Broken requests without end: nothing that was acknowledged is lost, and the process lives.

``python -m tests.integration.ingest.fuzz --inputs 100000 --seed 5`` starts an ingest, sends bodies in which bytes were
changed, cut out, doubled and exchanged, and compares in the end what was acknowledged with what is stored.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import httpx
import zstandard
from pydantic_core import from_json

from services.ingest.encodings import inflated
from tests.events import citizen, event, target
from tests.integration.ingest.running import BATCH, KEY, LINES, ONE, Intake, intake
from tests.servers import nats_server

_AT_ONCE = 4
_SPLICES = (
    b"", b"\x00", b"\xff", b"\"", b"{", b"}", b"[", b"]", b",", b":", b"null", b"NaN", b"1e999", b"-0", b"\\ud800",
    b"\\u0000", b"9" * 400, b"[" * 300, b"\n", b"2024-02-30T25:61:61+99:99", b"5171012304990001", "ü".encode(),
)  # fmt: skip
_CONTENT_TYPES = (ONE, BATCH, LINES, "application/json", "application/cloudevents+json; charset=utf-8", "", "ä", "a/b")
_ENCODINGS = (*[""] * 12, "gzip", "gzip", "zstd", "zstd", "br", "gzip, gzip")
Identity = tuple[str, str]


def raw_event(draw: Random) -> dict[str, Any]:
    """An event in which nothing is wrong yet."""
    number = draw.getrandbits(40)
    made = draw.choice(
        [
            event("ikd.activated", citizen=citizen(number), home="51.71", service="51.71", channel="office", place="A"),
            event("ikd.deactivated", citizen=citizen(number), home="51.71", reason="deceased"),
            target("51.71", 30),
        ]
    )
    return {"specversion": "1.0", **made, "id": f"fuzz-{draw.getrandbits(60):x}"}


def spoilt(body: bytes, draw: Random) -> bytes:
    """The body after up to four changes."""
    for _ in range(draw.choice([0, 1, 1, 2, 4])):
        start = draw.randrange(len(body) + 1)
        end = min(start + draw.choice([0, 1, 1, 5, 50]), len(body))
        body = body[:start] + draw.choice([draw.choice(_SPLICES), body[start:end] * 2, draw.randbytes(3)]) + body[end:]
    return body


def request(draw: Random) -> tuple[dict[str, str], bytes]:
    """Headers and body of one request."""
    raws = [raw_event(draw) for _ in range(draw.randint(1, 3))]
    kind = draw.choice([ONE, BATCH, LINES, "binary"])
    headers = {"content-type": kind}
    if kind == "binary":
        attributes = {f"ce-{name}": str(value) for name, value in raws[0].items() if name != "data"}
        headers = {"content-type": "application/json", **attributes}
        if draw.random() < 0.3:
            spoil = spoilt(headers[(name := draw.choice(list(attributes)))].encode(), draw)
            headers[name] = "".join(chr(byte) for byte in spoil if 32 <= byte < 127).strip()
    lines = "\n".join(json.dumps(raw) for raw in raws)
    body = {ONE: json.dumps(raws[0]), BATCH: json.dumps(raws), LINES: lines, "binary": json.dumps(raws[0]["data"])}[
        kind
    ]
    content = spoilt(body.encode(), draw)
    if encoding := draw.choice(_ENCODINGS):
        headers["content-encoding"] = encoding
        if encoding in ("gzip", "zstd") and draw.random() < 0.8:
            content = gzip.compress(content) if encoding == "gzip" else zstandard.compress(content)
            if draw.random() < 0.3:
                content = spoilt(content, draw)
    if draw.random() < 0.05:
        headers["content-type"] = draw.choice(_CONTENT_TYPES)
    return headers, content


def acknowledged(headers: dict[str, str], content: bytes, answer: dict[str, Any]) -> list[Identity]:
    """Source and id of the events that the answer says are stored."""
    if "ce-id" in headers and headers["content-type"] == "application/json":
        return []  # percent-decoding is not done twice here; other tests look at these
    body = inflated(content, headers.get("content-encoding", ""), 1 << 30, lambda size: None)
    kind = headers["content-type"].partition(";")[0]
    if kind == LINES:
        lines = [line for line in body.split(b"\n") if line.strip()]
        refused = {refusal["index"] for refusal in answer["rejected"]}
        raws = [from_json(line) for index, line in enumerate(lines) if index not in refused]
    else:
        whole = from_json(body)
        refused = {refusal["index"] for refusal in answer["rejected"]}
        listed = whole if kind == BATCH else [whole]
        raws = [raw for index, raw in enumerate(listed) if index not in refused]
    return [(raw["source"], raw["id"]) for raw in raws]


def fuzz(ingest: Intake, inputs: int, seed: int) -> Counter[int]:
    """Send so many broken requests; returns how many got which status.

    Raises:
        AssertionError: an answer is no answer of ours, something acknowledged is not stored, or the process died.
    """
    statuses: Counter[int] = Counter()
    promised: set[Identity] = set()

    def send(draw: Random, count: int) -> tuple[Counter[int], set[Identity]]:
        told: Counter[int] = Counter()
        due: set[Identity] = set()
        with httpx.Client(timeout=60) as http:
            for _ in range(count):
                headers, content = request(draw)
                sent = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
                sent[b"authorization"] = f"Bearer {KEY}".encode()
                answer = http.post(f"{ingest.url}/v1/events", content=content, headers=sent)
                told[answer.status_code] += 1
                assert answer.status_code < 500, (headers, content, answer.text)
                if answer.status_code == 202:
                    due.update(acknowledged(headers, content, answer.json()))
        return told, due

    with ThreadPoolExecutor(_AT_ONCE) as senders:
        shares = [senders.submit(send, Random(f"{seed}/{n}"), inputs // _AT_ONCE) for n in range(_AT_ONCE)]
        for share in shares:
            told, due = share.result()
            statuses += told
            promised |= due
    assert ingest.process.child is not None
    assert ingest.process.child.poll() is None, "ingest died"
    stored = {(found.source, found.id) for found in ingest.stored()}
    assert promised <= stored, f"acknowledged and not stored: {sorted(promised - stored)[:5]}"
    assert promised
    return statuses


def main() -> None:
    """Fuzz and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.integration.ingest.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=5)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        nats_server(Path(name) / "nats") as bus,
        intake(Path(name) / "ingest", bus) as ingest,
    ):
        statuses = fuzz(ingest, asked.inputs, asked.seed)
    print(f"{sum(statuses.values())} inputs, {dict(sorted(statuses.items()))}; all that was acknowledged is stored")


if __name__ == "__main__":
    main()
