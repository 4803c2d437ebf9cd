"""Ingest against a real nats-server: what is answered, what is stored, and what happens when the bus is away."""

from __future__ import annotations

import asyncio
import json
import re
import stat
import sys
from pathlib import Path
from typing import Any

import httpx
import nats
import pytest
from nats.js.api import DiscardPolicy, StreamConfig

from shared.bus import EVENTS
from tests.events import citizen, event, target
from tests.integration.ingest.running import BATCH, KEY, LINES, ONE, Intake, intake
from tests.servers import Process, free_port, nats_server, running, status
from tests.waiting import until

NIK = "5171012304990001"


def move(number: int = 1, home: str = "51.71") -> dict[str, Any]:
    return event("resident.moved", citizen=citizen(number), home=home)


def test_events_come_in_as_one_as_a_batch_and_as_lines(ingest: Intake) -> None:
    events = [move(n, home) for n, home in enumerate(["51.71", "35.73", "36.04", "17.71", "51.71"])]
    assert ingest.post(events[0], ONE).json() == {"accepted": 1, "rejected": []}
    assert ingest.post(events[1:3], f"{BATCH}; charset=UTF-8".upper()).json() == {"accepted": 2, "rejected": []}
    lines = "\n".join(json.dumps(item) for item in events[3:]) + "\n\n"
    answer = ingest.post(lines, LINES)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 2, "rejected": []})
    assert ingest.post([], BATCH).json() == {"accepted": 0, "rejected": []}
    stored = ingest.stored()
    assert {item.id for item in stored} == {item["id"] for item in events}
    assert all(item.recordedtime is not None for item in stored)


def test_one_bad_event_never_costs_its_batch(ingest: Intake) -> None:
    bad = move(2, "92.71")
    answer = ingest.post([move(1), bad, 7, target("51.71", 30)])
    assert answer.status_code == 202
    assert answer.json() == {
        "accepted": 2,
        "rejected": [
            {
                "index": 1,
                "id": bad["id"],
                "errors": [
                    {
                        "path": "data.home",
                        "message": "region code 92.71 is retired since its province was split: use 96.71 (Kota Sorong)",
                    }
                ],
            },
            {"index": 2, "id": None, "errors": [{"path": "", "message": "the event must be a JSON object"}]},
        ],
    }
    assert len(ingest.stored()) == 2
    answer = ingest.post('{"broken\n' + json.dumps(move(3)), LINES)
    assert answer.status_code == 202
    assert (answer.json()["accepted"], answer.json()["rejected"][0]["index"]) == (1, 0)


def test_strict_takes_all_or_none(shared_ingest: Intake) -> None:
    answer = shared_ingest.post([move(1), move(2, "92.71")], strict=True)
    assert answer.status_code == 422
    assert (answer.json()["accepted"], [item["index"] for item in answer.json()["rejected"]]) == (0, [1])


@pytest.mark.parametrize(
    ("body", "content_type", "code", "told"),
    [
        ("{", ONE, 400, "not JSON"),
        ("[]", ONE, 400, "must be one JSON object"),
        ("{}", BATCH, 400, "must be a JSON array"),
        (b"\xff\xfe", BATCH, 400, "not JSON"),
        ("[" * 100_000, BATCH, 400, "not JSON"),
        ("<event/>", "text/xml", 415, "send Content-Type application/cloudevents+json"),
        ({**move(), "type": "ikd.invented.v1"}, ONE, 422, "not a known event type"),
        ([{**move(), "type": "ikd.invented.v1"}], BATCH, 422, "no event was accepted"),
        ([{**move(), "time": "2010-01-01T00:00:00Z"}], BATCH, 422, "no event was accepted"),
        (b" " * (17 * 1024 * 1024), BATCH, 413, "smaller batches"),
    ],
)
def test_what_cannot_be_read_is_a_problem_document(
    shared_ingest: Intake, body: Any, content_type: str, code: int, told: str
) -> None:
    answer = shared_ingest.post(body, content_type)
    assert answer.status_code == code
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], told in problem["detail"]) == (code, True), problem
    assert status(f"{shared_ingest.url}/readyz") == 200


