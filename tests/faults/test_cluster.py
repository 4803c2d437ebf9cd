"""Three NATS servers as deployed, with an account for each service: one may always be away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from signal import SIGKILL

import pytest
from nats.errors import Error as NatsError

from services.cli.doctor.bus import examine
from services.cli.errors import CliError
from services.cli.stream_creation import create
from services.cli.stream_update import updated
from shared.bus import EVENTS
from shared.settings import ServiceSettings
from tests.faults.cluster import CLUSTER_FAULTS
from tests.faults.run import run
from tests.hub import Hub, cluster_in
from tests.servers import status
from tests.waiting import eventually, until

SEED = 11


@pytest.mark.timeout(300)
def test_nothing_is_lost_or_doubled_while_servers_come_and_go(tmp_path: Path) -> None:
    report = run(tmp_path, SEED, faults=CLUSTER_FAULTS, rate=150, cluster=True)
    print(report.table())
    assert report.differences == []
    assert report.acknowledged > 500
    assert report.retries > 0, "no request had to be sent again: the faults hit nothing"
    assert report.mails > 0


@pytest.fixture
async def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[dict[str, Hub]]:
    """Three that have found one another, as their administrator sees them."""
    found = cluster_in(tmp_path)
    for hub in found.values():
        hub.process.start()
    try:
        for hub in found.values():
            until(partial(lambda address: status(address) == 200, f"{hub.monitoring}/healthz"), seconds=60)
        for name, value in found["nats-2"].environment("administrator").items():
            monkeypatch.setenv(name, value)
        yield found
    finally:
        for hub in found.values():
            hub.process.end()


async def test_streams_of_one_replica_get_three_and_the_doctor_sees_it_and_who_is_away(servers: dict[str, Hub]) -> None:
    async with servers["nats-2"].connected() as client:
        js = client.jetstream()

        async def created() -> list[str]:
            try:
                return await create(js, replicas=1, partitions=4)
            except (NatsError, CliError):
                return []

        assert EVENTS in await eventually(created, seconds=60)
        settings = ServiceSettings(stream_replicas=3)

        async def doctor_tells(what: str) -> str | None:
            """The first finding with these words."""
            found = [finding.what for finding in await examine(settings, None)]
            print(found)
            return next((told for told in found if what in told), None)

        await eventually(partial(doctor_tells, "EVENTS has num_replicas 1 instead of 3"), seconds=60)
        await js.publish("events.0", b"[]", stream=EVENTS)
        told = await updated(servers["nats-3"].url, 3, dry_run=False)
        assert "EVENTS: num_replicas 1 → 3" in told
        assert "KV_laju_keys: num_replicas 1 → 3" in told

        async def copied() -> bool:
            infos = await js.streams_info()
            peers = [[peer.current for peer in (info.cluster and info.cluster.replicas) or ()] for info in infos]
            return peers == [[True, True]] * len(infos)

        await eventually(copied, seconds=60)
        assert {info.config.num_replicas for info in await js.streams_info()} == {3}
        assert (await js.stream_info(EVENTS)).state.messages == 1
        assert await create(js, replicas=3, partitions=4) == []

        servers["nats-1"].process.end(SIGKILL)
        # The servers find out of one stream after the other.
        await eventually(partial(doctor_tells, "nats-1 is away or behind: EVENTS, PACE, ALERTS"), seconds=60)
