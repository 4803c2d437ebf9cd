"""The intake over the bus: the same events come in as over HTTP, and what does not is told on ``rejected.<region>``."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import nats
import pytest
import zstandard
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from shared.bus import EVENTS, INTAKE, REJECTED, intake_subject
from tests.events import citizen, event, target
from tests.integration.ingest.running import BATCH, LINES, ONE, Intake, intake
from tests.waiting import until

NIK = "5171012304990001"
Value = TypeVar("Value")


def activation(number: int, **more: Any) -> dict[str, Any]:
    data = {"citizen": citizen(number), "home": "51.71.01.1001", "service": "51.71", "channel": "office"} | more
    return event("ikd.activated", **data)


class Bus:
    """What a district does on the bus, and what lies there."""

    def __init__(self, url: str) -> None:
        self._url = url

    def put(self, body: Any, *, region: str = "51.71", **headers: str) -> int:
        """The sequence at which INTAKE has stored it."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        told = {name.replace("_", "-"): value for name, value in headers.items()} or None

        async def publish(js: JetStreamContext) -> int:
            return (await js.publish(intake_subject(region), data, stream=INTAKE, headers=told)).seq

        return self.run(publish)

    def taken(self) -> None:
        """Return once everything put there is acknowledged."""

        async def done(js: JetStreamContext) -> bool:
            try:
                info = await js.consumer_info(INTAKE, "ingest")
            except NotFoundError:  # ingest has only just started
                return False
            return not info.num_pending and not info.num_ack_pending

        until(lambda: self.run(done))

    def refusals(self, region: str = "51.71") -> list[Any]:
        """What was said on ``rejected.<region>``, in order."""

        async def read(js: JetStreamContext) -> list[Any]:
            last = (await js.stream_info(REJECTED)).state.last_seq
            messages = [await js.get_msg(REJECTED, sequence) for sequence in range(1, last + 1)]
            return [json.loads(one.data or b"") for one in messages if one.subject == f"rejected.{region}"]

        return self.run(read)

    def lies(self, sequence: int) -> bool:
        """Whether INTAKE still holds a message."""

        async def find(js: JetStreamContext) -> bool:
            try:
                await js.get_msg(INTAKE, sequence)
            except NotFoundError:
                return False
            return True

        return self.run(find)

    def run(self, work: Callable[[JetStreamContext], Awaitable[Value]]) -> Value:
        async def connected() -> Value:
            client = await nats.connect(self._url)
            try:
                return await work(client.jetstream())
            finally:
                await client.close()

        return asyncio.run(connected())


@pytest.fixture
def bus(ingest: Intake) -> Bus:
    return Bus(ingest.nats_url)


def test_events_come_in_whatever_form_they_have(ingest: Intake, bus: Bus) -> None:
    events = [activation(number) for number in range(9)]
    bus.put(events[0])
    bus.put(events[1:3])
    bus.put(events[3], Content_Type=ONE)
    bus.put(events[4:6], Content_Type=f"{BATCH}; charset=utf-8")
    lines = "\n".join(json.dumps(one) for one in events[6:8]).encode()
    bus.put(gzip.compress(lines), Content_Type=LINES, Content_Encoding="gzip")
    bus.put(zstandard.compress(json.dumps([events[1]]).encode()), Content_Encoding="zstd")
    attributes = {f"ce-{name}": str(value) for name, value in events[8].items() if name != "data"}
    bus.put(events[8]["data"], Content_Type="application/json", **attributes)
    bus.taken()

    stored = ingest.stored()
    assert {one.id for one in stored} == {one["id"] for one in events}
    assert all(one.recordedtime is not None for one in stored)
    assert bus.refusals() == []


def test_what_is_refused_is_told_with_every_reason_and_costs_the_others_nothing(ingest: Intake, bus: Bus) -> None:
    good, elsewhere = activation(1), activation(2, service="31.71")
    wrong, national = activation(3, channel="moon", home="92.71"), target("51.71", 30)
    position = bus.put([good, elsewhere, wrong, national, 7], Nats_Msg_Id="file-17/3")
    bus.taken()

    assert [one.id for one in ingest.stored()] == [good["id"]]
    (told,) = bus.refusals()
    assert (told["region"], told["sequence"], told["message_id"]) == ("51.71", position, "file-17/3")
    assert (told["accepted"], told["problem"]) == (1, None)
    assert [(one["index"], one["id"]) for one in told["rejected"]] == [
        (1, elsewhere["id"]),
        (2, wrong["id"]),
        (3, national["id"]),
        (4, None),
    ]
    paths = [[error["path"] for error in one["errors"]] for one in told["rejected"]]
    assert paths[0] == ["data.service"]
    assert {path.rpartition(".")[2] for path in paths[1]} == {"channel", "home"}
    assert paths[2] == ["data.authority"]
    assert "31.71" in told["rejected"][0]["errors"][0]["message"]
    assert bus.lies(position)


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (b"{", {}, "not JSON"),
        (b"", {}, "not JSON"),
        (b"\xff\xfe[]", {}, "not JSON"),
        (b"[]", {"Content_Type": "text/csv"}, "text/csv"),
        (b"[]", {"Content_Encoding": "br"}, "br"),
        (b"[]", {"Content_Encoding": "gzip"}, "not gzip"),
        (gzip.compress(b"[" + b"[]," * 2_000_000 + b"[]]"), {"Content_Encoding": "gzip"}, "JSON values"),
        (gzip.compress(bytes(40_000_000)), {"Content_Encoding": "gzip"}, "larger than"),
    ],
)
def test_a_message_that_cannot_be_read_is_refused_whole(
    bus: Bus, body: bytes, headers: dict[str, str], reason: str
) -> None:
    bus.put(body, **headers)
    bus.taken()
    (told,) = bus.refusals()
    assert reason in told["problem"]
    assert (told["accepted"], told["rejected"]) == (0, [])