def test_only_post_and_a_parameter_that_is_one(shared_ingest: Intake) -> None:
    answer = shared_ingest.http.get(f"{shared_ingest.url}/v1/events")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert answer.headers["Content-Type"] == "application/problem+json"
    good = event("resident.moved", citizen=citizen(1), home="51.71")
    answer = shared_ingest.post([good], strict="maybe")
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "strict")


def test_the_intake_is_described(shared_ingest: Intake) -> None:
    text = shared_ingest.http.get(f"{shared_ingest.url}/openapi.json").text
    document = json.loads(text)
    assert document["paths"]["/v1/events"]["post"]["requestBody"]["required"]
    named = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert {"IkdActivated", "Refusal"} <= named <= document["components"]["schemas"].keys()


def test_a_key_is_needed_and_is_made_at_first_start(ingest: Intake, tmp_path: Path) -> None:
    for key in (None, "", "wrong", KEY[:-1], KEY.upper()):
        answer = ingest.post([move()], key=key)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    with intake(tmp_path / "own", ingest.nats_url, LAJU_API_KEY="") as fresh:
        file = fresh.data / "operator.key"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE((fresh.data / "pseudonym.key").stat().st_mode) == 0o600
        key = file.read_text().strip()
        assert key.startswith("laju_operator_")
        assert fresh.post([move()], key=key).status_code == 202
        assert fresh.post([move()], key="").status_code == 401


def test_a_nik_is_replaced_before_anything_else_sees_it(ingest: Intake, tmp_path: Path) -> None:
    good = event("perekaman.recorded", nik=NIK, home="51.71", service="51.71", channel="office")
    bad = [
        event("perekaman.recorded", nik=NIK, citizen=NIK, home=NIK, service="51.71", channel=NIK),
        {**good, "id": NIK, "source": NIK},
        event("resident.moved", citizen=citizen(1), home="51.71", catatan=NIK),
    ]
    answer = ingest.post([good, *bad])
    assert answer.json()["accepted"] == 1
    assert NIK not in answer.text
    (stored,) = ingest.stored()
    assert stored.data.citizen.startswith("k1:")
    ingest.process.end()
    seen = [path for path in tmp_path.rglob("*") if path.is_file() and NIK.encode() in path.read_bytes()]
    assert seen == []


def test_an_identical_retry_is_stored_once(ingest: Intake) -> None:
    batch = [move(n, "51.71") for n in range(20)]
    assert [ingest.post(batch).json()["accepted"] for _ in range(3)] == [20, 20, 20]
    assert len(ingest.stored()) == 20


def test_events_of_one_kabkota_share_envelopes_of_at_most_500(ingest: Intake) -> None:
    ingest.post([move(n, "51.71") for n in range(1_001)])

    async def sizes() -> list[str]:
        client = await nats.connect(ingest.nats_url)
        js = client.jetstream()
        last = (await js.stream_info(EVENTS)).state.last_seq
        headers = [(await js.get_msg(EVENTS, seq)).headers or {} for seq in range(1, last + 1)]
        await client.close()
        return [header["Laju-Events"] for header in headers]

    assert asyncio.run(sizes()) == ["500", "500", "1"]


async def test_single_posts_share_envelopes(tmp_path: Path) -> None:
    with nats_server(tmp_path / "nats") as url, intake(tmp_path / "ingest", url) as started:
        async with httpx.AsyncClient(timeout=20) as client:

            async def post(number: int) -> int:
                answer = await client.post(
                    f"{started.url}/v1/events",
                    content=json.dumps(move(number)),
                    headers={"Content-Type": ONE, "Authorization": f"Bearer {KEY}"},
                )
                return answer.status_code

            assert set(await asyncio.gather(*(post(number) for number in range(200)))) == {202}
        connection = await nats.connect(url)
        info = await connection.jetstream().stream_info(EVENTS)
        await connection.close()
        assert len(await started._stored()) == 200
        assert info.state.messages < 200


