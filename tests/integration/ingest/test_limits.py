"""What a sender cannot do: be slow, send too much, fill the memory."""

from __future__ import annotations

import gzip
import json
import socket
import zlib
from pathlib import Path
from time import monotonic
from typing import Any

import zstandard

from tests.events import citizen, event
from tests.integration.ingest.running import BATCH, KEY, LINES, Intake, intake
from tests.integration.ingest.test_keys import laju
from tests.servers import nats_server
from tests.waiting import until

HEAD = (
    f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Type: {BATCH}\r\n"
    "Content-Length: 100000\r\n"
)


def activation() -> dict[str, Any]:
    return event("ikd.activated", citizen=citizen(1), home="51.71", service="51.71", channel="office")


def resident_mb(ingest: Intake) -> float:
    assert ingest.process.child is not None
    lines = Path(f"/proc/{ingest.process.child.pid}/status").read_text().splitlines()
    (resident,) = [line.split()[1] for line in lines if line.startswith("VmRSS")]
    return int(resident) / 1024


def connected(ingest: Intake) -> socket.socket:
    host, port = ingest.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=60)


def answer(line: socket.socket) -> bytes:
    """Everything until the server closes."""
    found = b""
    while part := line.recv(65_536):
        found += part
    return found


def test_a_head_that_does_not_come_is_not_waited_for(shared_ingest: Intake) -> None:
    lines = [connected(shared_ingest) for _ in range(50)]
    began = monotonic()
    for line in lines:
        line.sendall(HEAD.encode())  # never ended
    assert all(answer(line).startswith(b"HTTP/1.1 408 ") for line in lines)
    assert 8 < monotonic() - began < 30
    assert shared_ingest.http.get(f"{shared_ingest.url}/healthz").status_code == 200


def test_a_body_that_does_not_come_is_not_waited_for(shared_ingest: Intake) -> None:
    line = connected(shared_ingest)
    line.sendall(HEAD.encode() + b"\r\n[")
    told = answer(line)
    assert told.startswith(b"HTTP/1.1 408 ")
    assert b"smaller batches" in told


def test_a_head_without_end_is_refused(shared_ingest: Intake) -> None:
    line = connected(shared_ingest)
    line.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
    for _ in range(7):
        line.sendall(b"a" * 10_000)
    assert answer(line).startswith(b"HTTP/1.1 431 ")


def test_large_and_deep_bodies_leave_the_memory_as_it_was(shared_ingest: Intake) -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = b"".join(bomb.compress(bytes(1_000_000)) for _ in range(300)) + bomb.flush()
    many = b"[" + b"[]," * 5_000_000 + b"[]]"
    attacks: list[tuple[bytes, dict[str, str], int]] = [
        (body, {"Content-Encoding": "gzip"}, 413),
        (zstandard.compress(bytes(300_000_000)), {"Content-Encoding": "zstd"}, 413),
        (gzip.compress(many), {"Content-Encoding": "gzip"}, 413),
        (many, {}, 413),
        (b"[" * 200_000, {}, 400),
        (b"[" * 50_000 + b"]" * 50_000, {}, 400),
        (b'[{"data":' * 5_000, {}, 400),
        (bytes(100_000_000), {}, 413),
        (b"\n".join([b"{}"] * 20_000), {"Content-Type": LINES}, 413),
    ]
    before = resident_mb(shared_ingest)
    for _ in range(3):
        for content, own, status in attacks:
            headers = {"Authorization": f"Bearer {KEY}", "Content-Type": BATCH, **own}
            found = shared_ingest.http.post(f"{shared_ingest.url}/v1/events", content=content, headers=headers)
            assert found.status_code == status, (content[:20], found.text)
    assert resident_mb(shared_ingest) < before + 100


def test_a_key_has_its_rate(tmp_path: Path) -> None:
    with nats_server(tmp_path / "nats") as bus, intake(tmp_path / "ingest", bus) as ingest:
        token = laju(bus, "issue", "slow", "--region", "51.71", "--rate", "2")
        until(lambda: ingest.post([activation()], key=token).status_code == 202)
        answers = [ingest.post([activation()], key=token) for _ in range(10)]
        refused = [found for found in answers if found.status_code == 429]
        assert len(refused) >= 5
        assert refused[0].headers["Retry-After"] == "1"
        assert "several events into each" in refused[0].json()["detail"]
        assert ingest.post([activation()]).status_code == 202  # another key is not held up


def test_more_events_than_one_request_may_hold_are_refused(shared_ingest: Intake) -> None:
    content = json.dumps([activation()] * 10_001)
    found = shared_ingest.post(content)
    assert found.status_code == 413
    assert "10000" in found.json()["detail"]
