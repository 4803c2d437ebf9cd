"""Quiet times of the recipients file, on real servers: nothing goes out in one, what waited goes once it is over."""

from __future__ import annotations

import os
from collections import Counter
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from services.notifier.settings import NotifierSettings
from tests.integration.notifier.conftest import RECIPIENTS, World
from tests.integration.notifier.test_notifier import Running, looked, notifier
from tests.unit.notifier.standings import standing
from tests.waiting import eventually


def quiet_today() -> str:
    """Days around today, whichever day it becomes meanwhile, in the province of the head."""
    today = datetime.now(ZoneInfo("Asia/Jakarta")).date()
    first, last = today - timedelta(days=1), today + timedelta(days=1)
    return f'\n[[quiet]]\nregion = "36"\nfrom = {first}\nto = {last}\nreason = "Pindah kantor"\n'


def with_digest_today(settings: NotifierSettings) -> NotifierSettings:
    """Mails go out at any time, and the week's digest is due from the beginning of this day on."""
    today = datetime.now(ZoneInfo("Asia/Jakarta")).weekday()
    return settings.model_copy(update={"digest_weekday": today, "mail_opens": time(0)})


def replace(file: Path, text: str) -> None:
    """Put a new file in the place of the old one, as an editor does."""
    new = file.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, file)


async def held(running: Running) -> bool:
    """Whether a telling came as far as to the hours, and was held back by them."""
    return await running.metric("laju_notifier_ended_total", stage="schedule", reason="outside_hours") >= 1


async def sent(running: Running, **wanted: int) -> bool:
    """Whether so many mails of each kind went out."""
    found = Counter(mail["kind"] for mail in await running.mails() if mail["state"] == "sent")
    return all(found[kind] == count for kind, count in wanted.items())


async def test_what_a_quiet_time_held_back_goes_out_once_the_file_has_none(world: World) -> None:
    file = world.settings.recipients_file
    replace(file, RECIPIENTS + quiet_today())
    settings = with_digest_today(world.settings)
    async with notifier(settings) as running:
        await world.publish(standing())
        await eventually(lambda: held(running))
    # The figures are known and can be told: it is only the quiet time that holds the digest back as well.
    async with notifier(settings) as running:
        await eventually(lambda: held(running))
        await eventually(lambda: looked(running))
        assert await running.mails() == []

        replace(file, RECIPIENTS + quiet_today().replace('"36"', '"51"'))
        await eventually(lambda: sent(running, notice=1))
    # Digests are looked at twice a minute, and at the start.
    async with notifier(settings) as running:
        await eventually(lambda: sent(running, notice=1, digest=1))
    assert len(world.relay.mails) == 2


async def test_a_quiet_time_that_comes_into_the_file_holds_from_then_on(world: World) -> None:
    file = world.settings.recipients_file
    async with notifier(world.settings) as running:
        replace(file, RECIPIENTS + quiet_today())
        await world.publish(standing())
        await eventually(lambda: held(running))
        assert [mail for mail in await running.mails() if mail["kind"] == "notice"] == []
