"""The notifier on real servers: what mails go out, and that none goes out twice."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes, policy
from email.message import Message
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pymongo
import pytest
from aiosmtpd.smtp import Envelope
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from services.notifier.app import build
from services.notifier.consumer import DURABLE
from services.notifier.record import publish
from services.notifier.settings import NotifierSettings
from services.notifier.words import word
from shared import bus
from shared.events import OUTCOME_EVENT
from shared.events.outcome import Alert, AlertAcknowledged, AlertMailed, AlertRaised
from shared.service import Lifeline
from tests.integration.notifier.conftest import HEAD, RECIPIENTS, World
from tests.servers import free_port
from tests.unit.notifier.standings import TARGET, back, standing
from tests.waiting import eventually


class Running:
    """A notifier in this process, asked over its own HTTP interface."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notifier")

    async def ready(self) -> bool:
        return (await self.http.get("/readyz")).status_code == 200

    async def idle(self) -> bool:
        """Nothing left to decide on, to send or to record."""
        answer = await self.http.get("/v1/progress")
        return answer.status_code == 200 and not any(answer.json().values())

    async def mails(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.http.get("/v1/mails")).json()["mails"]
        return found

    async def states(self) -> list[str]:
        return [mail["state"] for mail in await self.mails()]

    async def metric(self, name: str, **labels: str) -> float:
        text = (await self.http.get("/metrics")).text
        samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
        return next((sample.value for sample in samples if sample.name == name and sample.labels == labels), 0.0)


@asynccontextmanager
async def notifier(settings: NotifierSettings) -> AsyncIterator[Running]:
    lifeline = Lifeline()
    app = build(settings, lifeline)
    async with app.router.lifespan_context(app):
        running = Running(app)
        await eventually(running.ready)
        yield running
        await running.http.aclose()
    assert lifeline.error is None


def read(envelope: Envelope) -> Message:
    assert isinstance(envelope.content, bytes)
    return message_from_bytes(envelope.content, policy=policy.default)


async def events(world: World) -> list[Any]:
    """What is in ALERTS, in order."""
    return [OUTCOME_EVENT.validate_json(message.data) for message in await world.alerts()]


def reasons(found: list[Any]) -> list[str]:
    """The steps among them."""
    return [event.data.reason for event in found if isinstance(event.data, Alert)]


