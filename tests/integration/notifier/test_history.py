"""What a region's page asks the notifier, on real servers: the history of alerts, the mails, the letters as sent."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

import httpx
import pymongo
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from services.notifier.alert import AlertState
from services.notifier.app import build
from services.notifier.contents import Reason
from services.notifier.lines import Line
from services.notifier.record import publish
from services.notifier.steps import step
from services.notifier.words import word
from shared.errors import InvalidError
from shared.passes import Keys
from shared.service import Lifeline
from tests.integration.notifier.conftest import HEAD, RECIPIENTS, World
from tests.integration.notifier.test_notifier import Running, held, notifier, read, some
from tests.servers import free_port, service
from tests.unit.notifier.standings import back, standing
from tests.waiting import eventually

CILEGON, DENPASAR = "kepala@dukcapil.cilegon.go.id", "kepala@dukcapil.denpasarkota.go.id"
PROVINCE = "kepala@dukcapil.bantenprov.go.id"
KEY = b"1" * 32


def recipient(region: str, email: str, role: str = "head") -> str:
    return f'[[recipient]]\nregion = "{region}"\nrole = "{role}"\ntitle = "Kepala {region}"\nemail = "{email}"\n'


async def alerts(running: Running, region: str, **query: int) -> dict[str, Any]:
    """What a region's page is told, once the notifier has read what was told before it started: until then it says
    503, see ``test_before_alerts_was_read_nothing_is_said_to_be_nothing``."""

    async def answered() -> dict[str, Any] | None:
        answer = await running.http.get(f"/v1/regions/{region}/alerts", params=query)
        if answer.status_code == 503:
            return None
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    found = await eventually(answered)
    assert found is not None
    return found


async def told(running: Running, region: str, count: int) -> list[dict[str, Any]]:
    """The history of a region, once it has so many entries and every mail in it has an outcome."""

    async def whole() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await alerts(running, region))["history"]
        ready = all(mail["outcomes"] for entry in found for mail in entry.get("mails", ()))
        return found if ready and len(found) == count else []

    return await eventually(whole)


def tokens(world: World) -> Iterator[str]:
    """All tokens in the mails that went out."""
    for envelope in world.relay.mails:
        for kind in ("plain", "html"):
            content = read(envelope).get_body((kind,)).get_content()  # type: ignore[attr-defined]
            yield from re.findall(r"""/v1/acts/([^\s"'<>]+)""", content)


async def test_an_alert_from_its_first_mail_to_its_end(world: World) -> None:
    line = standing().line
    async with notifier(world.settings) as running:
        await world.publish(standing())
        await eventually(running.idle)
        (raised,) = await told(running, "36.04", 1)
        (first,) = await running.mails()
        assert (raised["kind"], raised["type"], raised["reason"]) == ("step", "alert.raised.v1", "first")
        assert (raised["line"], raised["name"], raised["episode"]) == (line, "Kabupaten Serang", 1)
        assert raised["rule"].startswith("first(days_behind=40")
        assert raised["standing"]["gap"] == -262_443
        assert raised["mails"] == [{"message_id": first["message_id"], "outcomes": {"sent": 1}}]

        (alert,) = (await alerts(running, "36.04"))["open"]
        assert (alert["line"], alert["about"], alert["gravest"]) == (line, "behind", "critical")
        assert (alert["since"], alert["told_at"], alert["escalated"]) == (raised["decided_at"], raised["decided_at"], 0)
        assert (alert["acknowledged_until"], alert["silenced_until"]) == (None, None)

        link = f"/v1/acts/{next(tokens(world))}"
        assert (await running.http.post(link, data={"reason": "Jemput bola minggu depan"})).status_code == 200
        said, _ = await told(running, "36.04", 2)
        assert (said["kind"], said["act"], said["scope"], said["by"]) == ("word", "acknowledge", line, "link")
        assert (said["reason"], said["episode"]) == ("Jemput bola minggu depan", 1)
        (alert,) = (await alerts(running, "36.04"))["open"]
        assert alert["acknowledged_until"] == said["until"]

        await world.publish(back(revision=130))
        await eventually(running.idle)
        history = await told(running, "36.04", 3)
        assert [entry["type"] for entry in history] == [
            "alert.resolved.v1",
            "alert.acknowledged.v1",
            "alert.raised.v1",
        ]
        assert [entry["sequence"] for entry in history] == sorted((one["sequence"] for one in history), reverse=True)
        before = await alerts(running, "36.04")
        assert before["open"] == []
        assert before["more"] is False
        newest = await alerts(running, "36.04", limit=1)
        assert (newest["history"], newest["more"]) == (history[:1], True)
        assert HEAD not in json.dumps(before)

    async with notifier(world.settings) as again:
        assert await alerts(again, "36.04") == before
        assert await alerts(again, "ID") == {**before, "region": "ID", "name": "Indonesia"}


async def test_a_letter_as_it_was_sent_lets_nobody_act(world: World) -> None:
    secretary = "sekretaris@dukcapil.serangkab.go.id"
    world.settings.recipients_file.write_text(
        RECIPIENTS.replace('Serang"', f'Serang <{HEAD}>"') + f'cc = ["{secretary}"]\n'
    )
    async with notifier(world.settings) as running:
        await world.publish(standing())
        await eventually(running.idle)
        mails = await running.mails()
        known = set(tokens(world))
        assert (len(mails), len(known)) == (2, 2)

        shown = []
        for name in (mails[0]["id"], mails[1]["id"], mails[0]["message_id"]):
            assert name.startswith("<")
            for path in (quote(name), quote(name, safe="")):  # the slash as it is, and encoded
                page = await running.http.get(f"/v1/mails/{path}/letter")
                text = await running.http.get(f"/v1/mails/{path}/letter", params={"form": "text"})
                assert (page.status_code, text.status_code) == (200, 200)
                shown += [page, text]

    pages, texts = shown[::2], shown[1::2]
    assert {answer.text for answer in pages} == {pages[0].text}  # the copies are the same letter
    assert {answer.text for answer in texts} == {texts[0].text}
    for answer in (pages[0], texts[0]):
        assert "Yth. Kepala Disdukcapil Kabupaten Serang" in answer.text
        assert "262.443" in answer.text
        assert mails[0]["message_id"].strip("<>") in answer.text
        for secret in (HEAD, secretary, "/v1/acts", *known, *(part for token in known for part in token.split("."))):
            assert secret not in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Content-Language"] == "id"
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline';")
        assert "frame-ancestors 'none'" in policy
    assert pages[0].headers["Content-Type"] == "text/html; charset=utf-8"
    assert texts[0].headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "cid:" not in pages[0].text
    assert not re.search(r'src="(?!data:)', pages[0].text)


async def test_the_pass_in_a_link_to_a_page_is_in_the_mail_and_nowhere_else(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, "pymongo")  # as in the service, whatever its level
    world.settings.recipients_file.write_text(RECIPIENTS + recipient("36", PROVINCE, "province"))
    today = datetime.now(ZoneInfo("Asia/Jakarta")).weekday()
    settings = world.settings.model_copy(
        update={"access": "link", "pages_key": SecretStr(KEY.hex()), "digest_weekday": today, "mail_opens": time(0)}
    )

    async def sent() -> bool:
        return len(world.relay.mails) == 3 and await running.idle()

    async with notifier(settings) as running:
        await world.publish(standing())
        await eventually(sent)
        mails = await running.mails()
        told = [
            (await running.http.get(path)).text
            for mail in mails
            for path in (
                f"/v1/mails/{quote(mail['id'])}/letter",
                f"/v1/mails/{quote(mail['id'])}/letter?form=text",
            )
        ]
        letters = "".join(told)
        told += [(await running.http.get(path)).text for path in ("/v1/mails", "/v1/regions/ID/alerts", "/metrics")]

    found = set()
    for envelope in world.relay.mails:
        for kind in ("plain", "html"):
            content = read(envelope).get_body((kind,)).get_content()  # type: ignore[attr-defined]
            (token, following), *others = re.findall(r"""/access/link/([\w.-]+)\?next=([^\s"'<>]+)""", content)
            assert not others
            found.add((token, unquote(following)))
    passes = {(Keys((KEY,)).read("link", token, datetime.now(UTC)), following) for token, following in found}
    # The notice of the region and its digest, and the digest of the province.
    assert {(one.regions, following) for one, following in passes} == {
        (("36.04",), "/regions/36.04?on=2024-06-27"), (("36.04",), "/regions/36.04"), (("36",), "/regions/36"),
    }  # fmt: skip
    ends = datetime.now(UTC) + timedelta(days=30)
    assert all(ends - timedelta(minutes=5) < one.expires <= ends for one, _ in passes)

    events = [message.data.decode() for message in await world.alerts()]
    assert f"{settings.aggregator_url}/regions/36.04?on=2024-06-27" in letters
    for token, _ in found:
        _, content, signature = token.split(".")
        for told_or_logged in (*told, *events, caplog.text):
            assert content not in told_or_logged
            assert signature not in told_or_logged


async def test_without_the_key_of_the_pages_the_notifier_does_not_start(world: World) -> None:
    settings = world.settings.model_copy(update={"access": "link"})
    with pytest.raises(InvalidError, match="LAJU_PAGES_KEY must be that of the aggregator"):
        build(settings, Lifeline())
    assert not (settings.data / "pages.key").exists()


async def test_with_another_key_than_the_aggregators_nobody_is_mailed_a_link_that_opens_nothing(
    world: World, tmp_path: Path
) -> None:
    port = free_port()
    environment = {
        "LAJU_DATA": str(tmp_path / "asked"),
        "LAJU_NATS_URL": world.settings.nats_url,
        "LAJU_MONGO_URL": world.settings.mongo_url,
        "LAJU_AGGREGATOR_PORT": str(port),
        "LAJU_ACCESS": "link",
        "LAJU_PAGES_KEY": KEY.hex(),
    }
    settings = world.settings.model_copy(
        update={
            "aggregator_url": f"http://127.0.0.1:{port}",
            "access": "link",
            "pages_key": SecretStr((b"2" * 32).hex()),
        }
    )
    stack = ExitStack()
    await asyncio.to_thread(stack.enter_context, service("aggregator", port, tmp_path / "asked", environment))
    try:
        async with notifier(settings) as running:
            await world.publish(standing())
            await eventually(lambda: held(running, "projection_unknown"))
            assert await running.mails() == []
        right = settings.model_copy(update={"pages_key": SecretStr(KEY.hex())})
        async with notifier(right) as running:
            await eventually(lambda: some(running))
    finally:
        await asyncio.to_thread(stack.close)


async def test_a_province_sees_its_regions_and_no_others(world: World) -> None:
    world.settings.recipients_file.write_text(RECIPIENTS + recipient("36.72", CILEGON) + recipient("51.71", DENPASAR))
    lighter = standing(severity="warning", gap=-30_000, expected=121_112)
    async with notifier(world.settings) as running:
        for one in (lighter, standing(region="36.72", name="Kota Cilegon"), standing(region="51.71")):
            await world.publish(one)
            await eventually(running.idle)
        now = datetime.now(UTC)
        silence = word("silence", "36", until=now + timedelta(days=1), by="operator", reason="Banjir", now=now)
        await publish(world.js, silence)

        province = await told(running, "36", 3)
        assert [entry.get("region", entry.get("scope")) for entry in province] == ["36", "36.72", "36.04"]
        assert [entry["kind"] for entry in await told(running, "36.72", 2)] == ["word", "step"]
        assert [entry["region"] for entry in await told(running, "51", 1)] == ["51.71"]
        assert len(await told(running, "ID", 4)) == 4
        assert (await alerts(running, "36.04.05"))["history"] == province[:1]
        assert (await alerts(running, "73"))["history"] == []

        gravest = [alert["region"] for alert in (await alerts(running, "36"))["open"]]
        assert gravest == ["36.72", "36.04"]
        assert all(alert["silenced_until"] for alert in (await alerts(running, "36"))["open"])
        assert (await alerts(running, "51"))["open"][0]["silenced_until"] is None

        async def regions(**query: str) -> list[str]:
            found = (await running.http.get("/v1/mails", params=query)).json()["mails"]
            return [mail["region"] for mail in found]

        assert await regions() == await regions(region="ID") == ["51.71", "36.72", "36.04"]
        assert await regions(region="36") == ["36.72", "36.04"]
        assert await regions(region="36", limit="1") == ["36.72"]
        assert await regions(region="36.04") == ["36.04"]
        assert await regions(region="36.01") == await regions(region="36.04.05") == []


async def test_a_heartbeat_is_of_no_region(world: World) -> None:
    world.settings.recipients_file.write_text(RECIPIENTS + recipient("ID", "operasi@laju.example", "operations"))
    settings = world.settings.model_copy(update={"mail_opens": time(0)})
    async with notifier(settings) as running:
        await world.publish(standing())

        async def kinds(**query: str) -> list[str]:
            found = (await running.http.get("/v1/mails", params=query)).json()["mails"]
            return sorted(mail["kind"] for mail in found)

        async def both() -> bool:
            return await kinds() == ["heartbeat", "notice"]

        await eventually(both)
        assert await kinds(region="ID") == await kinds(region="36") == ["notice"]
        assert await kinds(region="36.03") == []


async def test_what_went_up_to_the_province_is_in_the_history_of_the_region(world: World) -> None:
    world.settings.recipients_file.write_text(
        RECIPIENTS + recipient("36", PROVINCE, "province") + recipient("36", f"2.{PROVINCE}", "province")
    )
    long_ago = datetime.now(UTC) - timedelta(days=8)
    line = Line(standing(), AlertState())
    await publish(world.js, step(line, Reason.FIRST, rule="first()", mails=(), now=long_ago))
    async with notifier(world.settings) as running:
        await world.publish(standing())
        await eventually(running.idle)
        history = await told(running, "36.04", 3)
        assert {entry["reason"] for entry in history} == {"first", "repeat", "escalated"}
        (escalated,) = (entry for entry in history if entry["reason"] == "escalated")
        assert [mail["outcomes"] for mail in escalated["mails"]] == [{"sent": 1}, {"sent": 1}]
        (alert,) = (await alerts(running, "36.04"))["open"]
        assert (alert["escalated"], alert["since"]) == (1, history[-1]["decided_at"])
        assert alert["told_at"] > alert["since"]


async def test_a_region_or_a_mail_that_is_not_there(world: World) -> None:
    regions = {"36.99": "unknown", "91.01": "use 93.01", "nonsense": "is not a Kemendagri region code"}
    async with notifier(world.settings) as running:
        for code, detail in regions.items():
            for path in (f"/v1/regions/{code}/alerts", f"/v1/mails?region={code}"):
                answer = await running.http.get(path)
                assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
                assert answer.json()["title"] == "Unknown region"
                assert detail in answer.json()["detail"]
        for name in ("<no@laju.go.id>/00", "<no@laju.go.id>", "x"):
            answer = await running.http.get(f"/v1/mails/{quote(name)}/letter")
            assert (answer.status_code, answer.json()["title"]) == (404, "Unknown mail")
        assert (await running.http.get("/v1/mails/x/letter?form=pdf")).status_code == 422


async def test_before_alerts_was_read_nothing_is_said_to_be_nothing(world: World) -> None:
    app: FastAPI = build(world.settings, Lifeline())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notifier") as http:
        answer = await http.get("/v1/regions/36.04/alerts")
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


async def test_what_a_letter_said_is_forgotten_after_its_time(world: World) -> None:
    async with notifier(world.settings) as running:
        await world.publish(standing())
        await eventually(running.idle)
        await world.publish(back(revision=130))
        await eventually(running.idle)
        newer, older = await running.mails()
    ages = {newer["id"]: 399, older["id"]: 401}
    with pymongo.MongoClient[Any](world.mongo.url) as client:
        outbox = client[world.settings.notifier_database]["outbox"]
        for name, days in ages.items():
            outbox.update_one({"_id": name}, {"$set": {"created_at": datetime.now(UTC) - timedelta(days=days)}})

        async with notifier(world.settings) as running:

            async def gone() -> bool:
                return (await running.http.get(f"/v1/mails/{quote(older['id'])}/letter")).status_code == 410

            await eventually(gone)
            assert (await running.http.get(f"/v1/mails/{quote(newer['id'])}/letter")).status_code == 200
            assert [mail["id"] for mail in await running.mails()] == [newer["id"], older["id"]]
        (kept,) = outbox.find({"_id": older["id"]})
        assert (kept["text"], kept["html"], kept["images"]) == ("", "", [])
        assert (kept["state"], kept["subject"]) == ("sent", older["subject"])
