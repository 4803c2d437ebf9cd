"""Laju as it is to be deployed: each service can do its work, and nothing else; nothing is said in the clear."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from email import message_from_bytes
from functools import partial
from typing import Any

import certifi
import nats
import pymongo
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, StorageType
from nats.js.errors import APIError
from pymongo.errors import OperationFailure, PyMongoError

from services.cli.bus.grants import KEYS, KEYS_USED, SERVICES
from services.cli.bus.nkey import new_key
from services.cli.bus.roster import NAMES
from shared.bus import ALERTS, EVENTS, PACE, REJECTED
from shared.pull import Pull
from shared.trust import trust
from tests.e2e.hardened import PASSWORD, Hardened, hardened
from tests.e2e.pipeline import KEY
from tests.events import event, target
from tests.servers import BIN
from tests.waiting import eventually, until

API = "$JS.API"
WAITED_SECONDS = 20


@pytest.fixture(scope="module")
def laju(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hardened]:
    """One for all tests of the module, after an event came in and a mail went out."""
    with hardened(tmp_path_factory.mktemp("hardened")) as running:
        send(
            running,
            event("wajib_ktp.reported", region="36.04", as_of="2024-06-27", count=1_200_000, source="siak"),
            event("baseline.reported", region="36.04", as_of="2024-06-27", activated=31_000),
            target("36.04", 50),
        )
        until(lambda: running.mailbox.taken and running.settled(), seconds=60)
        yield running


def send(laju: Hardened, *events: dict[str, Any], token: str = KEY) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents-batch+json"}
    answer = laju.http.post(f"{laju.url('ingest')}/v1/events", content=json.dumps(events), headers=headers)
    assert answer.status_code == 202, answer.text


def test_an_event_comes_in_and_a_mail_goes_out(laju: Hardened) -> None:
    (raw,) = laju.mailbox.taken
    mail = message_from_bytes(raw)
    assert "Kabupaten Serang" in str(mail["Subject"])
    rows = laju.http.get(f"{laju.url('aggregator')}/v1/regions/36.04/standings").json()["standings"]
    assert [row["status"] for row in rows if row["target"]] == ["behind"]
    page = laju.http.get(f"{laju.url('aggregator')}/regions/36.04/alerts")  # the aggregator asks the notifier
    assert page.status_code == 200
    for process in laju.services.values():
        assert '"level": "ERROR"' not in process.log.read_text()


def test_a_key_that_an_operator_issues_opens_ingest(laju: Hardened) -> None:
    token = laju.laju("keys", "issue", "Disdukcapil Kabupaten Serang", "--region", "36.04").split()[0]

    def opens() -> bool:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = laju.http.post(f"{laju.url('ingest')}/v1/events", content="[]", headers=headers)
        return answer.status_code != 401

    until(opens)
    assert token.split("_")[1] in laju.laju("keys", "list")


# Who may say or ask what. An envelope is refused all the same: it says that it is for another stream.
ELSEWHERE = {"Nats-Expected-Stream": "elsewhere"}
PEOPLE = ("operator", "administrator")
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "events.0": ("ingest", "administrator"),
    "intake.51.71": ("administrator",),
    "rejected.51.71": ("ingest", *PEOPLE),
    "pace.51.71": ("aggregator", *PEOPLE),
    "alerts.51.71": ("notifier", *PEOPLE),
    "quarantine.events.x": ("aggregator", *PEOPLE),
    "quarantine.pace.x": ("notifier", *PEOPLE),
    f"$KV.{KEYS}.x": PEOPLE,
    f"$KV.{KEYS_USED}.x": ("ingest", *PEOPLE),
    # Reading.
    f"{API}.STREAM.MSG.GET.{EVENTS}": PEOPLE,
    f"{API}.DIRECT.GET.{EVENTS}": ("aggregator", *PEOPLE),
    f"{API}.DIRECT.GET.{EVENTS}.events.0": ("aggregator", *PEOPLE),
    f"{API}.DIRECT.GET.{ALERTS}": ("notifier", *PEOPLE),
    f"{API}.DIRECT.GET.{PACE}": PEOPLE,
    f"{API}.DIRECT.GET.INTAKE": PEOPLE,
    f"{API}.DIRECT.GET.QUARANTINE": ("aggregator", *PEOPLE),
    f"{API}.DIRECT.GET.KV_{KEYS}.$KV.{KEYS}.x": ("ingest", *PEOPLE),
    f"{API}.CONSUMER.MSG.NEXT.{EVENTS}.aggregator-p1-00": ("aggregator", *PEOPLE),
    f"{API}.CONSUMER.MSG.NEXT.{PACE}.notifier": ("notifier", *PEOPLE),
    f"{API}.CONSUMER.MSG.NEXT.INTAKE.ingest": ("ingest", *PEOPLE),
    # Consumers.
    f"{API}.CONSUMER.CREATE.{EVENTS}.x.events.0": ("aggregator", *PEOPLE),
    f"{API}.CONSUMER.CREATE.{EVENTS}.x": PEOPLE,
    f"{API}.CONSUMER.CREATE.{PACE}.notifier.pace.>": ("notifier", *PEOPLE),
    f"{API}.CONSUMER.CREATE.{PACE}.x.pace.>": PEOPLE,
    f"{API}.CONSUMER.CREATE.INTAKE.ingest": ("ingest", *PEOPLE),
    f"{API}.CONSUMER.CREATE.{ALERTS}.x": PEOPLE,
    f"{API}.CONSUMER.CREATE.KV_{KEYS}.x": PEOPLE,
    f"{API}.CONSUMER.DELETE.{EVENTS}.nobody": ("aggregator", *PEOPLE),
    f"{API}.CONSUMER.DELETE.INTAKE.nobody": PEOPLE,
    # Streams.
    f"{API}.STREAM.INFO.{EVENTS}": NAMES,
    f"{API}.STREAM.INFO.KV_{KEYS}": ("ingest", *PEOPLE),
    f"{API}.STREAM.NAMES": PEOPLE,
    f"{API}.STREAM.CREATE.COPY": ("administrator",),
    f"{API}.STREAM.UPDATE.{EVENTS}": ("administrator",),
    f"{API}.STREAM.DELETE.{EVENTS}": (),
    f"{API}.STREAM.DELETE.{ALERTS}": (),
    f"{API}.STREAM.PURGE.{EVENTS}": (),
    f"{API}.STREAM.PURGE.{ALERTS}": (),
    f"{API}.STREAM.DELETE.{PACE}": ("administrator",),
    f"{API}.STREAM.PURGE.{PACE}": ("administrator",),
    f"{API}.STREAM.PURGE.QUARANTINE": PEOPLE,
    f"{API}.STREAM.MSG.DELETE.{EVENTS}": ("administrator",),
    f"{API}.STREAM.MSG.DELETE.INTAKE": ("ingest", "administrator"),
    f"$JS.hub.API.STREAM.DELETE.{EVENTS}": (),
    f"$JS.hub.API.STREAM.PURGE.{EVENTS}": (),
    "$JS.hub.API.STREAM.CREATE.COPY": ("administrator",),
}


@asynccontextmanager
async def somebody(laju: Hardened, name: str) -> AsyncIterator[tuple[Client, asyncio.Queue[str]]]:
    """A client, and what the server refuses to it."""
    refused: asyncio.Queue[str] = asyncio.Queue()

    async def heard(error: Exception) -> None:
        refused.put_nowait(str(error))

    async with laju.hub.connected(name, error_cb=heard) as client:
        yield client, refused


def nonsense(subject: str) -> bytes:
    """What nothing comes of. Asked for a message, a server would take it for a wish to wait for one."""
    return b'{"batch":1,"no_wait":true}' if ".MSG.NEXT." in subject else b"nonsense"


async def is_answered(client: Client, refused: asyncio.Queue[str], subject: str) -> bool:
    """Whether somebody hears it. What is asked is nonsense, so that nothing comes of it."""
    asking = client.request(subject, nonsense(subject), timeout=WAITED_SECONDS, headers=dict(ELSEWHERE))
    answer = asyncio.create_task(asking)
    refusal = asyncio.create_task(refused.get())
    await asyncio.wait((answer, refusal), return_when=asyncio.FIRST_COMPLETED)
    refusal.cancel()
    if answer.done():
        return not isinstance(answer.exception(), nats.errors.NoRespondersError) and bool(answer.result())
    answer.cancel()
    assert "permissions violation" in refusal.result()
    return False


@pytest.mark.parametrize("name", NAMES)
async def test_who_may_say_and_ask_what(laju: Hardened, name: str) -> None:
    async with somebody(laju, name) as (client, refused):
        found = {subject: await is_answered(client, refused, subject) for subject in ALLOWED}
    assert found == {subject: name in allowed for subject, allowed in ALLOWED.items()}


def test_the_table_holds_every_right_of_every_service() -> None:
    """One that is granted and not in the table would be a right that nobody looked at."""

    def covers(granted: str, asked: str) -> bool:
        tokens, parts = granted.split("."), asked.split(".")
        if tokens[-1] == ">":
            return len(parts) >= len(tokens) and all(t in ("*", p) for t, p in zip(tokens[:-1], parts, strict=False))
        return len(tokens) == len(parts) and all(t in ("*", p) for t, p in zip(tokens, parts, strict=True))

    unseen = [
        subject
        for grants in SERVICES.values()
        for subject in (*grants.says, *grants.draws)
        if not any(covers(subject, asked) for asked in ALLOWED)
    ]
    # These tell numbers of consumers and streams, or acknowledge to a consumer.
    assert {subject for subject in unseen if ".INFO" not in subject and not subject.startswith("$JS.ACK.")} == {
        f"{API}.CONSUMER.LIST.{EVENTS}",
        f"{API}.CONSUMER.DELETE.{PACE}.notifier",
    }


HEARD = ("events.*", "pace.>", "alerts.>", "intake.>", "_INBOX_ingest.>", "_INBOX_aggregator.>", ">", "$SYS.>")


@pytest.mark.parametrize("name", SERVICES)
async def test_a_service_hears_nothing_but_its_own_inboxes(laju: Hardened, name: str) -> None:
    async with somebody(laju, name) as (client, refused):
        for subject in HEARD:
            if subject == f"_INBOX_{name}.>":
                continue
            await client.subscribe(subject)
            told = await asyncio.wait_for(refused.get(), WAITED_SECONDS)
            assert f'permissions violation for subscription to "{subject.lower()}"' in told


async def lengths(laju: Hardened) -> dict[str, int]:
    async with laju.hub.connected("operator") as client:
        return {str(info.config.name): info.state.last_seq for info in await client.jetstream().streams_info()}


@pytest.mark.parametrize("name", SERVICES)
async def test_no_answer_goes_where_its_asker_may_not_publish(laju: Hardened, name: str) -> None:
    """A server answers on whatever subject it is told. Asked from another account, it does so in that account."""
    until(laju.settled, seconds=60)
    before = await lengths(laju)
    async with somebody(laju, name) as (client, refused):
        for subject in ("events.0", "intake.51.71", "alerts.51.71", "pace.51.71", f"{API}.STREAM.DELETE.{PACE}"):
            for asked, allowed in ALLOWED.items():
                if name in allowed:
                    await client.publish(asked, nonsense(asked), reply=subject, headers=dict(ELSEWHERE))
        await client.publish(f"{API}.DIRECT.GET.{ALERTS}", b'{"seq":1}', reply="events.0")
        # What was asked before this was answered before it.
        await client.request(f"{API}.STREAM.INFO.{EVENTS}", b"", timeout=WAITED_SECONDS)
        assert refused.empty()
    assert await lengths(laju) == before


async def test_what_a_consumer_of_the_aggregator_hands_over_stays_in_its_account(laju: Hardened) -> None:
    """It may create consumers of EVENTS. One that hands over by itself does so in the account of the stream, where a
    subject with a listener would be needed: there is none that the aggregator could choose."""
    targets = ("pace.51.71", "alerts.51.71", "rejected.51.71", "_INBOX_ingest.x", f"{API}.STREAM.DELETE.{PACE}")
    async with somebody(laju, "aggregator") as (client, _):
        js = client.jetstream()
        for number, subject in enumerate(targets):
            config = ConsumerConfig(
                name=f"push-{number}", filter_subject="events.7", deliver_subject=subject, ack_policy=AckPolicy.NONE
            )
            await js.add_consumer(EVENTS, config)
        try:
            async with laju.hub.connected("administrator") as administrator:
                body = b"one more for the quarantine"
                await administrator.jetstream().publish("events.7", body, stream=EVENTS)
            until(laju.settled, seconds=60)
            for number in range(len(targets)):
                info = await js.consumer_info(EVENTS, f"push-{number}")
                assert not info.push_bound
                assert info.delivered is not None
                assert info.delivered.consumer_seq == 0
        finally:
            for number in range(len(targets)):
                await js.delete_consumer(EVENTS, f"push-{number}")
    async with laju.hub.connected("operator") as client:
        assert (await client.jetstream().stream_info(REJECTED)).state.last_seq == 0


async def test_who_stops_pulling_leaves_no_request_behind_that_swallows_what_comes(laju: Hardened) -> None:
    """The server does not see that nobody listens any more in another account. What a request that is left over gets
    would come again after the acknowledgement's time only, which is longer here than the test waits."""
    got: list[str] = []

    async def take(message: Msg) -> None:
        got.append(message.subject)
        await message.ack()

    async with somebody(laju, "aggregator") as (client, _):
        js = client.jetstream()
        config = ConsumerConfig(
            name="stopping", filter_subject="events.9", deliver_policy=DeliverPolicy.NEW,
            ack_policy=AckPolicy.EXPLICIT, ack_wait=10 * WAITED_SECONDS, inactive_threshold=600,
        )  # fmt: skip
        await js.add_consumer(EVENTS, config)
        try:
            for count in (1, 2):
                pull = Pull(client, EVENTS, "stopping", take, in_flight=64, in_flight_bytes=1_000_000)
                await pull.start()

                async def waits() -> bool:
                    return bool((await js.consumer_info(EVENTS, "stopping")).num_waiting)

                await eventually(waits)
                await pull.stop()
                async with laju.hub.connected("administrator") as administrator:
                    await administrator.jetstream().publish("events.9", b"for the quarantine, too", stream=EVENTS)
                pull = Pull(client, EVENTS, "stopping", take, in_flight=64, in_flight_bytes=1_000_000)
                await pull.start()
                await eventually(partial(_has, got, count), seconds=WAITED_SECONDS)
                await pull.stop()
        finally:
            await js.delete_consumer(EVENTS, "stopping")


