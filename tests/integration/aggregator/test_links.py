"""Links: printed by the command, opened by a browser, kept in a cookie, ended by a new key or by signing out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest

from services.notifier.pages import Pages
from services.notifier.read_api import ReadApi, ReadApiUnavailableError
from shared.passes import Keys, Pass
from tests.integration.aggregator.running import Aggregator, aggregator
from tests.servers import free_port

NEW, OLD, OLDER = (bytes([number]) * 32 for number in (3, 2, 1))
LINK = {"LAJU_ACCESS": "link"}
HTTPS = {"X-Forwarded-Proto": "https"}


@pytest.fixture(scope="module")
def laju(tmp_path_factory: pytest.TempPathFactory, servers: dict[str, str]) -> Iterator[Aggregator]:
    """It makes its key itself, in the folder that the command knows, too."""
    with aggregator(tmp_path_factory.mktemp("links"), servers, LINK) as running:
        yield running


@pytest.fixture(scope="module")
def between_keys(tmp_path_factory: pytest.TempPathFactory, servers: dict[str, str]) -> Iterator[Aggregator]:
    """It was given a new key and the one before."""
    keys = f"{NEW.hex()},{OLD.hex()}"
    folder = tmp_path_factory.mktemp("keys")
    with aggregator(folder, servers, LINK | {"LAJU_PAGES_KEY": keys}) as running:
        yield running


def _path(*secrets: bytes, code: str = "51.71", days: float = 365) -> str:
    content = Pass(regions=(code,), expires=datetime.now(UTC) + timedelta(days=days))
    return f"/access/link/{Keys(secrets).written('link', content)}"


def test_a_link_leads_to_the_page_and_stays_in_no_address(laju: Aggregator) -> None:
    with laju.browser() as browser:
        opened = browser.get(laju.link("51.71"))

        assert (opened.status_code, opened.headers["Location"]) == (303, "/regions/51.71")
        assert (opened.headers["Referrer-Policy"], opened.headers["Cache-Control"]) == ("no-referrer", "no-store")
        assert browser.get("/v1/regions/51.71").status_code == 200
        assert browser.get("/v1/regions/51.03").status_code == 403


@pytest.mark.parametrize(("code", "page"), [("ID", "/"), ("51", "/regions/51"), ("51.71.01", "/regions/51.71.01")])
def test_each_link_leads_to_where_its_region_begins(laju: Aggregator, code: str, page: str) -> None:
    with laju.browser() as browser:
        assert browser.get(laju.link(code)).headers["Location"] == page


def test_the_cookie_is_for_this_site_alone(laju: Aggregator) -> None:
    link = laju.link("51.71")
    with laju.browser() as browser:
        for headers, name, secure in ({}, "laju_link", False), (HTTPS, "__Host-laju_link", True):
            (cookie,) = SimpleCookie(browser.get(link, headers=headers).headers["Set-Cookie"]).values()
            assert (cookie.key, bool(cookie["secure"])) == (name, secure)
            assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "lax", "/")
            assert cookie["domain"] == ""
            assert 364 * 86_400 < int(cookie["max-age"]) <= 365 * 86_400


def test_a_link_that_opens_nothing_says_so(laju: Aggregator) -> None:
    with laju.browser() as browser:
        for link in ("/access/link/nonsense", laju.link("51.71")[:-3], _path(OLD)):
            answer = browser.get(link)
            assert (answer.status_code, "Tautan ini tidak berlaku" in answer.text) == (403, True)
            assert not browser.cookies
        assert browser.get("/v1/regions/51.71").status_code == 403


def test_it_opens_until_it_ends(between_keys: Aggregator) -> None:
    with between_keys.browser() as browser:
        assert browser.get(_path(NEW, days=-0.001)).status_code == 403
        assert browser.get(_path(NEW, days=0.001)).status_code == 303
        browser.cookies.set("laju_link", _path(NEW, days=-0.001).rpartition("/")[2])
        answer = browser.get("/regions/51.71")
        assert (answer.status_code, "tidak berlaku lagi" in answer.text) == (403, True)


def test_both_keys_open_during_a_change_and_others_do_not(between_keys: Aggregator) -> None:
    with between_keys.browser() as browser:
        assert [browser.get(_path(key)).status_code for key in (NEW, OLD, OLDER)] == [303, 303, 403]
    with between_keys.program(_path(OLD).rpartition("/")[2]) as program:
        assert program.get("/v1/regions/51.71").status_code == 200
    assert between_keys.token("ID").startswith(_path(NEW).removeprefix("/access/link/").partition(".")[0] + ".")


def test_a_new_key_ends_all_links_at_once_or_with_the_next(
    tmp_path_factory: pytest.TempPathFactory, servers: dict[str, str]
) -> None:
    folder, port = tmp_path_factory.mktemp("rotated"), free_port()

    def opened(link: str) -> int:
        return httpx.get(running.url + link).status_code

    with aggregator(folder, servers, LINK, port) as running:
        first = running.link("51.71")
        assert opened(first) == 303
        running.laju("pages", "rotate")
        second = running.link("51.71")
    with aggregator(folder, servers, LINK, port) as running:
        assert (opened(first), opened(second)) == (303, 303)
        running.laju("pages", "rotate")
        third = running.link("51.71")
    with aggregator(folder, servers, LINK, port) as running:
        assert (opened(first), opened(second), opened(third)) == (403, 303, 303)
        running.laju("pages", "rotate", "--revoke")
    with aggregator(folder, servers, LINK, port) as running:
        assert (opened(second), opened(third), opened(running.link("51.71"))) == (403, 403, 303)


def test_the_file_of_the_keys_is_for_its_owner_only(laju: Aggregator) -> None:
    laju.link("51.71")

    assert (Path(laju.environment["LAJU_DATA"]) / "pages.key").stat().st_mode & 0o777 == 0o600


def test_who_signs_out_needs_the_link_again(laju: Aggregator) -> None:
    with laju.browser() as browser:
        link = laju.link("51.71")
        browser.get(link)
        page = browser.get("/regions/51.03")
        assert 'action="/access/sign-out"' in page.text
        answer = browser.post("/access/sign-out")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/access/signed-out")
        assert not browser.cookies
        assert browser.get("/v1/regions/51.71").status_code == 403
        assert "bukalah kembali tautan" in browser.get("/access/signed-out").text


def test_the_form_of_another_site_signs_nobody_out(laju: Aggregator) -> None:
    # A browser sends no cookie of ours with it (SameSite), and it is the cookie that is asked to go.
    answer = httpx.post(laju.url + "/access/sign-out")

    assert "Set-Cookie" not in answer.headers
    assert httpx.get(laju.url + "/access/sign-out").status_code == 405


def test_a_key_that_cannot_be_read_ends_the_start_with_a_sentence(tmp_path: Path, servers: dict[str, str]) -> None:
    with (
        pytest.raises(AssertionError, match="LAJU_PAGES_KEY must be 64 hex digits"),
        aggregator(tmp_path, servers, LINK | {"LAJU_PAGES_KEY": "secret"}),
    ):
        pass


def test_the_status_of_a_region_is_told_with_a_token(laju: Aggregator) -> None:
    told = laju.laju("status", "51.71", "--url", laju.url, "--token", laju.token("51.71"))

    assert "Kota Denpasar" in told


async def _asked(url: str, token: Callable[[], str | None]) -> int:
    """The projection that serves, as the notifier asks for it."""
    api = ReadApi(url, token)
    try:
        return (await api.progress()).projection
    finally:
        await api.close()


async def test_the_notifier_shows_its_token_and_says_when_it_needs_one(laju: Aggregator) -> None:
    nation, province = laju.token("ID"), laju.token("51")

    assert await _asked(laju.url, lambda: nation) == await _asked(laju.url, lambda: province) == 1
    with pytest.raises(ReadApiUnavailableError, match="LAJU_READ_API_TOKEN must be"):
        await _asked(laju.url, lambda: None)


async def test_the_notifier_reads_with_a_pass_of_its_own_while_the_aggregator_knows_its_key(
    between_keys: Aggregator,
) -> None:
    for key in (NEW, OLD):
        pages = Pages(between_keys.url, Keys((key, OLDER)))
        assert await _asked(between_keys.url, lambda pages=pages: pages.token(datetime.now(UTC))) == 1  # type: ignore[misc]
    unknown = Pages(between_keys.url, Keys((OLDER, NEW)))
    with pytest.raises(ReadApiUnavailableError, match="so must LAJU_PAGES_KEY"):
        await _asked(between_keys.url, lambda: unknown.token(datetime.now(UTC)))


def _mailed(aggregator: Aggregator, *, reader: str = "51.71", days_ago: int = 0, key: bytes = NEW) -> str:
    """The path of the link to Denpasar Selatan in a mail of so many days ago, good for 30."""
    pages = Pages(aggregator.url, Keys((key,)), timedelta(days=30))
    written = datetime.now(UTC) - timedelta(days=days_ago)
    return pages.link("51.71.01", reader, written, date(2024, 6, 20)).removeprefix(aggregator.url)


def test_the_link_of_a_mail_leads_to_the_page_it_is_about(between_keys: Aggregator) -> None:
    with between_keys.browser() as browser:
        opened = browser.get(_mailed(between_keys, days_ago=29))

        assert (opened.status_code, opened.headers["Location"]) == (303, "/regions/51.71.01?on=2024-06-20")
        page = browser.get(opened.headers["Location"])
        assert (page.status_code, "Denpasar Selatan" in page.text) == (200, True)
        assert [browser.get(path).status_code for path in ("/regions/51.71", "/regions/51.03", "/regions/51")] == [
            200, 403, 403,
        ]  # fmt: skip


def test_the_link_of_an_old_mail_or_of_another_key_opens_nothing(between_keys: Aggregator) -> None:
    for link in (_mailed(between_keys, days_ago=30), _mailed(between_keys, key=OLDER)):
        with between_keys.browser() as browser:
            answer = browser.get(link)
            assert (answer.status_code, "surat yang terbaru" in answer.text) == (403, True)
            assert not browser.cookies
            assert browser.get("/regions/51.71.01").status_code == 403


def test_a_link_leads_to_no_other_server(between_keys: Aggregator) -> None:
    plain = _mailed(between_keys).partition("?")[0]
    with between_keys.browser() as browser:
        for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "/access/sign-out"):
            assert browser.get(plain, params={"next": elsewhere}).headers["Location"] == "/"
        assert browser.get(plain, params={"next": ""}).headers["Location"] == "/regions/51.71"


def test_a_pass_that_opens_more_or_longer_is_kept(between_keys: Aggregator) -> None:
    with between_keys.browser() as browser:
        assert "Set-Cookie" in browser.get(_mailed(between_keys, days_ago=20)).headers
        assert "Set-Cookie" in browser.get(_mailed(between_keys, days_ago=10)).headers  # the same for longer
        assert "Set-Cookie" in browser.get(_path(NEW, code="51", days=1)).headers  # more
        assert "Set-Cookie" not in browser.get(_mailed(between_keys)).headers
        assert browser.get("/regions/51.03").status_code == 200
        assert "Set-Cookie" in browser.get(_path(NEW, code="52")).headers  # something else


def test_who_has_a_good_pass_is_led_on_by_the_link_of_an_old_mail(between_keys: Aggregator) -> None:
    old = _mailed(between_keys, days_ago=300)
    with between_keys.browser() as browser:
        browser.get(_path(NEW, code="51"))
        assert browser.get(old).headers["Location"] == "/regions/51.71.01?on=2024-06-20"
        assert browser.get(old.partition("?")[0]).status_code == 403


def test_where_no_link_is_needed_those_of_mails_lead_to_their_pages(
    tmp_path: Path, servers: dict[str, str], between_keys: Aggregator
) -> None:
    with aggregator(tmp_path, servers, {}) as everybodys, everybodys.browser() as browser:
        answer = browser.get(_mailed(between_keys, days_ago=300))
        assert (answer.status_code, answer.headers["Location"]) == (303, "/regions/51.71.01?on=2024-06-20")
        assert not browser.cookies