def test_the_bus_away_is_a_503_and_back_is_a_202(tmp_path: Path) -> None:
    port = free_port()
    with nats_server(tmp_path / "nats", port) as url:
        bus_up = intake(tmp_path / "ingest", url)
        started = bus_up.__enter__()
    try:
        answer = started.post([move()])
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert "send the same events again" in answer.json()["detail"]
        assert status(f"{started.url}/readyz") == 503
        assert status(f"{started.url}/healthz") == 200
        with nats_server(tmp_path / "nats", port):
            until(lambda: started.post([move()]).status_code == 202)
            assert status(f"{started.url}/readyz") == 200
            assert len(started.stored()) == 1
            assert started.process.end() == 0
    finally:
        bus_up.__exit__(None, None, None)


def test_it_starts_before_its_bus(tmp_path: Path) -> None:
    port, bus_port = free_port(), free_port()
    environment = {
        "LAJU_DATA": str(tmp_path / "data"),
        "LAJU_NATS_URL": f"nats://127.0.0.1:{bus_port}",
        "LAJU_API_KEY": KEY,
        "LAJU_INGEST_PORT": str(port),
    }
    process = Process("ingest", [sys.executable, "-m", "services.cli", "ingest"], tmp_path / "ingest.log", environment)
    with running(process, lambda: status(f"http://127.0.0.1:{port}/healthz") == 200):
        assert status(f"http://127.0.0.1:{port}/readyz") == 503
        with nats_server(tmp_path / "nats", bus_port):
            until(lambda: status(f"http://127.0.0.1:{port}/readyz") == 200)


def test_a_full_store_is_a_refusal(tmp_path: Path) -> None:
    with nats_server(tmp_path / "nats") as url:

        async def small() -> None:
            client = await nats.connect(url)
            await client.jetstream().add_stream(
                StreamConfig(
                    name=EVENTS, subjects=["events.*"], max_bytes=20_000, discard=DiscardPolicy.NEW,
                    metadata={"laju_partitions": "4"}, allow_direct=True,
                )
            )  # fmt: skip
            await client.close()

        asyncio.run(small())
        with intake(tmp_path / "ingest", url) as started:
            answers = [started.post([move(n) for n in range(start, start + 50)]) for start in range(0, 500, 50)]
            assert answers[0].status_code == 202
            assert answers[-1].status_code == 503
            assert "storage is full" in answers[-1].json()["detail"]
            accepted = sum(answer.json().get("accepted", 0) for answer in answers)
            assert len(started.stored()) == accepted
            shown = started.http.get(f"{started.url}/metrics").text
            assert 'laju_ingest_publish_failures_total{reason="unavailable"} 0.0' in shown
            assert float(
                re.findall(r'^laju_ingest_publish_failures_total{reason="full"} (\S+)$', shown, re.MULTILINE)[0]
            )
            assert float(re.findall(r"^laju_ingest_store_used_bytes (\S+)$", shown, re.MULTILINE)[0]) > 10_000
            assert "laju_ingest_store_limit_bytes NaN" in shown


def test_a_lost_event_store_ends_the_service_with_what_to_do(ingest: Intake) -> None:
    ingest.post([move()])

    async def lose() -> None:
        client = await nats.connect(ingest.nats_url)
        # Only the server's administrator can: deletion of messages and purging are denied.
        await client.jetstream().delete_stream(EVENTS)
        await client.close()

    asyncio.run(lose())
    assert ingest.process.child is not None
    assert ingest.process.child.wait(20) == 1
    assert "restore it from a backup" in ingest.process.tail()
