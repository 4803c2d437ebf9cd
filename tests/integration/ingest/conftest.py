"""An ingest for a test, and one for all tests that store nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.ingest.running import Intake, intake
from tests.servers import nats_server


@pytest.fixture
def ingest(tmp_path: Path) -> Iterator[Intake]:
    with nats_server(tmp_path / "nats") as url, intake(tmp_path / "ingest", url) as started:
        yield started


@pytest.fixture(scope="module")
def shared_ingest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Intake]:
    """For tests that store nothing."""
    folder = tmp_path_factory.mktemp("shared")
    with nats_server(folder / "nats") as url, intake(folder / "ingest", url) as started:
        yield started
        assert started.stored() == []