async def _has(got: list[str], count: int) -> bool:
    return len(got) == count


async def test_the_account_of_the_streams_has_limits(laju: Hardened) -> None:
    async with laju.hub.connected("administrator") as client:
        js = client.jetstream()
        info = await js.account_info()
        assert (info.limits.max_streams, info.limits.max_consumers) == (12, 1000)
        names = [f"MORE-{number}" for number in range(info.limits.max_streams - info.streams)]
        try:
            for name in names:
                await js.add_stream(name=name, subjects=[name], storage=StorageType.MEMORY)
            with pytest.raises(APIError, match="maximum number of streams"):
                await js.add_stream(name="ONE-MORE", subjects=["one-more"], storage=StorageType.MEMORY)
        finally:
            for name in names:
                await js.delete_stream(name)


async def test_a_key_that_nobody_knows_opens_nothing(laju: Hardened) -> None:
    for options in ({}, {"user": "laju", "password": "laju"}):
        with pytest.raises(NatsError, match="Authorization Violation"):
            await nats.connect(
                laju.hub.url,
                tls=trust(laju.hub.authority),
                tls_handshake_first=True,
                allow_reconnect=False,
                error_cb=unheard,
                **options,
            )


async def unheard(error: Exception) -> None:
    """What the client would log."""


# What each account of MongoDB may do, and what not, as far as this server checks it: it looks at the database and the
# action, not at the collection.
DOCUMENTS: Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]] = {
    ("laju", "pointer"): {"read": ("aggregator", "operator"), "write": ("operator",)},
    ("laju_p1", "citizens"): {"read": ("aggregator", "operator"), "write": ("aggregator", "operator")},
    ("laju_p2", "counters"): {"read": ("aggregator", "operator"), "write": ("aggregator", "operator")},
    ("laju_notifier", "outbox"): {"read": ("notifier",), "write": ("notifier",)},
    ("admin", "system.users"): {"read": (), "write": ()},
}


