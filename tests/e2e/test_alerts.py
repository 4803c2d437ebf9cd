"""What operators ask about alerts, with everything running: explained, replayed, previewed, answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email import message_from_bytes, policy

import pytest
from typer.testing import CliRunner, Result

from services.cli.main import app
from tests.e2e.pipeline import Pipeline, pipeline
from tests.events import event, target
from tests.waiting import until

SERANG = "36.04"


@pytest.fixture(scope="module")
def laju(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Serang is far behind, its head was told; Tangerang is well ahead."""
    with pipeline(tmp_path_factory.mktemp("laju"), as_of="2024-06-27", heads=[SERANG]) as running:
        for region, active in ((SERANG, 91_000), ("36.03", 500_000)):
            running.send(
                event("wajib_ktp.reported", region=region, as_of="2024-06-01", count=1_200_000, source="siak"),
                event("baseline.reported", region=region, as_of="2023-12-31", activated=60_000),
                event("baseline.reported", region=region, as_of="2024-06-25", activated=active),
                target(region, 30),
            )
        running.settle()
        yield running


def ask(laju: Pipeline, *arguments: str) -> Result:
    environment = {
        "LAJU_NATS_URL": laju.nats_url,
        "LAJU_MONGO_URL": laju.mongo_url,
        "LAJU_AGGREGATOR_URL": laju.aggregator,
        "COLUMNS": "200",
    }
    return CliRunner().invoke(app, arguments, env=environment)


def test_the_open_alert_is_listed(laju: Pipeline) -> None:
    listed = ask(laju, "alerts", "list", "--json")
    assert listed.exit_code == 0, listed.output
    (alert,) = json.loads(listed.output)
    assert (alert["line"], alert["about"], alert["episode"]) == (f"{SERANG}/ikd/national/2024-12-31", "first", 1)
    assert SERANG in ask(laju, "alerts", "list").output


def test_why_is_explained_with_every_number(laju: Pipeline) -> None:
    told = ask(laju, "alerts", "explain", SERANG, "--on", "2024-06-27")
    assert told.exit_code == 0, told.output
    standing = laju.standing(SERANG, programme="ikd")
    for number in (standing["actual"], standing["expected"], standing["required"], standing["gap"]):
        assert f" {number}" in told.output
    # On that morning, by the clock, nobody had been told yet.
    assert "the head is told: first, by the rule first(days_behind=" in told.output
    now = ask(laju, "alerts", "explain", "36.03", "--on", "2024-06-27")
    assert "nothing is told to the head" in now.output
    assert "is no kab/kota" in ask(laju, "alerts", "explain", "36").stderr


def test_a_replayed_past_lists_the_mails_that_would_have_gone_and_sends_none(laju: Pipeline) -> None:
    before = len(laju.mails())
    replayed = ask(laju, "alerts", "simulate", "--from", "2024-06-01", "--to", "2024-06-30", "--region", "36", "--json")
    assert replayed.exit_code == 0, replayed.output
    told = json.loads(replayed.output)
    heads = [one for one in told if one["audience"] == "head"]
    assert {one["region"] for one in heads} >= {SERANG}
    # Nothing was reported of it between two balances, half a year apart; then it was behind.
    reasons = list(dict.fromkeys(one["reason"] for one in heads if one["region"] == SERANG))
    assert reasons[:2] == ["no_data", "first"]
    assert all(one["on"] >= "2024-06-01" for one in told)
    said = ask(laju, "alerts", "simulate", "--from", "2024-06-01", "--to", "2024-06-30", "--region", SERANG)
    assert "mails to 1 heads: median" in said.output
    assert len(laju.mails()) == before


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_mail_is_previewed_in_every_form(laju: Pipeline, language: str) -> None:
    html, text, eml = (
        ask(laju, "mail", "preview", SERANG, "--as", form, "--language", language) for form in ("html", "text", "eml")
    )
    assert (html.exit_code, text.exit_code, eml.exit_code) == (0, 0, 0), html.output
    assert "data:image/png;base64," in html.output
    assert "cid:" not in html.output
    assert ("di bawah garis target" if language == "id" else "below the target line") in text.output
    mail = message_from_bytes(eml.stdout_bytes, policy=policy.default)
    assert "Kabupaten Serang" in mail["Subject"]
    assert "is no reason" in ask(laju, "mail", "preview", SERANG, "--reason", "bored").stderr


def test_a_word_of_an_operator_counts_like_that_of_a_link(laju: Pipeline) -> None:
    said = ask(laju, "alerts", "acknowledge", SERANG, "--days", "3", "--reason", "Jemput bola")
    assert said.exit_code == 0, said.output

    def acknowledged() -> bool:
        (alert,) = json.loads(ask(laju, "alerts", "list", "--json").output)
        return alert["acknowledged_until"] is not None

    until(acknowledged)
    assert "is unknown" in ask(laju, "alerts", "silence", "99.99").stderr
    assert "NIK" in ask(laju, "alerts", "silence", SERANG, "--reason", "NIK 3604010101990001").stderr
