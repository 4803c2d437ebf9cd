"""The key behind the pseudonyms is replaced and destroyed while everything runs: nobody is counted twice, and after it
nobody can tell who an old pseudonym stands for."""

from __future__ import annotations

import json
import random
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.cli.main import app
from services.ingest.pseudonym import key_of
from tests.e2e.pipeline import Pipeline, pipeline
from tests.events import event
from tests.servers import is_ready
from tests.waiting import until

CITIZENS, SENT_AGAIN = 60, 45


def nik(number: int) -> str:
    return f"517101{1 + number % 28:02}0599{number + 1:04}"


def about(number: int, kind: str = "ikd.activated", **data: Any) -> dict[str, Any]:
    said = {"service": "51.71", "channel": "office"} if kind == "ikd.activated" else {}
    return event(kind, nik=nik(number), home="51.71", **said, **data)


@pytest.fixture
def laju(tmp_path: Path) -> Iterator[Pipeline]:
    with pipeline(tmp_path, as_of="2024-12-31") as running:
        yield running


def command(laju: Pipeline, *arguments: str) -> str:
    environment = {
        "LAJU_DATA": str(laju.folder / "data"), "LAJU_MONGO_URL": laju.mongo_url, "LAJU_NATS_URL": laju.nats_url
    }  # fmt: skip
    result = CliRunner().invoke(app, arguments, env=environment)
    assert result.exit_code == 0, result.output
    return result.output


def active(laju: Pipeline) -> int:
    laju.settle()
    rows = laju.read("regions/51.71/daily", programme="ikd")
    return sum(day["change"] for day in rows["days"])


def ingest_again(laju: Pipeline) -> None:
    laju.services["ingest"].end()
    laju.services["ingest"].start()
    until(lambda: is_ready(int(laju.ingest.rpartition(":")[2])), seconds=40)


def test_a_key_is_replaced_and_destroyed_and_nobody_is_counted_twice(laju: Pipeline) -> None:
    first = [about(number) for number in range(CITIZENS)]
    laju.send(*first)
    assert active(laju) == CITIZENS

    data = laju.folder / "data"
    former = key_of((data / "pseudonym.key").read_text(), "")
    assert "k2 is the present key now, k1 the former one" in command(laju, "pseudonyms", "rotate")
    assert key_of((data / "former-pseudonym.key").read_text(), "") == former
    assert stat.S_IMODE((data / "former-pseudonym.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((data / "pseudonym.key").stat().st_mode) == 0o600
    refused = CliRunner().invoke(app, ["pseudonyms", "rotate"], env={"LAJU_DATA": str(data)})
    assert refused.exit_code == 1
    assert "is being replaced by k2 already" in refused.stderr
    ingest_again(laju)

    # What was sent before comes again under its id, something new about others, and it ends for some.
    again = random.Random(7).sample(first, SENT_AGAIN)
    more = [about(number, time="2024-07-01T10:00:00+08:00") for number in range(CITIZENS, CITIZENS + 5)]
    over = [about(number, "ikd.deactivated", reason="deceased", time="2024-08-01T10:00:00+08:00") for number in (0, 64)]
    laju.send(*again, *more, *over)
    assert active(laju) == CITIZENS + 5 - 2
    led_over = len({one["data"]["nik"] for one in (*again, *over[:1])})
    assert command(laju, "pseudonyms", "status").splitlines() == [
        f"k1: {CITIZENS - led_over} citizens are counted under it, {led_over + 5} are led over to a newer key",
        f"k2: {led_over + 5} citizens are counted under it, 0 are led over to a newer key",
    ]
    assert "0 differences" in command(laju, "verify")

    laju.send(*first)  # now all
    told = command(laju, "pseudonyms", "destroy", "--yes") if active(laju) == CITIZENS + 3 else ""
    assert told.startswith("0 citizens are counted under k1 or an older key and not led over.")
    assert not (data / "former-pseudonym.key").exists()
    ingest_again(laju)

    # Ended under the new key alone, and activated again on a new phone.
    ended = [about(number, "ikd.deactivated", reason="error", time="2024-09-01T10:00:00+08:00") for number in range(10)]
    anew = [about(number, reactivation=True, time="2024-09-02T10:00:00+08:00") for number in range(20, 30)]
    laju.send(*ended, *anew, *first)
    assert active(laju) == CITIZENS + 3 - 9
    assert "0 differences" in command(laju, "verify")

    command(laju, "rebuild")
    assert active(laju) == CITIZENS + 3 - 9
    assert "0 differences" in command(laju, "verify")
    secret = former.secret.hex()
    kept = [file for file in (laju.folder / "data").rglob("*") if file.is_file()]
    assert kept
    assert [file for file in kept if secret in file.read_text(errors="replace")] == []


def test_a_former_pseudonym_is_said_by_ingest_alone(laju: Pipeline) -> None:
    claimed = about(1)
    claimed["data"]["formerly"] = "k1:" + "0" * 32
    answer = laju.send(claimed, expect=422)
    assert json.dumps(answer["rejected"][0]["errors"]).count("data.formerly") == 1