def test_a_subject_that_names_no_region_opens_nothing(ingest: Intake, bus: Bus) -> None:
    bus.put(activation(1), region="99.99")
    bus.taken()
    (told,) = bus.refusals("99.99")
    assert "names no region" in told["problem"]
    assert ingest.stored() == []


@pytest.mark.parametrize("where", ["nik", "place", "extension", "id", "header", "base64"])
def test_a_nik_is_refused_and_does_not_stay_on_the_bus(ingest: Intake, bus: Bus, where: str) -> None:
    bad = activation(1)
    if where == "nik":
        bad["data"] = {key: value for key, value in bad["data"].items() if key != "citizen"} | {"nik": NIK}
    elif where == "place":
        bad["data"]["place"] = f"Rumah {NIK}"
    elif where == "extension":
        bad["note"] = NIK
    elif where == "id":
        bad["id"] = f"akt-{NIK}"
    elif where == "base64":
        data = json.dumps(bad.pop("data") | {"place": NIK})
        bad["data_base64"] = base64.b64encode(data.encode()).decode()
    good = activation(2)
    position = bus.put([bad, good], **({"Nats_Msg_Id": f"nik {NIK}"} if where == "header" else {}))
    bus.taken()

    assert not bus.lies(position)
    stored = {one.id for one in ingest.stored()}
    assert stored == ({bad["id"], good["id"]} if where in ("extension", "header") else {good["id"]})
    for text in (json.dumps(bus.refusals()), ingest.process.log.read_text()):
        assert NIK not in text
    for file in (ingest.data.parents[1] / "nats").rglob("*"):
        assert not file.is_file() or NIK.encode() not in file.read_bytes(), file


def test_what_came_while_no_ingest_ran_comes_in_once_it_does(ingest: Intake, bus: Bus) -> None:
    ingest.process.end(signal.SIGKILL)
    events = [activation(number) for number in range(60)]
    for start in range(0, 60, 3):
        bus.put(events[start : start + 3])
    ingest.process.start()
    bus.taken()
    ids = [one.id for one in ingest.stored()]
    assert sorted(ids) == sorted(one["id"] for one in events)


def test_a_consumer_that_was_deleted_comes_back_and_loses_nothing(ingest: Intake, bus: Bus) -> None:
    bus.put(activation(1))
    bus.taken()
    bus.run(lambda js: js.delete_consumer(INTAKE, "ingest"))
    second = activation(2)
    bus.put(second)
    until(lambda: second["id"] in {one.id for one in ingest.stored()})


def test_a_full_server_costs_nothing_once_there_is_room(ingest: Intake, bus: Bus) -> None:
    """EVENTS takes no more for a while: messages wait in INTAKE and come in afterwards."""

    async def limit(js: JetStreamContext, most: int) -> None:
        config = (await js.stream_info(EVENTS)).config
        config.max_msgs = most
        await js.update_stream(config)

    first = activation(1)
    bus.put(first)
    bus.taken()
    bus.run(lambda js: limit(js, 1))
    second = activation(2)
    bus.put(second)
    until(lambda: "it comes again" in ingest.process.log.read_text())
    assert (shown(ingest, "waiting_messages"), shown(ingest, "taken_sequence")) == (1, 1)
    bus.run(lambda js: limit(js, -1))
    bus.taken()
    assert {one.id for one in ingest.stored()} == {first["id"], second["id"]}
    assert (shown(ingest, "waiting_messages"), shown(ingest, "taken_sequence")) == (0, 2)


def test_two_replicas_share_the_intake(ingest: Intake, bus: Bus, tmp_path: Path) -> None:
    with intake(tmp_path / "second", ingest.nats_url) as other:
        events = [activation(number) for number in range(300)]
        for one in events:
            bus.put(one)
        bus.taken()
        counted = [accepted(replica) for replica in (ingest, other)]
        assert sum(counted) == 300
        assert all(counted)
        assert sorted(one.id for one in ingest.stored()) == sorted(one["id"] for one in events)


def shown(replica: Intake, figure: str) -> float:
    """What ``/metrics`` says about INTAKE."""
    text = replica.http.get(f"{replica.url}/metrics").text
    (line,) = (line for line in text.splitlines() if line.startswith(f"laju_ingest_intake_{figure} "))
    return float(line.rpartition(" ")[2])


def accepted(replica: Intake) -> int:
    text = replica.http.get(f"{replica.url}/metrics").text
    lines = [line for line in text.splitlines() if line.startswith("laju_ingest_events_accepted_total")]
    return int(sum(float(line.rpartition(" ")[2]) for line in lines))
