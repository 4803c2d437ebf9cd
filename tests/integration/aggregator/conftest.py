"""The servers of all aggregators of these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import mongo_server, nats_server


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("servers")
    with nats_server(folder / "nats") as nats_url, mongo_server(folder / "mongo") as mongo_url:
        yield {"LAJU_NATS_URL": nats_url, "LAJU_MONGO_URL": mongo_url}
