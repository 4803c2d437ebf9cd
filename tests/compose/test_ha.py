"""``docker compose --profile ha up``: whichever container dies, the others go on, and nothing is counted twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import nats
import pytest

from tests.compose.flow import Flow, assert_counted_once, behind
from tests.compose.stack import Stack
from tests.events import event
from tests.waiting import until

pytestmark = pytest.mark.timeout(3600)
INGESTS, AGGREGATORS, NOTIFIERS = (
    tuple(f"{service}-{number}" for number in (1, 2)) for service in ("ingest", "aggregator", "notifier")
)
NATS = ("nats-1", "nats-2", "nats-3")
MONGO = ("mongo-1", "mongo-2", "mongo-3")
DENPASAR = "51.71"


def test_three_servers_and_two_of_each_service_get_healthy(ha: Stack) -> None:
    members = {*INGESTS, *AGGREGATORS, *NOTIFIERS, *NATS, *MONGO}
    assert set(ha.services) >= members
    assert {"nats", "mongo", "ingest", "aggregator", "notifier"}.isdisjoint(ha.services)
    ha.assert_healthy()
    print(f"docker compose --profile ha up --wait: {ha.states()}")


def test_prometheus_asks_everybody(ha: Stack) -> None:
    exporters = {f"{kind}-exporter-{number}" for kind in ("nats", "mongodb") for number in (1, 2, 3)}
    asked = {*INGESTS, *AGGREGATORS, *NOTIFIERS, *exporters}
    until(
        lambda: {target.partition(":")[0] for target, health in ha.targets().items() if health == "up"} == asked,
        seconds=120,
    )
    until(
        lambda: all(ha.holds(f'gnatsd_healthz_status_value{{server_id="{server}"}} == 1') for server in NATS),
        seconds=120,
    )
    until(lambda: ha.holds("mongodb_rs_myState == 1"), seconds=120)


def test_every_stream_is_on_all_three_servers(ha: Stack) -> None:
    async def replicas() -> dict[str, int]:
        client = await nats.connect(f"nats://127.0.0.1:{ha.ports['nats']}")
        try:
            return {
                info.config.name or "": info.config.num_replicas or 0
                for info in await client.jetstream().streams_info()
            }
        finally:
            await client.close()

    found = asyncio.run(replicas())
    assert {"EVENTS", "PACE", "ALERTS", "QUARANTINE"} <= found.keys()
    assert {name for name, copies in found.items() if copies != 3} == set()


def test_both_of_a_service_have_the_same_keys(ha: Stack) -> None:
    assert len({ha.operator_key(ingest) for ingest in INGESTS}) == 1
    assert len({ha.run(ingest, "cat", "/var/lib/laju/pseudonym.key") for ingest in INGESTS}) == 1
    assert len({ha.run(notifier, "cat", "/var/lib/laju/links.key") for notifier in NOTIFIERS}) == 1


@pytest.fixture(scope="module")
def flow(ha: Stack) -> Flow:
    """One for all tests: what is counted is compared with everything that it sent."""
    return Flow(ha, INGESTS, ha.operator_key(INGESTS[0]))


def kill_in_turn(ha: Stack, flow: Flow, services: Iterable[str]) -> None:
    """Each while events arrive: they go on being accepted and counted meanwhile, and in the end each counts once."""
    for service in services:
        with flow.running():
            flow.goes_on()
            before = flow.acknowledged
            ha.kill(service)
            flow.goes_on()  # while it is away
            flow.is_counted_further(next(name for name in AGGREGATORS if name != service))
            ha.start(service)
        (counted,) = {assert_counted_once(ha, aggregator, flow.receipts) for aggregator in AGGREGATORS}
        accepted = f"{before} events accepted before, {flow.acknowledged} after"
        print(f"{service} killed and back: {accepted}; people counted: {counted}, exactly those of these events")


def test_districts_and_readers_notice_no_death(ha: Stack, flow: Flow) -> None:
    kill_in_turn(ha, flow, (*NATS, *INGESTS, *AGGREGATORS))

    print(f"{flow.receipts.retries} requests were sent again")
    assert "6 regions compared, 0 differences" in ha.operator("verify")
    print("laju verify: 6 regions compared, 0 differences")
    ha.assert_healthy()


def test_nor_that_of_a_member_of_the_database(ha: Stack, flow: Flow) -> None:
    if ha.stands_in("mongo:8"):
        pytest.skip("what stands in for MongoDB does not replicate")
    kill_in_turn(ha, flow, MONGO)

    assert "6 regions compared, 0 differences" in ha.operator("verify")
    ha.assert_healthy()


def test_one_notifier_mails_and_the_other_takes_over_when_it_dies(ha: Stack) -> None:
    key = ha.operator_key(INGESTS[0])
    on_duty, stands_by = sorted(NOTIFIERS, key=lambda name: _is_on_duty(ha, name), reverse=True)
    assert (_is_on_duty(ha, on_duty), _is_on_duty(ha, stands_by)) == (True, False)
    facts = behind(DENPASAR)
    ha.send(INGESTS[0], *facts, key=key)
    (first,) = until(ha.mails, seconds=180)
    print(
        f"{INGESTS[0]} accepted {len(facts)} events, {on_duty} mailed {first['To'][0]['Address']}: {first['Subject']}"
    )

    ha.kill(on_duty)
    ha.send(INGESTS[1], event("baseline.reported", region=DENPASAR, as_of="2024-06-26", activated=500_000), key=key)
    until(lambda: _is_on_duty(ha, stands_by), seconds=180)
    until(lambda: len(ha.mails()) > 1, seconds=180)
    ha.start(on_duty)

    (second,) = [mail for mail in ha.mails() if mail["ID"] != first["ID"]]
    print(f"{on_duty} was killed, {stands_by} took over and mailed: {second['Subject']}")
    assert (_is_on_duty(ha, on_duty), _is_on_duty(ha, stands_by)) == (False, True)


def _is_on_duty(ha: Stack, notifier: str) -> bool:
    shown = ha.http.get(f"{ha.url(notifier)}/metrics").text
    return "laju_notifier_on_duty 1.0" in shown.splitlines()