def may(work: Any) -> bool:
    try:
        work()
    except OperationFailure as error:
        assert error.code == 13, error  # noqa: PT017 - any other failure is one of the test
        return False
    return True


@pytest.mark.parametrize("name", ["aggregator", "notifier", "operator"])
def test_who_may_read_and_write_which_documents(laju: Hardened, name: str) -> None:
    found = {}
    with laju.mongo(name) as client:
        for database, collection in DOCUMENTS:
            documents = client[database][collection]
            found[database, collection] = {
                "read": may(lambda documents=documents: documents.find_one({"_id": "nobody"})),
                "write": may(lambda documents=documents: documents.update_one({"_id": "nobody"}, {"$set": {"x": 1}})),
            }
        dropped = may(lambda: client.drop_database("laju_p3"))
        made = may(lambda: client.admin.command({"createUser": "me", "pwd": "me", "roles": []}))
    assert found == {
        place: {what: name in allowed for what, allowed in rights.items()} for place, rights in DOCUMENTS.items()
    }
    assert dropped == (name == "operator")
    assert not made


def test_mongodb_lets_nobody_in_without_an_account(laju: Hardened) -> None:
    with laju.mongo(None) as client, pytest.raises(OperationFailure, match="requires authentication"):
        client["laju_p1"]["citizens"].find_one()


