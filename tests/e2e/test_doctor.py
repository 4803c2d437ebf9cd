"""``laju doctor`` on a sound installation, and on broken ones: each finding, with what mends it."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nats
import pymongo
import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from nats.js.api import StreamConfig

from shared.bus import ensure_streams, stream_configs
from shared.wilayah import NATION
from tests.e2e.conftest import CITIES
from tests.e2e.pipeline import Pipeline, recipients
from tests.events import event
from tests.servers import free_port, listens, nats_process, running

OPERATIONS = f"""
[[recipient]]
region = "{NATION}"
role = "operations"
title = "Operasional"
email = "operasional@laju.example"
"""


def examined(laju: Pipeline, *options: str, **changes: str) -> tuple[int, list[dict[str, str]]]:
    """Exit status and findings of the command, with the variables of the notifier and these changes."""
    environment = {**os.environ, **laju.services["notifier"].environment, **changes}
    command = [sys.executable, "-m", "services.cli", "doctor", "--json", "--ingest", laju.ingest, *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.startswith("["), done.stderr
    return done.returncode, json.loads(done.stdout)


def wrong(findings: list[dict[str, str]], state: str = "fault") -> dict[str, str]:
    """The one finding in this state."""
    (found,) = [finding for finding in findings if finding["state"] == state]
    assert found["mend"]
    return found


@pytest.fixture(scope="module")
def whole(laju: Pipeline) -> Pipeline:
    """Laju with a target in a region that has a head, and somebody who is told when it cannot work."""
    people = laju.folder / "recipients.toml"
    people.write_text(recipients(CITIES) + OPERATIONS)
    laju.send(
        event("wajib_ktp.reported", region="51.71", as_of="2024-01-01", count=500_000, source="siak"),
        event(
            "target.set", system="directorate", region="51.71", programme="ikd", authority="national",
            basis="percent_of_wajib_ktp", value=30, start_on="2024-01-01", due_on="2024-12-31",
            effective_on="2024-01-01",
        ),
    )  # fmt: skip
    laju.settle()
    return laju


def test_a_sound_installation_has_nothing_to_mend(whole: Pipeline) -> None:
    status, findings = examined(whole)
    assert status == 0
    assert {finding["state"] for finding in findings} == {"good", "unknown"}
    assert wrong(findings, "unknown")["what"].startswith("whether the server writes to the disk")
    told = {finding["about"] for finding in findings}
    assert told == {"settings", "services", "bus", "database", "mail", "recipients", "disk"}


def test_settings_that_nobody_could_use(whole: Pipeline) -> None:
    status, findings = examined(whole, LAJU_GATHER_SECONDS="-1", LAJU_STREAM_REPLIKAS="3")
    assert status == 1
    assert "LAJU_GATHER_SECONDS" in wrong(findings)["what"]
    assert wrong(findings, "warning")["mend"] == "rename it to LAJU_STREAM_REPLICAS"


def test_a_secret_in_a_wrong_setting_is_not_repeated(whole: Pipeline) -> None:
    _, findings = examined(whole, LAJU_SMTP_URL="smtp://kepala:rahasia@127.0.0.1:25")
    assert "has a password but does not require TLS" in wrong(findings)["what"]
    assert "rahasia" not in json.dumps(findings)


def test_a_recipients_file_with_a_mistake_and_one_with_gaps(whole: Pipeline, tmp_path: Path) -> None:
    people = tmp_path / "recipients.toml"
    people.write_text(recipients(["51.99"]))
    status, findings = examined(whole, LAJU_RECIPIENTS=str(people))
    assert (status, wrong(findings)["about"]) == (1, "recipients")
    people.write_text(recipients(["35.73"]) + OPERATIONS)
    status, findings = examined(whole, LAJU_RECIPIENTS=str(people))
    assert status == 2
    assert "51.71" in wrong(findings, "warning")["what"]


def test_a_service_that_stands_still_and_one_that_is_away(whole: Pipeline) -> None:
    with whole.services["notifier"].stopped():
        status, findings = examined(whole, "--ingest", f"http://127.0.0.1:{free_port()}")
    assert status == 1
    away = [finding["what"].split()[0] for finding in findings if finding["state"] == "fault"]
    assert sorted(away) == ["ingest", "notifier"]


def test_a_projection_without_an_index(whole: Pipeline) -> None:
    with pymongo.MongoClient[dict[str, Any]](whole.mongo_url) as client:
        facts = client["laju_p1"]["facts"]
        facts.drop_index("owner_1")
        status, findings = examined(whole)
        facts.create_index("owner")
    assert status == 1
    assert "index facts.owner" in wrong(findings)["what"]


@pytest.fixture
def careless(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A NATS that acknowledges before it writes, with an EVENTS that may be purged; its address and its monitoring."""
    port, monitor = free_port(), free_port()
    process = nats_process(tmp_path, port)
    config = tmp_path / "nats.conf"
    text = config.read_text().replace("sync_interval: always", 'sync_interval: "2m"')
    config.write_text(f'http: "127.0.0.1:{monitor}"\n{text}')
    with running(process, lambda: listens(port) and listens(monitor)):
        url = f"nats://127.0.0.1:{port}"
        asyncio.run(_open_to_all(url))
        yield url, f"http://127.0.0.1:{monitor}"


async def _open_to_all(url: str) -> None:
    client = await nats.connect(url)
    js = client.jetstream()
    config = stream_configs(1, 16)[0]
    await js.add_stream(StreamConfig(**{**config.__dict__, "deny_purge": False}))
    await ensure_streams(js)
    await client.close()


def test_a_bus_that_can_lose_what_it_acknowledged(whole: Pipeline, careless: tuple[str, str]) -> None:
    url, monitor = careless
    status, findings = examined(whole, "--nats-monitor", monitor, LAJU_NATS_URL=url)
    told = {finding["what"]: finding["mend"] for finding in findings if finding["state"] == "fault"}
    assert status == 1
    assert told.keys() == {
        "stream EVENTS has deny_purge False instead of True",
        "JetStream acknowledges before it writes to the disk: a power cut loses events",
    }
    assert told["stream EVENTS has deny_purge False instead of True"].startswith("`laju streams update`")
    environment = {**os.environ, "LAJU_NATS_URL": url}
    command = [sys.executable, "-m", "services.cli", "streams", "update"]
    for option, line in (["--dry-run"], "EVENTS: deny_purge False → True"), ([], "EVENTS: deny_purge False → True"):
        done = subprocess.run([*command, *option], env=environment, capture_output=True, text=True, check=True)
        assert line in done.stdout
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "EVENTS: as it should be" in done.stdout
    assert wrong(examined(whole, "--nats-monitor", monitor, LAJU_NATS_URL=url)[1])["about"] == "bus"


def test_a_certificate_that_ends_soon_and_one_that_has_ended(whole: Pipeline, tmp_path: Path) -> None:
    authority = trustme.CA()
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(trusted)
    for ends, state, status in ((timedelta(days=9, hours=12), "warning", 2), (-timedelta(days=1), "fault", 1)):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) + ends).configure_cert(context)
        relay = Controller(Sink(), "127.0.0.1", free_port(), ssl_context=context)
        relay.start()
        try:
            url = f"smtps://127.0.0.1:{relay.port}"
            found, findings = examined(whole, LAJU_SMTP_URL=url, LAJU_SMTP_CA=str(trusted))
        finally:
            relay.stop()
        assert found == status, findings
        expected = "in 9 days" if state == "warning" else "certificate has expired"
        assert expected in wrong(findings, state)["what"]
