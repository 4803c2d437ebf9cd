"""``docker compose up``: one of each, healthy; an event in, a mail out, and counts that survive every kill."""

from __future__ import annotations

import json
import subprocess
from functools import partial

import pytest

from tests.compose.flow import Flow, assert_counted_once, behind
from tests.compose.stack import Stack, docker
from tests.events import citizen, event
from tests.waiting import until

pytestmark = pytest.mark.timeout(3600)
OURS = ("ingest", "aggregator", "notifier")
HEAD = "kepala@dukcapil.denpasar.example"  # of 51.71, in deploy/laju/recipients.toml
DENPASAR = "51.71"


def test_everything_gets_healthy(single: Stack) -> None:
    watching = {"nats-exporter", "mongodb-exporter", "prometheus", "alertmanager", "grafana"}
    assert set(single.services) >= {*OURS, "nats", "mongo", "mailpit", *watching}
    single.assert_healthy()
    print(f"docker compose up --wait: {single.states()}")


def test_the_image_is_nobodys_and_has_what_tracing_needs(single: Stack) -> None:
    (image,) = json.loads(docker("image", "inspect", "laju"))
    assert image["Config"]["User"] == "10001"
    single.run("aggregator", "python", "-c", "import shared.tracing.recorded")
    print(f"image laju: {image['Size'] / 1e6:.0f} MB, user {image['Config']['User']}")


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
    writable = single.run(service, "sh", "-c", tried, "sh", *folders).split()
    assert writable == ["/tmp", *data]  # noqa: S108
    print(f"{service}: user {status['Uid'].split()[0]}, no capability, read-only but for {' and '.join(writable)}")


def test_no_password_is_in_the_configuration_of_a_container(single: Stack) -> None:
    secrets = [file.read_text().strip() for file in single.folder.glob("mongo-*-password")]
    assert len(secrets) == 5
    for service in single.services:
        described = json.dumps(single.inspect(service))
        assert not any(secret in described for secret in secrets), service


def test_nobody_gets_into_the_database_without_a_password(single: Stack) -> None:
    asked = "try { db.getSiblingDB('laju').pointer.findOne(); print('in') } catch (error) { print(error.codeName) }"
    assert single.run("mongo", "mongosh", "--quiet", "--eval", asked).strip() == "Unauthorized"


@pytest.mark.parametrize(
    ("role", "own", "others"), [("aggregator", "laju_p1", "laju_notifier"), ("notifier", "laju_notifier", "laju_p1")]
)
def test_a_service_has_its_own_database_and_no_other(single: Stack, role: str, own: str, others: str) -> None:
    password = f"require('fs').readFileSync('/run/secrets/mongo-{role}-password', 'utf8').trim()"
    signed = f"db.getSiblingDB('admin').auth('laju_{role}', {password})"
    for database, answer in ((own, "in"), (others, "Unauthorized")):
        asked = f"db.getSiblingDB('{database}').sessions.findOne(); print('in')"
        script = f"{signed}; try {{ {asked} }} catch (error) {{ print(error.codeName) }}"
        assert single.run("mongo", "mongosh", "--quiet", "--eval", script).strip() == answer


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
    assert receipt["rejected"] == []

    region = f"/v1/regions/{DENPASAR}"
    until(lambda: single.get("aggregator", region)["programmes"]["ikd"]["active"] == 1, seconds=60)
    print("one event sent with curl: accepted 1, rejected 0; active in Kota Denpasar: 1")


def test_a_head_is_mailed_and_the_figures_can_be_printed(single: Stack) -> None:
    single.send("ingest", *behind(DENPASAR), key=single.operator_key("ingest"))

    (mail,) = until(single.mails, seconds=180)
    assert [to["Address"] for to in mail["To"]] == [HEAD]
    assert "Kota Denpasar" in mail["Subject"]
    print(f"one mail to {HEAD}: {mail['Subject']}")
    printed = single.http.get(f"{single.url('aggregator')}/v1/regions/{DENPASAR}/report.pdf")
    assert printed.content.startswith(b"%PDF-")


def test_prometheus_asks_everybody_and_sees_a_server_go_and_come_back(single: Stack) -> None:
    asked = {*OURS, "nats-exporter", "mongodb-exporter"}
    until(
        lambda: {target.partition(":")[0] for target, health in single.targets().items() if health == "up"} == asked,
        seconds=120,
    )
    for server, well, away in (
        (
            "nats",
            'gnatsd_healthz_status_value{server_id="nats"} == 1',
            'gnatsd_healthz_status_value{server_id="nats"} == 0',
        ),
        ("mongo", "mongodb_rs_myState == 1", "mongodb_up == 0"),
    ):
        until(partial(single.holds, well), seconds=120)
        single.kill(server)
        until(partial(single.holds, away), seconds=120)
        single.start(server)
        until(partial(single.holds, well), seconds=120)
        print(f"{server} was killed and is back: Prometheus saw both")


def test_what_was_accepted_is_counted_once_whatever_is_killed(single: Stack) -> None:
    flow = Flow(single, ["ingest"], single.operator_key("ingest"))
    for service in ("nats", "mongo", "ingest", "aggregator", "notifier"):
        with flow.running():
            flow.goes_on()
            before = flow.acknowledged
            single.kill(service)
            if service in ("mongo", "aggregator", "notifier"):
                flow.goes_on()  # districts do not notice
            single.start(service)
            flow.goes_on()
            flow.is_counted_further("aggregator")
        counted = assert_counted_once(single, "aggregator", flow.receipts)
        accepted = f"{before} events accepted before, {flow.acknowledged} after"
        print(f"{service} killed and back: {accepted}; people counted: {counted}, exactly those of these events")
    print(f"{flow.receipts.retries} requests were sent again")
    assert flow.acknowledged >= 5 * 300
    assert len(single.mails()) == 1
    assert "7 regions compared, 0 differences" in single.operator("verify")
    print("laju verify: 7 regions compared, 0 differences")
    single.assert_healthy()


def test_the_doctor_reaches_everything(single: Stack) -> None:
    with pytest.raises(subprocess.CalledProcessError) as found:  # it exits with 2: something is not as it should be
        single.operator("doctor", "--json")
    assert found.value.returncode == 2
    findings = json.loads(found.value.stdout)
    assert {finding["about"] for finding in findings if finding["state"] != "good"} == {"recipients"}  # of the example


def test_an_operator_rebuilds_and_asks_why_a_head_was_mailed(single: Stack) -> None:
    active = single.get("aggregator", f"/v1/regions/{DENPASAR}")["programmes"]["ikd"]["active"]
    rebuilt = single.operator("rebuild").splitlines()
    print(f"laju rebuild: {rebuilt[-1]}")
    until(lambda: single.get("aggregator", "/v1/progress")["projection"] == 2, seconds=120)
    assert single.get("aggregator", f"/v1/regions/{DENPASAR}")["programmes"]["ikd"]["active"] == active
    said = single.operator("alerts", "explain", DENPASAR, "--on", "2024-06-27")
    assert f"{DENPASAR}/ikd/national/2024-12-31 on 2024-06-27: behind" in said
    assert len(single.mails()) == 1
