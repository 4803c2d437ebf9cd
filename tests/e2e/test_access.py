"""Where not everybody may read, the notifier and the commands show their token, and everything works as before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from typer.testing import CliRunner, Result

from services.cli.main import app
from services.cli.pages import expiry
from shared.passes import Keys, Pass
from tests.e2e.pipeline import Pipeline, pipeline
from tests.events import event, target

SERANG = "36.04"
KEY = bytes(32)


def _token(code: str) -> str:
    return Keys((KEY,)).written("link", Pass(regions=(code,), expires=expiry(datetime.now(UTC), days=1)))


@pytest.fixture(scope="module")
def laju(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Serang is far behind."""
    settings = {"LAJU_ACCESS": "link", "LAJU_PAGES_KEY": KEY.hex(), "LAJU_PAGE_LINK_DAYS": "21"}
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


def _link(laju: Pipeline) -> str:
    """Where the one mail leads, as its plain text and its HTML say alike."""
    (mail,) = laju.mails_about("Kabupaten Serang")
    found: set[str] = set()
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        found |= set(re.findall(rf"""{laju.aggregator}/[^\s"'<>]+""", body.get_content()))
    (link,) = found
    return link


def test_the_head_opens_the_link_of_the_mail_and_sees_the_region(laju: Pipeline) -> None:
    with httpx.Client(headers={"Accept": "text/html"}, timeout=30) as browser:
        assert browser.get(f"{laju.aggregator}/regions/{SERANG}").status_code == 403

        page = browser.get(_link(laju), follow_redirects=True)
        assert (page.status_code, str(page.url)) == (200, f"{laju.aggregator}/regions/{SERANG}?on=2024-06-27")
        assert "Kabupaten Serang" in page.text
        for path in (f"/regions/{SERANG}.05", f"/v1/regions/{SERANG}/standings"):
            assert browser.get(laju.aggregator + path).status_code == 200
        for path in ("/regions/36.72", "/regions/36", "/v1/regions/ID"):
            assert browser.get(laju.aggregator + path).status_code == 403


def test_the_link_of_the_mail_ends_when_the_setting_says(laju: Pipeline) -> None:
    token = httpx.URL(_link(laju)).path.rpartition("/")[2]
    now = datetime.now(UTC)
    found = Keys((KEY,)).read("link", token, now)

    assert found.regions == (SERANG,)
    assert now + timedelta(days=20, hours=23) < found.expires <= now + timedelta(days=21)
    ended = Keys((KEY,)).written("link", found.model_copy(update={"expires": now}))
    with httpx.Client(headers={"Accept": "text/html"}, timeout=30) as browser:
        answer = browser.get(_link(laju).replace(token, ended), follow_redirects=True)
        assert (answer.status_code, "Tautan ini tidak berlaku" in answer.text) == (403, True)
        assert browser.get(f"{laju.aggregator}/regions/{SERANG}").status_code == 403


def test_the_letter_on_the_page_of_alerts_shows_no_pass(laju: Pipeline) -> None:
    with httpx.Client(headers={"Accept": "text/html"}, timeout=30, base_url=laju.aggregator) as browser:
        browser.get(_link(laju))
        alerts = browser.get(f"/regions/{SERANG}/alerts").text
        (mail,) = set(re.findall(rf"/regions/{SERANG}/mails/[0-9a-f]+", alerts))
        letter = browser.get(f"{mail}/letter").text

    assert f"{laju.aggregator}/regions/{SERANG}?on=2024-06-27" in letter
    _, content, signature = httpx.URL(_link(laju)).path.rpartition("/")[2].split(".")
    assert not any(part in shown for part in (content, signature) for shown in (alerts, letter))


def test_a_preview_has_no_pass(laju: Pipeline) -> None:
    for form in ("html", "text", "eml"):
        shown = _ask(laju, "mail", "preview", SERANG, "--as", form, token=_token(SERANG))
        assert (shown.exit_code, "/access/link" in shown.output) == (0, False)


def test_commands_show_their_token(laju: Pipeline) -> None:
    for command in (("status", SERANG, "--url", laju.aggregator), ("mail", "preview", SERANG, "--as", "text")):
        told = _ask(laju, *command, token=_token("36"))
        assert told.exit_code == 0, told.output
        assert "Kabupaten Serang" in told.output
        for token in ("", _token("51")):
            refused = _ask(laju, *command, token=token)
            assert (refused.exit_code, "403" in refused.stderr) == (1, True)
