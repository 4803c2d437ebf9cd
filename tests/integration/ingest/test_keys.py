"""Keys from the command line to the door: issued, used, revoked, expired, known to every replica."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.events import citizen, event, target
from tests.integration.ingest.running import BATCH, Intake, intake
from tests.servers import nats_server, status
from tests.waiting import until


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[str]:
    with nats_server(tmp_path / "nats") as url:
        yield url


def laju(bus: str, *command: str, expect: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "services.cli", "keys", *command, "--nats-url", bus],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout.strip() if expect == 0 else done.stderr


def activation(service: str = "51.71", number: int = 1) -> dict[str, Any]:
    return event("ikd.activated", citizen=citizen(number), home="36.04", service=service, channel="office")


def answers(ingest: Intake, token: str, status: int) -> bool:
    return ingest.post([activation()], key=token).status_code == status


def listed(bus: str) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in json.loads(laju(bus, "list", "--json"))}


def test_a_key_opens_its_scopes_and_nothing_else(tmp_path: Path, bus: str) -> None:
    with intake(tmp_path / "ingest", bus) as ingest:
        token = laju(bus, "issue", "Denpasar", "--region", "51.71", "--type", "ikd.*", "--type", "target.*")
        until(lambda: ingest.post([activation()], key=token).status_code == 202)

        mixed = ingest.post(
            [activation(), activation("35.73", 2), target("51.71", 30, authority="national")], key=token
        )
        assert (mixed.status_code, mixed.json()["accepted"]) == (202, 1)
        reasons = [refusal["errors"][0] for refusal in mixed.json()["rejected"]]
        assert [reason["path"] for reason in reasons] == ["data.service", "data.authority"]
        assert "51.71" in reasons[0]["message"]

        alone = ingest.post([activation("35.73", 2)], key=token)
        assert (alone.status_code, alone.json()["title"]) == (403, "Forbidden")
        assert ingest.post([activation()], key=token[:-1]).status_code == 401
        assert ingest.post([activation()], key=None).status_code == 401
        metrics = ingest.http.get(f"{ingest.url}/metrics").text
        assert 'laju_ingest_refused_total{reason="forbidden"} 3.0' in metrics
        assert token.split("_", 2)[2] not in metrics
    assert listed(bus)["Denpasar"]["last_used"] is not None


def test_a_revoked_key_opens_nothing_at_any_replica(tmp_path: Path, bus: str) -> None:
    with intake(tmp_path / "one", bus) as one, intake(tmp_path / "two", bus) as two:
        token = laju(bus, "issue", "Denpasar", "--region", "51.71")
        for replica in (one, two):
            until(partial(answers, replica, token, 202))
        laju(bus, "revoke", token.split("_")[1])
        for replica in (one, two):
            until(partial(answers, replica, token, 401), seconds=5)
        assert "revoked" in one.post([activation()], key=token).json()["detail"]
        assert listed(bus)["Denpasar"]["state"] == "revoked"
        assert "there is no key" in laju(bus, "revoke", "ffffffff", expect=1)


def test_a_key_revoked_while_a_body_comes_in_stores_nothing_of_it(tmp_path: Path, bus: str) -> None:
    with intake(tmp_path / "ingest", bus) as ingest:
        token = laju(bus, "issue", "Denpasar", "--region", "51.71")
        until(lambda: ingest.post([activation()], key=token).status_code == 202)
        halfway, revoked = threading.Event(), threading.Event()

        def body() -> Iterator[bytes]:
            whole = json.dumps([activation(number=number) for number in range(2, 50)]).encode()
            yield whole[:1000]
            halfway.set()
            revoked.wait(30)
            yield whole[1000:]

        def revoke() -> None:
            halfway.wait(30)
            laju(bus, "revoke", token.split("_")[1])
            until(lambda: ingest.post([activation()], key=token).status_code == 401)
            revoked.set()

        revoking = threading.Thread(target=revoke)
        revoking.start()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": BATCH}
        answer = ingest.http.post(f"{ingest.url}/v1/events", content=body(), headers=headers)
        revoking.join()
        assert answer.status_code == 401
        assert {stored.data.citizen for stored in ingest.stored()} == {citizen(1)}


def test_keys_outlive_a_restart_and_expire(tmp_path: Path, bus: str) -> None:
    with intake(tmp_path / "ingest", bus) as ingest:
        token = laju(bus, "issue", "Denpasar", "--region", "51.71", "--expires", f"{datetime.now(UTC):%Y-%m-%d}")
        expired = laju(bus, "issue", "former", "--region", "51.71", "--expires", "2026-01-01")
        ingest.process.end()
        ingest.process.start()
        until(lambda: status(f"{ingest.url}/readyz") == 200)
        until(lambda: ingest.post([activation()], key=token).status_code == 202)
        refused = ingest.post([activation()], key=expired)
        assert refused.status_code == 401
        assert "expired at 2026-01-02 00:00 UTC" in refused.json()["detail"]


def test_what_cannot_be_a_key_is_refused_with_what_could(bus: str) -> None:
    assert "99.99" in laju(bus, "issue", "x", "--region", "99.99", expect=1)
    assert "ikd.activated.v1" in laju(bus, "issue", "x", "--region", "ID", "--type", "ikd.deleted", expect=1)


def test_the_log_says_whose_requests_are_refused_and_nothing_of_what_they_held(tmp_path: Path, bus: str) -> None:
    nik = "5171012304990001"
    with intake(tmp_path / "ingest", bus) as ingest:
        token = laju(bus, "issue", "Denpasar", "--region", "51.71")
        until(lambda: ingest.post([activation()], key=token).status_code == 202)
        began = len(ingest.process.log.read_text())
        ingest.post([activation(), activation("35.73", 2)], key=token)
        ingest.post([event("ikd.activated", home=nik, place=nik, service="51.71", channel="office")], key=token)
        ingest.post(nik, f"text/{nik}", key=token)
        ingest.post([activation()], key=token[:-1])
        ingest.post([activation()], key=token)
        log = ingest.process.log.read_text()[began:]
    told = [json.loads(line)["message"] for line in log.splitlines() if '"refused' in line]
    of_key = f"with key {token.split('_')[1]}"
    assert told == [
        f"refused 1 of 2 events {of_key}",
        f"refused a request {of_key}: 422 Unprocessable Content",
        f"refused a request {of_key}: 415 Unsupported Media Type",
    ]
    assert nik not in log
    assert token not in log
