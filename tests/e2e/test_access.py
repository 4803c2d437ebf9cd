"""Where not everybody may read, the notifier and the commands show their token, and everything works as before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner, Result

from services.aggregator.web.access.tokens import Keys, Pass
from services.cli.main import app
from services.cli.pages import expiry
from tests.e2e.pipeline import Pipeline, pipeline
from tests.events import event, target

SERANG = "36.04"
KEY = bytes(32)


def _token(code: str) -> str:
    return Keys((KEY,)).written("link", Pass(regions=(code,), expires=expiry(datetime.now(UTC), days=1)))


@pytest.fixture(scope="module")
def laju(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Serang is far behind."""
    settings = {"LAJU_ACCESS": "link", "LAJU_PAGES_KEY": KEY.hex(), "LAJU_READ_API_TOKEN": _token("ID")}
    with pipeline(tmp_path_factory.mktemp("laju"), as_of="2024-06-27", heads=[SERANG], **settings) as running:
        running.http.headers["Authorization"] = f"Bearer {_token('ID')}"
        running.send(
            event("wajib_ktp.reported", region=SERANG, as_of="2024-06-01", count=1_200_000, source="siak"),
            event("baseline.reported", region=SERANG, as_of="2023-12-31", activated=60_000),
            event("baseline.reported", region=SERANG, as_of="2024-06-25", activated=91_000),
            target(SERANG, 30),
        )
        running.settle()
        yield running


def _ask(laju: Pipeline, *arguments: str, token: str) -> Result:
    environment = {"LAJU_AGGREGATOR_URL": laju.aggregator, "LAJU_READ_API_TOKEN": token, "COLUMNS": "200"}
    return CliRunner().invoke(app, arguments, env=environment)


def test_the_head_is_told(laju: Pipeline) -> None:
    assert len(laju.mails_about("Kabupaten Serang")) == 1


def test_commands_show_their_token(laju: Pipeline) -> None:
    for command in (("status", SERANG, "--url", laju.aggregator), ("mail", "preview", SERANG, "--as", "text")):
        told = _ask(laju, *command, token=_token("36"))
        assert told.exit_code == 0, told.output
        assert "Kabupaten Serang" in told.output
        for token in ("", _token("51")):
            refused = _ask(laju, *command, token=token)
            assert (refused.exit_code, "403" in refused.stderr) == (1, True)