def first_word(port: int, said: bytes) -> bytes:
    """What somebody who knows no TLS is answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=WAITED_SECONDS) as line:
        line.sendall(said)
        line.settimeout(WAITED_SECONDS)
        try:
            return line.recv(100)
        except ConnectionResetError:
            return b""


def test_nothing_is_said_in_the_clear(laju: Hardened) -> None:
    request = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for port in (*laju.ports.values(), laju.hub.port):
        assert not first_word(port, request).startswith((b"HTTP/", b"220", b"INFO", b"-ERR"))
    url = f"mongodb://127.0.0.1:{laju.mongo_port}/?directConnection=true"
    with (
        pymongo.MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=500) as client,
        pytest.raises(PyMongoError),
    ):
        client.admin.command("ping")


def test_a_certificate_of_another_authority_is_not_believed(laju: Hardened) -> None:
    for port in (laju.hub.port, laju.ports["ingest"], laju.ports["smtp"], laju.mongo_port):
        with (
            socket.create_connection(("127.0.0.1", port), timeout=WAITED_SECONDS) as line,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            trust(None).wrap_socket(line, server_hostname="127.0.0.1")


def examined(laju: Hardened, who: str = "operator", **changes: str) -> dict[str, list[str]]:
    """What the doctor finds with somebody's secrets, by state; it must end as it should, whatever is wrong."""
    urls = {f"LAJU_{name.upper()}_URL": laju.url(name) for name in ("ingest", "aggregator", "notifier")}
    environment = {**laju.services["notifier"].environment, **laju.hub.environment(who), **urls, **changes}
    environment["LAJU_NATS_MONITOR_URL"] = laju.hub.monitoring
    done = subprocess.run(
        [str(BIN / "laju"), "doctor", "--json"],
        env={"PATH": str(BIN), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.startswith("["), done.stderr
    found: dict[str, list[str]] = {"good": [], "unknown": [], "warning": [], "fault": []}
    for finding in json.loads(done.stdout):
        found[finding["state"]].append(f"{finding['about']}: {finding['what']}")
        assert finding["mend"] or finding["state"] == "good"
    return found


def test_the_doctor_looks_at_everything_with_the_secrets_of_an_operator(laju: Hardened) -> None:
    found = examined(laju)
    assert found["fault"] == found["unknown"] == []
    assert [told.partition(":")[0] for told in found["warning"]] == ["recipients"]  # nobody has the role operations
    ports = (laju.hub.port, laju.mongo_port, *laju.ports.values())
    shown = [*(f"127.0.0.1:{port}" for port in ports), str(laju.hub.folder / "hub.pem")]
    for where in shown:
        assert [told for told in found["good"] if told.startswith("certificates: ") and where in told], where


def test_what_the_secrets_of_a_service_do_not_open_is_told_and_is_no_fault(laju: Hardened) -> None:
    found = examined(laju, "notifier")
    assert found["fault"] == []
    assert [told.partition(":")[0] for told in found["unknown"]] == ["bus", "database"]


def test_the_doctor_tells_what_the_servers_do_not_take(laju: Hardened) -> None:
    found = examined(
        laju, LAJU_NATS_SEED=new_key()[0], LAJU_MONGO_URL=laju.mongo_url("operator").replace(PASSWORD, "other")
    )
    assert [told.partition(":")[0] for told in found["fault"]] == ["bus", "database"]
    assert "does not let us in" in found["fault"][0]
    assert "user or password" in found["fault"][1]
    assert "other" not in found["fault"][1]


def test_the_doctor_tells_of_settings_for_tls_that_are_wrong(laju: Hardened) -> None:
    nowhere = examined(laju, LAJU_CA="/nowhere/ca.pem", LAJU_MONGO_URL="mongodb://laju:a/b@127.0.0.1/?tls=true")
    assert {told for told in nowhere["fault"] if told.startswith("settings: ")}
    untrusted = examined(laju, LAJU_CA=certifi.where(), LAJU_INGEST_URL=laju.url("ingest").replace("https", "http"))
    refused = [told for told in untrusted["fault"] if told.startswith("certificates: ")]
    assert [told for told in refused if f":{laju.hub.port} cannot be used" in told]
    assert [told for told in refused if f":{laju.mongo_port} cannot be used" in told]
    assert [told for told in untrusted["fault"] if told.startswith("services: ingest does not answer at http:")]


def test_an_operator_rebuilds_and_verifies(laju: Hardened) -> None:
    assert "Projection 2 serves now" in laju.laju("rebuild")
    until(lambda: laju.http.get(f"{laju.url('aggregator')}/v1/progress").json()["projection"] == 2)
    assert " 0 differences" in laju.laju("verify")
    send(laju, event("baseline.reported", region="51.71", as_of="2024-06-27", activated=6_010))
    until(laju.settled, seconds=60)


def test_a_command_with_the_seed_of_a_service_says_whose_it_needs(laju: Hardened) -> None:
    done = subprocess.run(
        [str(BIN / "laju"), "streams", "update", "--dry-run"],
        env={"PATH": str(BIN), **laju.hub.environment("notifier")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "LAJU_NATS_SEED must be the operator's" in " ".join(done.stderr.split())


def test_a_connection_that_is_idle_holds_up_no_end(laju: Hardened) -> None:
    process = laju.services["ingest"]
    assert laju.http.get(f"{laju.url('ingest')}/readyz").status_code == 200  # and the client keeps its connection
    assert process.end() == 0
    assert "timeout graceful shutdown exceeded" not in process.log.read_text()