async def test_falling_behind_mails_the_head_once(world: World) -> None:
    async with notifier(world.settings) as running:
        await world.publish(standing())
        await eventually(running.idle)
        await world.publish(standing(revision=120))
        await eventually(running.idle)

        (mail,) = await running.mails()

    (envelope,) = world.relay.mails
    received = read(envelope)
    assert envelope.rcpt_tos == [HEAD]
    assert received["Message-ID"] == mail["message_id"]
    assert "Kabupaten Serang" in received["Subject"]
    assert "262.443" in received["Subject"]
    assert received["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in received.walk()][1] == "text/plain"
    assert (mail["state"], mail["attempts"], mail["kind"], mail["region"]) == ("sent", 1, "notice", "36.04")
    assert mail["lines"] == [standing().line]
    assert mail["sent_at"] is not None
    assert HEAD not in json.dumps(mail)

    raised, mailed = await events(world)
    assert isinstance(raised, AlertRaised)
    assert (raised.data.mails, raised.data.episode) == ((mail["message_id"],), 1)
    assert raised.data.rule.startswith("first(days_behind=40")
    assert raised.data.standing == standing()
    assert isinstance(mailed, AlertMailed)
    assert (mailed.data.mail, mailed.data.outcome, mailed.data.lines) == (
        mail["message_id"],
        "sent",
        (standing().line,),
    )


async def test_back_on_the_line_mails_once_and_a_relapse_is_a_new_episode(world: World) -> None:
    async with notifier(world.settings) as running:
        for step in (
            standing(),
            standing(status="no_data", severity=None, revision=110),
            back(status="at_risk", revision=120),
            back(revision=130),
            standing(revision=140),
        ):
            await world.publish(step)
            await eventually(running.idle)
        ids = {mail["message_id"] for mail in await running.mails()}

    assert len(world.relay.mails) == len(ids) == 3
    found = await events(world)
    assert reasons(found) == ["first", "resolved", "first"]
    assert [event.data.episode for event in found if isinstance(event.data, Alert)] == [1, 1, 2]


async def test_redelivery_and_restart_mail_nothing_twice(world: World) -> None:
    async with notifier(world.settings) as running:
        await world.publish(standing())
        await eventually(running.idle)
        await world.publish(standing())  # the same standing, published again
        await world.publish(back(revision=130))
        await eventually(running.idle)
    assert len(world.relay.mails) == 2

    # As if no acknowledgement had ever arrived: everything is delivered from the beginning.
    await world.js.delete_consumer(bus.PACE, DURABLE)
    async with notifier(world.settings) as running:
        await eventually(running.idle)
        assert await running.metric("laju_notifier_standings_total", outcome="known") == 3
        assert await running.states() == ["sent", "sent"]
    assert len(world.relay.mails) == 2
    assert reasons(await events(world)) == ["first", "resolved"]


async def test_a_lost_database_is_built_anew_from_the_streams_and_mails_nothing(world: World) -> None:
    local = standing(target=TARGET.model_copy(update={"authority": "local"}))
    async with notifier(world.settings) as running:
        for step in (standing(), local, back(revision=130)):
            await world.publish(step)
            await eventually(running.idle)
        before = len(world.relay.mails)
    with pymongo.MongoClient[Any](world.mongo.url) as client:
        client.drop_database(world.settings.notifier_database)

    async with notifier(world.settings) as running:
        await eventually(running.idle)
        assert await running.mails() == []
        await world.publish(local.model_copy(update={"status": "on_pace", "severity": None, "revision": 140}))
        await eventually(running.idle)
    assert len(world.relay.mails) == before + 1
    assert reasons(await events(world)) == ["first", "first", "resolved", "resolved"]


async def test_what_is_due_at_once_goes_in_one_mail_gravest_first(world: World) -> None:
    settings = world.settings.model_copy(update={"gather_seconds": 1.0})
    lighter = standing(
        target=TARGET.model_copy(update={"authority": "local"}), gap=-5000, severity="serious", expected=96_112
    )
    async with notifier(settings) as running:
        await world.publish(lighter)
        await world.publish(standing())
        await eventually(running.idle)
        (mail,) = await running.mails()
    assert mail["lines"] == [standing().line, lighter.line]
    assert len(world.relay.mails) == 1


async def test_the_secretary_gets_a_copy_and_the_head_of_another_region_nothing(world: World) -> None:
    secretary = "sekretaris@dukcapil.serangkab.go.id"
    others = RECIPIENTS.replace("36.04", "36.03").replace("kepala@", "lain@")
    world.settings.recipients_file.write_text(RECIPIENTS + f'cc = ["{secretary}"]\n' + others)
    async with notifier(world.settings) as running:
        await world.publish(standing())
        await eventually(running.idle)
    assert sorted(envelope.rcpt_tos[0] for envelope in world.relay.mails) == sorted([HEAD, secretary])
    assert {read(envelope)["Message-ID"] for envelope in world.relay.mails} == {
        read(world.relay.mails[0])["Message-ID"]
    }


async def test_a_link_shows_and_only_its_button_acts(world: World) -> None:
    async with notifier(world.settings) as running:
        await world.publish(standing())
        await eventually(running.idle)
        text = read(world.relay.mails[0]).get_body(("plain",)).get_content()  # type: ignore[attr-defined]
        links = re.findall(r"http://[^\s]+(/v1/acts/[^\s]+)", text)
        assert len(links) == 2
        for link in links:
            shown = await running.http.get(link)
            assert shown.status_code == 200
            assert '<form method="post">' in shown.text
            assert shown.headers["Cache-Control"] == "no-store"
        assert len(await events(world)) == 2  # looking did nothing

        done = await running.http.post(links[0], data={"reason": "Jemput bola minggu depan"})
        assert (done.status_code, "Tercatat" in done.text) == (200, True)
        word = (await events(world))[-1]
        assert isinstance(word, AlertAcknowledged)
        assert (word.data.scope, word.data.by, word.data.reason) == (
            standing().line,
            "link",
            "Jemput bola minggu depan",
        )
        assert (await running.http.post(links[1], data={"reason": "NIK 3604010101990001"})).status_code == 422
        assert (await running.http.get(links[0][:-3])).status_code == 410
        assert (await running.http.post("/v1/acts/x.y")).status_code == 410
        assert len(await events(world)) == 3

        await world.publish(back(revision=120))
        await eventually(running.idle)
        before = len(await events(world))
        for link in links:
            assert "sudah berakhir" in (await running.http.get(link)).text
            assert (await running.http.post(link)).status_code == 410
        assert len(await events(world)) == before  # an old mail quiets nothing that may begin after it


async def test_a_silenced_region_is_not_told_until_the_silence_ends(world: World) -> None:
    now = datetime.now(UTC)
    silenced = word("silence", "36", until=now + timedelta(days=1), by="operator", reason="banjir", now=now)
    async with notifier(world.settings) as running:
        await publish(world.js, silenced)
        await eventually(lambda: heard(running))
        await world.publish(standing())
        await eventually(running.idle)
        assert await running.metric("laju_notifier_ended_total", stage="silence", reason="silenced") >= 1
        assert await running.mails() == []
        await publish(world.js, word("silence", "36", until=now, by="operator", reason=None, now=datetime.now(UTC)))
        await eventually(lambda: some(running))
        assert await running.states() == ["sent"]


async def heard(running: Running) -> bool:
    """The notifier has taken a word in, be it while it read ALERTS at its start or after."""
    answer = await running.http.get("/v1/regions/36/alerts")
    return answer.status_code == 200 and any(entry["kind"] == "word" for entry in answer.json()["history"])


async def some(running: Running) -> bool:
    return bool(await running.mails()) and await running.idle()


async def test_outside_working_hours_it_waits(world: World) -> None:
    now = datetime.now(ZoneInfo("Asia/Jakarta"))
    opens, closes = ((now + timedelta(hours=hours)).time() for hours in (1, 2))
    shut = (time(0), time(0, 1)) if opens >= closes else (opens, closes)  # around midnight
    settings = world.settings.model_copy(update={"mail_any_time": False, "mail_opens": shut[0], "mail_closes": shut[1]})
    async with notifier(settings) as running:
        await world.publish(standing())
        await eventually(running.idle)
        assert await running.metric("laju_notifier_ended_total", stage="schedule", reason="outside_hours") >= 1
        assert await running.mails() == []
    # What was not told is not lost: the next notifier finds it.
    async with notifier(world.settings) as running:
        await eventually(lambda: some(running))
        assert await running.states() == ["sent"]


async def test_while_the_projection_cannot_be_asked_nothing_is_told(world: World) -> None:
    settings = world.settings.model_copy(update={"aggregator_url": f"http://127.0.0.1:{free_port()}"})
    async with notifier(settings) as running:
        await world.publish(standing())
        await eventually(lambda: held(running, "projection_unknown"))
        assert await running.mails() == []
    async with notifier(world.settings) as running:
        await eventually(lambda: some(running))


async def test_standings_of_another_projection_are_not_told(world: World) -> None:
    async with notifier(world.settings) as running:
        await world.publish(standing(projection=7))
        await eventually(lambda: held(running, "projection_other"))
        assert await running.mails() == []


async def test_while_many_events_are_quarantined_nothing_is_told(world: World) -> None:
    settings = world.settings.model_copy(update={"quarantined_many": 3})
    async with notifier(settings) as running:
        await world.publish(standing(status="on_pace", severity=None))
        await eventually(running.idle)  # it has looked once
        await world.publish(standing(target=TARGET.model_copy(update={"authority": "local"})))
        await eventually(running.idle)
        for number in range(3):
            await world.js.publish(f"quarantine.events.{number}", b"{}")
        await world.publish(standing(revision=120))
        await eventually(lambda: held(running, "quarantining"))
        assert len(await running.mails()) == 1


async def held(running: Running, reason: str) -> bool:
    return await running.metric("laju_notifier_ended_total", stage="inhibit", reason=reason) >= 1


async def test_digests_and_heartbeats_come_once_a_period(world: World) -> None:
    more = """
[[recipient]]
region = "36"
role = "province"
title = "Kepala Dinas Provinsi Banten"
email = "kepala@dukcapil.bantenprov.go.id"
language = "en"

[[recipient]]
region = "ID"
role = "operations"
title = "Operasi"
email = "operasi@laju.example"
"""
    world.settings.recipients_file.write_text(RECIPIENTS + more)
    today = datetime.now(ZoneInfo("Asia/Jakarta")).weekday()
    settings = world.settings.model_copy(update={"mail_opens": time(0), "digest_weekday": today})
    async with notifier(settings) as running:
        await world.publish(standing(status="on_pace", severity=None))
        await eventually(lambda: kinds(running, {"digest": 2, "heartbeat": 1}))
        mails = await running.mails()
    async with notifier(settings) as running:
        await eventually(lambda: looked(running))
        assert {mail["id"] for mail in await running.mails()} == {mail["id"] for mail in mails}
    texts = {envelope.rcpt_tos[0]: read(envelope) for envelope in world.relay.mails}
    assert set(texts) == {HEAD, "kepala@dukcapil.bantenprov.go.id", "operasi@laju.example"}
    assert texts[HEAD]["Content-Language"] == "id"
    assert texts["kepala@dukcapil.bantenprov.go.id"]["Content-Language"] == "en"


async def kinds(running: Running, wanted: dict[str, int]) -> bool:
    found = Counter(mail["kind"] for mail in await running.mails() if mail["state"] == "sent")
    return found == wanted


async def looked(running: Running) -> bool:
    return await running.metric("laju_notifier_digest_looks_total") >= 1


async def test_a_deleted_consumer_is_created_anew(world: World) -> None:
    async with notifier(world.settings) as running:
        await world.publish(standing())
        await eventually(running.idle)
        await world.js.delete_consumer(bus.PACE, DURABLE)
        await world.publish(back())
        await eventually(running.idle)

        assert await running.states() == ["sent", "sent"]


async def test_narrower_and_wider_regions_do_not_mail(world: World) -> None:
    async with notifier(world.settings) as running:
        for region in ("36.04.05", "36", "ID"):
            await world.publish(standing(region=region))
        await eventually(running.idle)
        assert await running.mails() == []
        assert await running.metric("laju_notifier_ended_total", stage="inhibit", reason="rides") >= 1

        await world.publish(standing())
        await eventually(running.idle)
        (mail,) = await running.mails()
        assert set(mail["lines"]) == {standing().line, standing(region="36.04.05").line}


async def test_without_recipient_nothing_is_marked_as_told(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.settings.recipients_file.write_text("")
    async with notifier(world.settings) as running:
        await world.publish(standing())
        await eventually(running.idle)
        assert await running.metric("laju_notifier_ended_total", stage="group", reason="no_recipient") >= 1
        assert "36.04" in caplog.text
        assert await events(world) == []

        world.settings.recipients_file.write_text(RECIPIENTS)
        await world.publish(standing(revision=101))
        await eventually(running.idle)

        assert await running.states() == ["sent"]


async def test_an_orderly_end_finishes_the_mail_in_hand(world: World) -> None:
    world.relay.replies += ["hold"]
    async with notifier(world.settings) as running:
        await world.publish(standing())
        await asyncio.wait_for(world.relay.hanging.wait(), 20)
        # The relay answers only once the notifier is on its way out.
        asyncio.get_running_loop().call_later(0.3, world.relay.release.set)

    async with notifier(world.settings) as running:
        await eventually(running.idle)
        assert await running.states() == ["sent"]
    assert len(world.relay.mails) == 1
    assert [type(event) for event in await events(world)] == [AlertRaised, AlertMailed]


async def test_what_cannot_be_read_is_quarantined(world: World) -> None:
    async with notifier(world.settings) as running:
        await world.js.publish("pace.36.04", b'{"type": "nonsense"}')
        await world.publish(standing(target=None))  # behind, but there is no line to write about
        await world.publish(standing())
        await eventually(running.idle)

        assert await running.states() == ["sent"]
        assert await running.metric("laju_notifier_standings_total", outcome="quarantined") == 2
    info = await world.js.stream_info(bus.QUARANTINE)
    assert info.state.messages == 2
    kept = json.loads((await world.js.get_msg(bus.QUARANTINE, 1)).data or b"")
    assert (kept["stream"], kept["sequence"], kept["event"]) == ("PACE", 1, '{"type": "nonsense"}')
    assert kept["reason"].startswith("reading a standing failed")


async def test_mongodb_away_and_back(world: World) -> None:
    async with notifier(world.settings) as running:
        await world.mongo.stop()
        await world.publish(standing())
        assert not await running.ready()
        await world.mongo.start()
        await eventually(running.idle)

        assert await running.states() == ["sent"]
    assert len(world.relay.mails) == 1


async def test_nats_away_and_back(world: World) -> None:
    async with notifier(world.settings) as running:
        await world.nats.stop()
        assert not await running.ready()
        await world.nats.start()
        await eventually(running.ready)
        await world.publish(standing())
        await eventually(running.idle)

        assert await running.states() == ["sent"]


@asynccontextmanager
async def process(settings: NotifierSettings, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The notifier as it is deployed: a process with its settings in the environment."""
    environment = os.environ | {
        "LAJU_DATA": str(settings.data),
        "LAJU_NATS_URL": settings.nats_url,
        "LAJU_MONGO_URL": settings.mongo_url,
        "LAJU_NOTIFIER_PORT": str(settings.notifier_port),
        "LAJU_SMTP_URL": settings.smtp_url.get_secret_value(),
        "LAJU_MAIL_FROM": settings.mail_from,
        "LAJU_AGGREGATOR_URL": settings.aggregator_url,
        "LAJU_MAIL_ANY_TIME": "true",
        "LAJU_DIGEST_WEEKDAY": str(settings.digest_weekday),
        "LAJU_GATHER_SECONDS": "0",
    }
    with log.open("ab") as output:
        started = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.cli", "notifier", env=environment, stdout=output, stderr=output
        )
        try:
            yield started
        finally:
            if started.returncode is None:
                started.kill()
                await started.wait()


async def answered(url: str, status: int) -> bool:
    async with httpx.AsyncClient() as http:
        try:
            return (await http.get(url)).status_code == status
        except httpx.TransportError:
            return False


async def test_the_process_waits_for_its_servers_and_ends_cleanly(world: World, tmp_path: Path) -> None:
    await world.nats.stop()
    await world.mongo.stop()
    base = f"http://127.0.0.1:{world.settings.notifier_port}"
    async with process(world.settings, tmp_path / "log") as running:
        await eventually(lambda: answered(f"{base}/healthz", 200))
        assert await answered(f"{base}/readyz", 503)
        assert await answered(f"{base}/v1/progress", 503)
        await world.nats.start()
        await world.mongo.start()
        await eventually(lambda: answered(f"{base}/readyz", 200))

        running.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(running.wait(), 10) == 0
    for line in (tmp_path / "log").read_text().splitlines():
        json.loads(line)


async def test_the_process_ends_before_its_servers_came(world: World, tmp_path: Path) -> None:
    await world.nats.stop()
    async with process(world.settings, tmp_path / "log") as running:
        await eventually(lambda: answered(f"http://127.0.0.1:{world.settings.notifier_port}/healthz", 200))

        running.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(running.wait(), 10) == 0


async def test_a_lost_event_store_ends_the_process(world: World, tmp_path: Path) -> None:
    base = f"http://127.0.0.1:{world.settings.notifier_port}"
    async with process(world.settings, tmp_path / "log") as running:
        await eventually(lambda: answered(f"{base}/readyz", 200))
        await world.js.delete_stream(bus.EVENTS)

        assert await asyncio.wait_for(running.wait(), 15) == 1
    assert "EVENTS was deleted" in (tmp_path / "log").read_text()


async def test_killed_while_sending_is_uncertain(world: World, tmp_path: Path) -> None:
    world.relay.replies += ["hang"]
    await world.publish(standing())
    async with process(world.settings, tmp_path / "log") as running:
        await asyncio.wait_for(world.relay.hanging.wait(), 20)
        running.kill()
        await running.wait()

    async with notifier(world.settings) as again:
        await eventually(again.idle)
        assert await again.states() == ["uncertain"]
    assert world.relay.mails == []


async def test_a_wrong_recipients_file_ends_the_process(world: World, tmp_path: Path) -> None:
    world.settings.recipients_file.write_text(RECIPIENTS.replace("36.04", "36.99"))
    async with process(world.settings, tmp_path / "log") as running:
        assert await asyncio.wait_for(running.wait(), 20) == 1
    assert "recipient 1: region" in (tmp_path / "log").read_text()
