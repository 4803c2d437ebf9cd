"""Districts with a server of their own, joined to a hub over a line that is cut: real servers, as the commands and
``deploy/nats`` set them up."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
from typing import Any

import nats
import pytest
from nats.errors import Error as NatsError

from services.cli.bus.nkey import new_key
from services.cli.districts.configuration import seed_conf
from services.cli.districts.hub import stream_of
from shared.bus import EVENTS, INTAKE, REJECTED, intake_subject, rejected_subject
from shared.trust import trust
from tests.districts import (
    BADUNG,
    DENPASAR,
    Leaf,
    World,
    connected,
    numbered,
    reached,
    restarted,
    returned,
    world,
)
from tests.servers import get
from tests.waiting import eventually

__all__ = ["world"]  # the fixture
# They wait for the server's own times, which cannot be set.
SLOW = pytest.mark.skipif("LAJU_TEST_SLOW" not in os.environ, reason="takes a minute: set LAJU_TEST_SLOW")


async def test_what_is_sent_while_the_line_is_cut_comes_over_once_and_in_order(world: World) -> None:
    (leaf,) = await world.join(DENPASAR)
    before, during, after = (numbered(when, 20) for when in ("before", "during", "after"))
    await leaf.emit(before)
    await arrived(world, before)

    leaf.line.cut()
    await leaf.emit(during)
    await world.refuse(DENPASAR, numbered("refusal", 5))
    assert await world.copied() == before
    assert await returned(leaf) == []

    leaf.line.mend()
    await arrived(world, before + during)
    await leaf.emit(after)
    await arrived(world, before + during + after)
    await told(leaf, numbered("refusal", 5))


@SLOW
async def test_servers_that_end_while_the_line_is_cut_lose_nothing_and_repeat_nothing(world: World) -> None:
    (leaf,) = await world.join(DENPASAR)
    sent = numbered("event", 60)
    await leaf.emit(sent[:20])
    await arrived(world, sent[:20])

    leaf.line.cut()
    await leaf.emit(sent[20:30])
    await restarted(leaf.process, leaf.url, signal.SIGKILL)
    await leaf.emit(sent[30:40])
    await world.refuse(DENPASAR, ["before the restart"])
    await world.hub_restarted(signal.SIGKILL)
    await world.refuse(DENPASAR, ["after the restart"])

    leaf.line.mend()
    await leaf.emit(sent[40:])
    # The hub asked for it in vain when it started, and does so again after 40 seconds.
    await arrived(world, sent, seconds=90)
    await told(leaf, ["before the restart", "after the restart"], seconds=90)


async def test_each_district_gets_its_own_refusals_only_and_ids_of_one_do_not_hide_those_of_another(
    world: World,
) -> None:
    denpasar, badung = await world.join(DENPASAR, BADUNG)
    await denpasar.emit(["of Denpasar"], Nats_Msg_Id="17")
    await arrived(world, ["of Denpasar"])
    await badung.emit(["of Badung"], Nats_Msg_Id="17")
    await arrived(world, ["of Badung"], BADUNG)

    for code, text in ((BADUNG, "to Badung"), (DENPASAR, "to Denpasar")):
        await world.refuse(code, [text])
    await told(denpasar, ["to Denpasar"])
    await told(badung, ["to Badung"])


async def test_only_its_own_subject_arrives_whatever_a_district_puts_into_its_stream(world: World) -> None:
    denpasar, badung = await world.join(DENPASAR, BADUNG)
    async with connected(denpasar.url) as client:
        js = client.jetstream()
        config = (await js.stream_info(INTAKE)).config
        await js.update_stream(config.evolve(subjects=["intake.>", "events.*", "rejected.>", "carried.*"]))
    for subject in (intake_subject(BADUNG), "intake.51.71.01", "intake.51", "events.0", rejected_subject(BADUNG)):
        await denpasar.emit(["forged"], subject)
    # Its own comes behind those in the same stream.
    await denpasar.emit(["own"])
    await arrived(world, ["own"])
    assert await world.held(INTAKE) == [(intake_subject(DENPASAR), "own")]
    assert await world.held(EVENTS) == []
    assert await world.held(REJECTED) == []
    await badung.emit(["of Badung"])
    await arrived(world, ["of Badung"], BADUNG)


async def test_a_district_cannot_make_the_hub_act_for_it(world: World) -> None:
    """A server that copies answers flow control on whatever subject the other side names: here, nothing but what the
    district itself sent is within its reach."""
    denpasar, badung = await world.join(DENPASAR, BADUNG)
    await denpasar.emit(["first"])
    await arrived(world, ["first"])
    streams = await world.streams()
    found = await asyncio.to_thread(get, f"{denpasar.monitoring}/leafz?subs=1")
    (handed_to,) = (name for name in found["leafs"][0]["subscriptions_list"] if name.startswith("carried."))

    async def said(target: str) -> None:
        stalled = f"NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 1\r\nNats-Consumer-Stalled: {target}\r\n\r\n"
        request = b"NATS/1.0 100 FlowControl Request\r\n\r\n"
        await denpasar.say(raw(handed_to, stalled.encode()), raw(handed_to, request, reply=target))

    async def gone() -> bool:
        return await world.on_hub(lambda client: stream_of(client, denpasar.link, REJECTED)) is None

    # The hub does as it is told, in the district's account. A server that does not any more needs none of this.
    await said(f"$JS.API.STREAM.DELETE.{REJECTED}")
    await eventually(gone)
    for target in (f"$JS.API.STREAM.DELETE.{EVENTS}", "events.0", "$JS.API.STREAM.DELETE.INTAKE-5103"):
        await said(target)
    await denpasar.emit(["second"])
    await arrived(world, ["first", "second"])
    assert await world.streams() == streams
    assert await world.held(EVENTS) == []
    await badung.emit(["of Badung"])
    await arrived(world, ["of Badung"], BADUNG)


async def test_a_district_chooses_no_subject_outside_its_account_for_its_refusals(world: World) -> None:
    """Whoever reads a stream may say on which subject it is handed over."""
    denpasar, badung = await world.join(DENPASAR, BADUNG)
    for subject in ("events.0", "intake.51.03", "rejected.51.03", "returned.51.03.x", "gathered.51.71.x"):
        wanted = {"stream_name": REJECTED, "config": {"deliver_subject": subject, "ack_policy": "none"}}
        answer = await denpasar.ask(f"$JS.hub.API.CONSUMER.CREATE.{REJECTED}", json.dumps(wanted).encode())
        assert answer is not None
        assert "error" not in json.loads(answer)
    await world.refuse(DENPASAR, ["to Denpasar"])
    await told(denpasar, ["to Denpasar"])
    await world.refuse(BADUNG, ["to Badung"])
    await told(badung, ["to Badung"])
    assert await world.held(EVENTS) == []
    assert await world.held(INTAKE) == []
    assert await world.held(REJECTED) == [
        (rejected_subject(DENPASAR), "to Denpasar"),
        (rejected_subject(BADUNG), "to Badung"),
    ]


async def test_a_message_past_its_stream_goes_nowhere(world: World) -> None:
    denpasar, badung = await world.join(DENPASAR, BADUNG)
    subjects = ["intake.51.03", "events.0", "rejected.51.03", "rejected.51.71", "pace.51.71"]
    subjects += [f"{way}.{code}.x" for way in ("carried", "gathered", "returned") for code in (DENPASAR, BADUNG)]
    await denpasar.say(*(raw(subject, b"NATS/1.0\r\n\r\n", b"forged") for subject in subjects))
    await denpasar.emit(["own"])
    await arrived(world, ["own"])
    assert await world.held(INTAKE) == [(intake_subject(DENPASAR), "own")]
    for stream in (EVENTS, REJECTED, "PACE"):
        assert await world.held(stream) == []
    assert await returned(denpasar) == []
    assert await returned(badung) == []


async def test_no_request_of_a_district_is_answered_but_for_its_own_refusals(world: World) -> None:
    leaf, _ = await world.join(DENPASAR, BADUNG)
    assert await leaf.ask(f"$JS.hub.API.CONSUMER.CREATE.{REJECTED}") is not None
    for subject in (
        "$JS.hub.API.CONSUMER.CREATE.INTAKE-5171",
        "$JS.hub.API.CONSUMER.CREATE.EVENTS",
        "$JS.hub.API.CONSUMER.CREATE.REJECTED.mine.rejected.51.03",
        "$JS.hub.API.STREAM.DELETE.REJECTED",
        "$JS.hub.API.STREAM.INFO.EVENTS",
        "$JS.hub.API.STREAM.LIST",
        "$JS.hub.API.STREAM.MSG.GET.REJECTED",
        "district.5103.API.STREAM.INFO.REJECTED",
        "district.5171.API.STREAM.INFO.REJECTED",
        "$JS.d5103.API.STREAM.INFO.INTAKE",
    ):
        assert await leaf.ask(subject) is None, subject


async def test_a_district_hears_nothing_of_another(world: World) -> None:
    denpasar, badung = await world.join(DENPASAR, BADUNG)
    async with connected(denpasar.url) as client:
        listening = [await client.subscribe(subject) for subject in ("*.51.03", "*.51.03.>", "events.*")]
        await client.flush()
        await badung.emit(["of Badung"])
        await arrived(world, ["of Badung"], BADUNG)
        await world.refuse(BADUNG, ["to Badung"])
        await told(badung, ["to Badung"])
        await world.refuse(DENPASAR, ["to Denpasar"])
        await told(denpasar, ["to Denpasar"])
        assert [subscription.pending_msgs for subscription in listening] == [0, 0, 0]
    assert await returned(denpasar) == ["to Denpasar"]


async def test_a_key_opens_the_leaf_port_of_its_district_only_and_an_unknown_key_nothing(world: World) -> None:
    (leaf,) = await world.join(DENPASAR)
    seed_file = world.folder / DENPASAR / "leaf.seed"
    with pytest.raises(NatsError, match="Authorization Violation"):
        await nats.connect(
            world.url,
            nkeys_seed_str=seed_file.read_text().split()[1],
            tls=trust(world.server.authority),
            tls_handshake_first=True,
            allow_reconnect=False,
            error_cb=unheard,
        )
    seed_file.write_text(seed_conf(new_key()[0]))
    await restarted(leaf.process, leaf.url)

    async def refused() -> bool:
        return "Authorization Violation" in leaf.process.tail()

    await eventually(refused)
    await leaf.emit(["of a stranger"])
    assert await world.copied() == []


async def test_connect_says_what_it_changed_and_changes_nothing_when_repeated(world: World) -> None:
    (leaf,) = await world.join(DENPASAR)
    assert await world.connect() == "districts that INTAKE copies: 1\n"
    await leaf.emit(["first"])
    await arrived(world, ["first"])

    assert await world.laju("prepare", DENPASAR, "--nats-url", leaf.url) == (
        "the server of 51.71 Kota Denpasar has all it needs\n"
    )
    wrong = await asyncio.to_thread(world.invoke, "prepare", BADUNG, "--nats-url", leaf.url)
    assert wrong.exit_code == 1
    assert "a stream INTAKE that is not the one of 51.03 Kabupaten Badung" in wrong.output

    roster = world.roster.read_text()
    world.roster.write_text("")
    assert await world.connect() == "removed 51.71\ndistricts that INTAKE copies: 0\n"
    await leaf.emit(["unheard"])
    assert await world.copied() == ["first"]
    world.roster.write_text(roster)
    assert await world.connect() == "added 51.71 Kota Denpasar\ndistricts that INTAKE copies: 1\n"
    await arrived(world, ["first", "unheard"])


async def test_a_district_without_an_account_is_told(world: World) -> None:
    await world.join()
    await world.laju("new", DENPASAR, "--hub", "tls://hub.example:7422", "--out", world.folder / DENPASAR)
    world.roster.write_text(world.printed)
    result = await asyncio.to_thread(world.invoke, "connect", world.roster, "--nats-url", world.url)
    assert result.exit_code == 1
    assert "the hub has no account D5171 for 51.71 Kota Denpasar. Write its accounts" in result.output


async def test_a_hub_that_lost_everything_gets_again_what_its_districts_still_have(world: World) -> None:
    (leaf,) = await world.join(DENPASAR)
    await leaf.emit(numbered("event", 5))
    await arrived(world, numbered("event", 5))
    await asyncio.to_thread(world.hub.end)
    shutil.rmtree(world.folder / "hub")
    await world.start()
    await world.lines_are_up(1)
    assert await world.copied() == []
    assert await world.connect() == "added 51.71 Kota Denpasar\ndistricts that INTAKE copies: 1\n"
    await leaf.emit(["next"])
    await arrived(world, [*numbered("event", 5), "next"])


@SLOW
async def test_a_district_that_lost_everything_goes_on(world: World) -> None:
    (leaf,) = await world.join(DENPASAR)
    await leaf.emit(numbered("event", 5))
    await arrived(world, numbered("event", 5))
    await asyncio.to_thread(leaf.process.end)
    shutil.rmtree(world.folder / DENPASAR / "store")
    leaf.process.start()
    await reached(leaf.url)
    assert await world.laju("prepare", DENPASAR, "--nats-url", leaf.url) == "created INTAKE and REJECTED\n"
    await leaf.emit(["next"])
    await arrived(world, [*numbered("event", 5), "next"], seconds=90)


async def test_the_status_tells_lines_that_are_up_from_those_that_are_not(world: World) -> None:
    await world.join(DENPASAR)

    async def status() -> Any:
        return json.loads(await world.laju("status", world.roster, "--json", "--nats-url", world.url))

    async def up() -> bool:
        (link,) = await status()
        return bool(link["connected"])

    await eventually(up)
    (link,) = await status()
    assert {"district": DENPASAR, "name": "Kota Denpasar", "behind": 0}.items() <= link.items()
    table = await world.laju("status", world.roster, "--nats-url", world.url)
    assert re.search(r"51\.71 [^│]*│ up ", table)

    with world.roster.open("a") as roster:
        roster.write(f'[districts."{BADUNG}"]\nnkey = "{new_key()[1]}"\n')
    unknown = await asyncio.to_thread(world.invoke, "status", world.roster, "--nats-url", world.url)
    assert unknown.exit_code == 1
    assert "the hub has no account D5103 for 51.03 Kabupaten Badung" in unknown.output


def raw(subject: str, header: bytes, body: bytes = b"", reply: str = "") -> bytes:
    """A message as the protocol has it, with any header and reply."""
    told = f"HPUB {subject} {reply + ' ' if reply else ''}{len(header)} {len(header) + len(body)}\r\n"
    return told.encode() + header + body + b"\r\n"


async def arrived(world: World, texts: list[str], code: str = DENPASAR, *, seconds: float = 20) -> None:
    """Return once INTAKE holds exactly these of a district, in order."""

    async def there() -> bool:
        copied = await world.copied(code)
        assert copied == texts[: len(copied)]
        return len(copied) == len(texts)

    await eventually(there, seconds=seconds)


async def told(leaf: Leaf, texts: list[str], *, seconds: float = 20) -> None:
    """Return once the district's own REJECTED holds exactly these, in order."""

    async def there() -> bool:
        return await returned(leaf) == texts

    await eventually(there, seconds=seconds)


async def unheard(_: Exception) -> None:
    """The client would print it."""
