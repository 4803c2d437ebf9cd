"""Signing in with OpenID Connect, with a provider that behaves, that misbehaves, and that is away."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from tests.integration.aggregator.provider import CLIENT_ID, CLIENT_SECRET, Change, Provider, expired, provider
from tests.integration.aggregator.running import Aggregator, aggregator
from tests.servers import free_port

pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")  # of the provider, about itself


@pytest.fixture(scope="module")
def accounts() -> Iterator[Provider]:
    with provider() as started:
        yield started


@pytest.fixture(scope="module")
def laju(tmp_path_factory: pytest.TempPathFactory, servers: dict[str, str], accounts: Provider) -> Iterator[Aggregator]:
    port = free_port()
    settings = {
        "LAJU_ACCESS": "oidc",
        "LAJU_PAGES_URL": f"http://127.0.0.1:{port}/",
        "LAJU_OIDC_ISSUER": accounts.url,
        "LAJU_OIDC_CLIENT_ID": CLIENT_ID,
        "LAJU_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "LAJU_OIDC_SESSION_HOURS": "2",
    }
    with aggregator(tmp_path_factory.mktemp("sign-in"), servers, settings, port) as running:
        yield running


@pytest.fixture
def browser(laju: Aggregator, accounts: Provider) -> Iterator[httpx.Client]:
    """A fresh one, and a provider that behaves afterwards."""
    with laju.browser() as fresh:
        yield fresh
    accounts.well()


def begun(browser: httpx.Client, path: str = "/") -> str:
    """Where somebody is sent to who opens a page without being signed in."""
    first = browser.get(path)
    assert first.status_code == 303, first.text
    second = browser.get(first.headers["Location"])
    assert second.status_code == 303, second.text
    return second.headers["Location"]


def signed_in(browser: httpx.Client, accounts: Provider, who: str, path: str = "/") -> httpx.Response:
    """What somebody gets who has signed in and come back."""
    return browser.get(accounts.signed_in(begun(browser, path), who))


def test_one_comes_back_to_the_page_one_wanted(browser: httpx.Client, accounts: Provider) -> None:
    back = signed_in(browser, accounts, "denpasar", "/regions/51.71?on=2024-06-27&programme=ikd")

    assert (back.status_code, back.headers["Location"]) == (303, "/regions/51.71?on=2024-06-27&programme=ikd")
    assert browser.get("/v1/regions/51.71.01").status_code == 200
    assert browser.get("/v1/regions/51.03").status_code == 403


def test_who_has_several_regions_chooses(browser: httpx.Client, accounts: Provider) -> None:
    signed_in(browser, accounts, "two")
    page = browser.get("/")

    assert page.status_code == 200
    assert 'href="/regions/35.73">Kota Malang<' in page.text
    assert 'href="/regions/51.71">Kota Denpasar<' in page.text
    assert browser.get("/v1/regions/35.73").status_code == browser.get("/v1/regions/51.71").status_code == 200
    assert browser.get("/v1/regions/35").status_code == 403


def test_what_the_provider_is_asked(browser: httpx.Client, laju: Aggregator, accounts: Provider) -> None:
    address = begun(browser)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}

    assert address.startswith(f"{accounts.url}/oauth2/authorize?")
    assert asked["redirect_uri"] == f"{laju.url}/access/callback"
    assert (asked["response_type"], asked["scope"], asked["client_id"]) == ("code", "openid", CLIENT_ID)
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["nonce"]) == 43
    browser.get(accounts.signed_in(address, "denpasar"))
    assert create_s256_code_challenge(accounts.code_verifiers[-1]) == asked["code_challenge"]


def test_the_session_says_nothing_about_the_person(browser: httpx.Client, accounts: Provider) -> None:
    back = signed_in(browser, accounts, "denpasar")
    (cookie,) = SimpleCookie(back.headers["Set-Cookie"]).values()

    assert (cookie.key, cookie["httponly"], cookie["samesite"], cookie["path"]) == ("laju_session", True, "lax", "/")
    assert 7100 < int(cookie["max-age"]) <= 7200
    content = cookie.value.split(".")[1]
    assert len(content) < 100
    assert back.headers["Cache-Control"] == "no-store"


def test_behind_https_the_cookies_are_for_https_and_this_host_only(laju: Aggregator, browser: httpx.Client) -> None:
    answer = browser.get("/access/sign-in", headers={"X-Forwarded-Proto": "https"})
    (cookie,) = SimpleCookie(answer.headers["Set-Cookie"]).values()

    assert (cookie.key, cookie["secure"], cookie["httponly"], cookie["samesite"]) == (
        "__Host-laju_browser", True, True, "lax",
    )  # fmt: skip


def test_several_sign_ins_at_once_do_not_disturb_each_other(browser: httpx.Client, accounts: Provider) -> None:
    addresses = [begun(browser, f"/regions/51.71?tab={tab}") for tab in range(12)]
    for tab, address in reversed(list(enumerate(addresses))):
        back = browser.get(accounts.signed_in(address, "denpasar"))
        assert back.headers["Location"] == f"/regions/51.71?tab={tab}"


def test_a_sign_in_belongs_to_its_browser(laju: Aggregator, browser: httpx.Client, accounts: Provider) -> None:
    back = accounts.signed_in(begun(browser), "directorate")
    with laju.browser() as other:
        assert _why(other.get(back)) == (400, "Masuk belum selesai")
        begun(other)
        assert _why(other.get(back)) == (400, "Masuk belum selesai")
        assert other.get("/v1/progress").status_code == 403
    assert browser.get(back).status_code == 303


def test_a_code_is_taken_once(browser: httpx.Client, accounts: Provider) -> None:
    back = accounts.signed_in(begun(browser), "denpasar")

    assert browser.get(back).status_code == 303
    assert _why(browser.get(back)) == (403, "Tidak dapat masuk")


@pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=nonsense", "?error=access_denied"])
def test_who_comes_back_from_nowhere_begins_again(browser: httpx.Client, query: str) -> None:
    browser.get("/access/sign-in")

    assert _why(browser.get(f"/access/callback{query}")) == (400, "Masuk belum selesai")


def test_a_changed_state_is_nobodys(browser: httpx.Client, accounts: Provider) -> None:
    back = urlsplit(accounts.signed_in(begun(browser), "denpasar"))
    query = {name: values[0] for name, values in parse_qs(back.query).items()}
    query["state"] = query["state"][:-4] + "AAAA"

    assert _why(browser.get(back.path, params=query)) == (400, "Masuk belum selesai")


def test_who_does_not_want_to_is_let_go(browser: httpx.Client, accounts: Provider) -> None:
    back = accounts.refused(begun(browser))
    if "state=" not in back:  # RFC 6749 demands it; not every provider does it
        back += "&state=" + parse_qs(urlsplit(begun(browser)).query)["state"][0]

    assert _why(browser.get(back)) == (403, "Tidak dapat masuk")


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/access/sign-in"])
def test_nobody_is_sent_to_another_server_afterwards(browser: httpx.Client, accounts: Provider, path: str) -> None:
    address = browser.get("/access/sign-in", params={"next": path}).headers["Location"]

    assert browser.get(accounts.signed_in(address, "denpasar")).headers["Location"] == "/"


@pytest.mark.parametrize("who", ["nobody", "retired", "somebody unknown"])
def test_who_has_no_region_is_told_so(browser: httpx.Client, accounts: Provider, who: str) -> None:
    answer = signed_in(browser, accounts, who)

    assert _why(answer) == (403, "Akun belum diberi daerah")
    assert browser.get("/v1/progress").status_code == 403


def _without(name: str) -> Change:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


CHANGES: dict[str, Change] = {
    "another nonce": lambda claims: claims | {"nonce": "x" * 43},
    "no nonce": _without("nonce"),
    "another audience": lambda claims: claims | {"aud": "another client"},
    "another audience beside ours, and no word for whom": lambda claims: claims | {"aud": [CLIENT_ID, "another"]},
    "another audience, that it was given to us for": lambda claims: claims | {"aud": "another", "azp": CLIENT_ID},
    "for another party": lambda claims: claims | {"azp": "another client"},
    "no audience": _without("aud"),
    "another issuer": lambda claims: claims | {"iss": "https://evil.example"},
    "no issuer": _without("iss"),
    "too old": expired,
    "no end": _without("exp"),
    "nobody": _without("sub"),
    "of tomorrow": lambda claims: claims | {"nbf": claims["iat"] + 86_400},
    "for another access token": lambda claims: claims | {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_id_token_that_is_not_for_us_now_proves_nothing(
    browser: httpx.Client, accounts: Provider, change: Change
) -> None:
    accounts.change = change

    assert _why(signed_in(browser, accounts, "directorate")) == (403, "Tidak dapat masuk")
    assert browser.get("/v1/progress").status_code == 403


def test_a_token_that_is_not_signed_by_the_provider_proves_nothing(browser: httpx.Client, accounts: Provider) -> None:
    accounts.new_key(published=False)

    assert _why(signed_in(browser, accounts, "directorate")) == (403, "Tidak dapat masuk")


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_that_anybody_could_sign_proves_nothing(
    browser: httpx.Client, accounts: Provider, algorithm: str
) -> None:
    accounts.algorithm = algorithm

    assert _why(signed_in(browser, accounts, "directorate")) == (403, "Tidak dapat masuk")


def test_a_new_key_of_the_provider_is_fetched_once_it_is_met(browser: httpx.Client, accounts: Provider) -> None:
    assert signed_in(browser, accounts, "denpasar").status_code == 303
    accounts.asked.clear()
    browser.cookies.clear()
    assert signed_in(browser, accounts, "denpasar").status_code == 303
    assert set(accounts.asked) == {"/oauth2/authorize", "/oauth2/token"}

    accounts.new_key()
    accounts.asked.clear()
    browser.cookies.clear()
    assert signed_in(browser, accounts, "denpasar").status_code == 303
    assert accounts.asked.count("/jwks") == 1


def test_while_the_provider_is_away_one_is_told_and_all_else_goes_on(
    browser: httpx.Client, laju: Aggregator, accounts: Provider, tmp_path_factory: pytest.TempPathFactory,
    servers: dict[str, str],
) -> None:  # fmt: skip
    with laju.browser() as inside:
        signed_in(inside, accounts, "denpasar")
        back = accounts.signed_in(begun(browser), "denpasar")
        accounts.stop()
        try:
            answer = browser.get(back)
            assert _why(answer) == (503, "Layanan akun sedang tidak dapat dihubungi")
            assert int(answer.headers["Retry-After"]) > 0
            assert inside.get("/v1/regions/51.71").status_code == 200
            with laju.program(laju.token("ID")) as program:
                assert program.get("/v1/regions/ID").status_code == 200
            for path in ("/healthz", "/readyz", "/metrics"):
                assert httpx.get(laju.url + path).status_code == 200
            # One that has never reached its provider is ready all the same.
            with aggregator(tmp_path_factory.mktemp("fresh"), servers, _settings(laju)) as fresh:
                answer = httpx.get(fresh.url + "/access/sign-in")
                assert _why(answer) == (503, "Layanan akun sedang tidak dapat dihubungi")
                accounts.start()
                assert httpx.get(fresh.url + "/access/sign-in").status_code == 303
        finally:
            accounts.stop()
            accounts.start()
    browser.cookies.clear()
    assert signed_in(browser, accounts, "denpasar").status_code == 303


def test_another_issuer_at_the_address_is_not_believed(
    laju: Aggregator, accounts: Provider, tmp_path_factory: pytest.TempPathFactory, servers: dict[str, str]
) -> None:
    wrong = _settings(laju) | {"LAJU_OIDC_ISSUER": accounts.url + "/"}
    with aggregator(tmp_path_factory.mktemp("issuer"), servers, wrong) as running:
        assert _why(httpx.get(running.url + "/access/sign-in"))[0] == 503


def test_who_signs_out_is_out_and_told_of_the_account(browser: httpx.Client, accounts: Provider) -> None:
    signed_in(browser, accounts, "denpasar")
    answer = browser.post("/access/sign-out")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/access/signed-out")
    page = browser.get("/access/signed-out")

    assert "laju_session" not in browser.cookies
    assert browser.get("/v1/regions/51.71").status_code == 403
    assert 'href="/access/sign-in"' in page.text
    assert f"{accounts.url}/oauth2/end_session?client_id=" in page.text


def _settings(laju: Aggregator) -> dict[str, str]:
    return {name: value for name, value in laju.environment.items() if "OIDC" in name or name in _MORE}


_MORE = ("LAJU_ACCESS", "LAJU_PAGES_URL")


def _why(answer: httpx.Response) -> tuple[int, str]:
    """Status and heading of a page."""
    return answer.status_code, answer.text.partition("<h1>")[2].partition("</h1>")[0]
