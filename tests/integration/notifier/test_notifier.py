"""The notifier on real servers: what mails go out, and that none goes out twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import Message
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.smtp import Envelope
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from services.notifier.app import build
from services.notifier.consumer import DURABLE
from services.notifier.settings import NotifierSettings
from shared import bus
from shared.events import OUTCOME_EVENT, AlertRaised, AlertResolved
from shared.service import Lifeline
from tests.integration.notifier.conftest import HEAD, RECIPIENTS, World
from tests.unit.notifier.standings import back, standing
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
    assert received["Subject"] == "[Laju] Kabupaten Serang: IKD 262.443 di bawah garis target per 27 Juni 2024"
    assert received["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in received.walk()][1:] == ["text/plain", "text/html"]
    assert (mail["state"], mail["attempts"], mail["reason"], mail["region"]) == ("sent", 1, "first", "36.04")
    assert mail["sent_at"] is not None
    assert HEAD not in json.dumps(mail)

    (alert,) = [OUTCOME_EVENT.validate_json(message.data) for message in await world.alerts()]
    assert isinstance(alert, AlertRaised)
    assert (alert.data.mail, alert.data.outcome, alert.data.episode) == (mail["message_id"], "sent", 1)
    assert alert.data.standing == standing()


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

    subjects = [read(envelope)["Subject"] for envelope in world.relay.mails]
    assert ["kembali ke garis" in subject for subject in subjects] == [False, True, False]
    assert len(ids) == 3
    alerts = [OUTCOME_EVENT.validate_json(message.data) for message in await world.alerts()]
    assert [type(alert) for alert in alerts] == [AlertRaised, AlertResolved, AlertRaised]
    assert [alert.data.episode for alert in alerts if isinstance(alert, AlertRaised)] == [1, 2]


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
        assert await running.metric("laju_notifier_standings_total", outcome="ended") == 3
        assert await running.states() == ["sent", "sent"]
    assert len(world.relay.mails) == 2
    assert len(await world.alerts()) == 2


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
        assert await running.metric("laju_notifier_ended_total", stage="inhibit", reason="not_kabkota") == 3


async def test_without_recipient_nothing_is_marked_as_told(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.settings.recipients_file.write_text("")
    async with notifier(world.settings) as running:
        await world.publish(standing())
        await eventually(running.idle)
        assert await running.metric("laju_notifier_ended_total", stage="address", reason="no_recipient") == 1
        assert "region 36.04" in caplog.text

        world.settings.recipients_file.write_text(RECIPIENTS)
        await world.publish(standing(revision=101))
        await eventually(running.idle)

        assert await running.states() == ["sent"]


@pytest.mark.parametrize("at", ["rcpt", "data"])
async def test_refused_for_now_is_tried_again(world: World, at: str) -> None:
    replies = world.relay.rcpt_replies if at == "rcpt" else world.relay.replies
    replies += ["451 4.7.1 greylisted", "451 4.7.1 greylisted"]
    async with notifier(world.settings) as running:
        await world.publish(standing())
        await eventually(running.idle)
        (mail,) = await running.mails()

        assert (mail["state"], mail["attempts"]) == ("sent", 3)
        assert await running.metric("laju_notifier_mails_total", outcome="retry") == 2
    assert len(world.relay.mails) == 1


async def test_refused_for_good_is_final(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.relay.rcpt_replies += [f"550 5.1.1 <{HEAD}> unknown"]
    async with notifier(world.settings) as running:
        await world.publish(standing())
        await eventually(running.idle)
        (mail,) = await running.mails()
        metrics = (await running.http.get("/metrics")).text

    assert (mail["state"], mail["attempts"], mail["sent_at"]) == ("failed", 1, None)
    assert world.relay.mails == []
    (alert,) = [OUTCOME_EVENT.validate_json(message.data) for message in await world.alerts()]
    assert isinstance(alert, AlertRaised)
    assert alert.data.outcome == "failed"
    assert "550" in caplog.text
    for shown in (caplog.text, json.dumps(mail, default=str), metrics, alert.model_dump_json()):
        assert HEAD not in shown


async def test_given_up_after_too_long(world: World) -> None:
    world.relay.replies += ["451 4.3.0 later"] * 100
    settings = world.settings.model_copy(update={"give_up_days": 0.5 / 86_400})
    async with notifier(settings) as running:
        await world.publish(standing())
        await eventually(running.idle)

        assert await running.states() == ["failed"]


async def test_connection_lost_after_data_is_uncertain_and_not_sent_again(world: World) -> None:
    world.relay.replies += ["drop"]
    async with notifier(world.settings) as running:
        await world.publish(standing())
        await eventually(running.idle)
        assert await running.states() == ["uncertain"]
        assert await running.metric("laju_notifier_mails_total", outcome="uncertain") == 1

    async with notifier(world.settings) as running:
        await eventually(running.idle)
        assert await running.states() == ["uncertain"]
    assert world.relay.mails == []
    (alert,) = [OUTCOME_EVENT.validate_json(message.data) for message in await world.alerts()]
    assert isinstance(alert, AlertRaised)
    assert alert.data.outcome == "uncertain"


async def test_ended_after_data_is_uncertain_at_the_next_start(world: World) -> None:
    world.relay.replies += ["hang"]
    async with notifier(world.settings.model_copy(update={"shutdown_seconds": 1})) as running:
        await world.publish(standing())
        await asyncio.wait_for(world.relay.hanging.wait(), 20)
        assert await running.states() == ["sending"]

    async with notifier(world.settings) as running:
        await eventually(running.idle)
        (mail,) = await running.mails()
        assert (mail["state"], mail["attempts"]) == ("uncertain", 1)
        assert await running.metric("laju_notifier_mails_total", outcome="uncertain") == 1
    assert world.relay.mails == []


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
    assert len(await world.alerts()) == 1


async def test_relay_away_and_back(world: World) -> None:
    await world.relay.stop()
    async with notifier(world.settings) as running:
        await world.publish(standing())

        async def tried() -> bool:
            return await running.metric("laju_notifier_mails_total", outcome="retry") >= 2

        await eventually(tried)
        assert (await running.http.get("/v1/progress")).json() == {"pending_standings": 0, "outbox_pending": 1}
        await world.relay.start()
        await eventually(running.idle)

        assert await running.states() == ["sent"]
    assert len(world.relay.mails) == 1


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
