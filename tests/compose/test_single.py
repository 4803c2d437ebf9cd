"""``docker compose up``: one of each, healthy; an event in, a mail out, and counts that survive every kill."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.compose.flow import VERIFY, Flow, assert_counted_once, behind
from tests.compose.stack import Stack
from tests.events import citizen, event
from tests.waiting import until

pytestmark = pytest.mark.timeout(3600)
OURS = ("ingest", "aggregator", "notifier")
HEAD = "kepala@dukcapil.denpasar.example"  # of 51.71, in deploy/laju/recipients.toml
DENPASAR = "51.71"


def test_everything_gets_healthy(single: Stack) -> None:
    assert set(single.services) >= {*OURS, "nats", "mongo", "mailpit", "prometheus", "alertmanager", "grafana"}
    assert single.states() == dict.fromkeys(single.services, "healthy")


@pytest.mark.parametrize("service", OURS)
def test_a_service_can_do_nothing_but_its_work(single: Stack, service: str) -> None:
    """No root, nothing to write to but its data and /tmp, no capability, no way to more."""
    found = single.inspect(service)["HostConfig"]
    assert found["ReadonlyRootfs"]
    assert found["CapDrop"] == ["ALL"]
    assert found["SecurityOpt"] == ["no-new-privileges:true"]
    status = dict(line.split(":\t") for line in single.run(service, "cat", "/proc/1/status").splitlines())
    assert status["Uid"].split() == ["10001"] * 4
    assert int(status["CapBnd"], 16) == 0
    tried = 'for folder; do touch "$folder/.tried" 2>/dev/null && echo "$folder"; done; true'
    folders = ("/opt/laju", "/usr", "/etc", "/tmp", "/var/lib/laju")  # noqa: S108 - of the container
    data = [] if service == "aggregator" else ["/var/lib/laju"]
    assert single.run(service, "sh", "-c", tried, "sh", *folders).split() == ["/tmp", *data]  # noqa: S108


def test_no_password_is_in_the_configuration_of_a_container(single: Stack) -> None:
    secrets = [file.read_text().strip() for file in single.folder.glob("mongo-*-password")]
    assert len(secrets) == 3
    for service in single.services:
        described = json.dumps(single.inspect(service))
        assert not any(secret in described for secret in secrets), service


def test_nobody_gets_into_the_database_without_a_password(single: Stack) -> None:
    asked = "try { db.getSiblingDB('laju').pointer.findOne(); print('in') } catch (error) { print(error.codeName) }"
    assert single.run("mongo", "mongosh", "--quiet", "--eval", asked).strip() == "Unauthorized"


def test_an_event_sent_with_curl_and_a_key_is_counted(single: Stack) -> None:
    issued = single.run("ingest", "laju", "keys", "issue", "Disdukcapil Kota Denpasar", "--region", DENPASAR)
    (key,) = [word for word in issued.split() if word.startswith("laju_")]
    activated = event(
        "ikd.activated", citizen=citizen(1), home=f"{DENPASAR}.01", service=DENPASAR, channel="outreach_mall"
    )
    command = ["curl", "--silent", "--show-error", "--fail-with-body", f"{single.url('ingest')}/v1/events"]
    command += ["--header", f"Authorization: Bearer {key}", "--header", "Content-Type: application/cloudevents+json"]

    def accepted() -> str:  # a new key opens within seconds
        done = subprocess.run([*command, "--data", json.dumps(activated)], capture_output=True, text=True, check=False)
        return done.stdout if done.returncode == 0 else ""

    receipt = json.loads(until(accepted, seconds=60))
    assert receipt["accepted"] == 1

    region = f"/v1/regions/{DENPASAR}"
    until(lambda: single.get("aggregator", region)["programmes"]["ikd"]["active"] == 1, seconds=60)


def test_a_head_is_mailed_and_the_figures_can_be_printed(single: Stack) -> None:
    single.send("ingest", *behind(DENPASAR), key=single.operator_key("ingest"))

    (mail,) = until(single.mails, seconds=180)
    assert [to["Address"] for to in mail["To"]] == [HEAD]
    assert "Kota Denpasar" in mail["Subject"]
    printed = single.http.get(f"{single.url('aggregator')}/v1/regions/{DENPASAR}/report.pdf")
    assert printed.content.startswith(b"%PDF-")


def test_what_was_accepted_is_counted_once_whatever_is_killed(single: Stack) -> None:
    flow = Flow(single, ["ingest"], single.operator_key("ingest"))
    with flow.running():
        flow.goes_on()
        for service in ("nats", "mongo", "ingest", "aggregator", "notifier"):
            single.kill(service)
            if service in ("mongo", "aggregator", "notifier"):
                flow.goes_on()  # districts do not notice
            single.start(service)
            flow.goes_on()
            flow.is_counted_further("aggregator")
            print(f"{service} was killed and is back: {flow.acknowledged} events accepted so far")
        flow.finish()
    counted = assert_counted_once(single, "aggregator", flow.receipts)
    print(f"{counted} events accepted, {flow.receipts.retries} requests sent again, each event counted once")
    assert counted >= 5 * 300
    assert len(single.mails()) == 1
    verified = single.run("aggregator", "sh", "-c", VERIFY)
    assert "7 regions compared, 0 differences" in verified
    assert single.states() == dict.fromkeys(single.services, "healthy")
