"""Who gets in with which setting: everybody by none, by a link, by signing in; people with browsers, and programs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx
import pytest

from tests.integration.aggregator.provider import CLIENT_ID, CLIENT_SECRET, Provider, provider
from tests.integration.aggregator.running import Aggregator, aggregator
from tests.servers import free_port

pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")  # of the provider, about itself
MODES = ("public", "link", "oidc")
CODES = {"kota": "51.71", "province": "51", "nation": "ID"}
ACCOUNTS = {"kota": "denpasar", "province": "bali", "nation": "directorate"}
NOBODY, ALL = frozenset[str](), frozenset(CODES)
WIDE = frozenset({"province", "nation"})
NATION = frozenset({"nation"})
# Who may see each path unless everybody may; of those, what a browser is shown if not.
PATHS = {
    "/": NATION,
    "/about": ALL,
    "/docs": ALL,
    "/openapi.json": ALL,
    "/v1/progress": ALL,
    "/v1/nothing": ALL,
    "/nothing": ALL,
    "/regions": NATION,
    "/regions/ID": NATION,
    "/regions/51": WIDE,
    "/regions/51.71": ALL,
    "/regions/51.71.01.1001": ALL,
    "/regions/51.71/interventions": ALL,
    "/regions/51.03": WIDE,
    "/regions/51.7": WIDE,
    "/regions/35.73": NATION,
    "/v1/regions/ID": NATION,
    "/v1/regions/51": WIDE,
    "/v1/regions/51.71": ALL,
    "/v1/regions/51.71.01/standings": ALL,
    "/v1/regions/51.03/daily?programme=ikd": WIDE,
    "/v1/regions/35.73/outreach": NATION,
    "/v1/regions/nonsense": NATION,
    "/v1/progress?region=51.03": WIDE,
}
OPEN = ("/metrics", "/healthz", "/readyz", "/static/nothing.css", "/access/nothing")


@dataclass
class World:
    """An aggregator for each setting, and browsers and programs of everybody; ``None`` has nothing to show."""

    modes: dict[str, Aggregator] = field(default_factory=dict)
    browsers: dict[tuple[str, str | None], httpx.Client] = field(default_factory=dict)
    programs: dict[tuple[str, str | None], httpx.Client] = field(default_factory=dict)


@pytest.fixture(scope="module")
def accounts() -> Iterator[Provider]:
    with provider() as started:
        yield started


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, servers: dict[str, str], accounts: Provider) -> Iterator[World]:
    with ExitStack() as stack:
        found = World()
        for mode in MODES:
            port = free_port()
            settings = {"LAJU_ACCESS": mode}
            if mode == "oidc":
                settings |= {
                    "LAJU_PAGES_URL": f"http://127.0.0.1:{port}",
                    "LAJU_OIDC_ISSUER": accounts.url,
                    "LAJU_OIDC_CLIENT_ID": CLIENT_ID,
                    "LAJU_OIDC_CLIENT_SECRET": CLIENT_SECRET,
                }
            running = stack.enter_context(aggregator(tmp_path_factory.mktemp(mode), servers, settings, port))
            found.modes[mode] = running
            for who in (None, *CODES):
                browser = found.browsers[mode, who] = stack.enter_context(running.browser())
                token = running.token(CODES[who]) if who else None
                found.programs[mode, who] = stack.enter_context(running.program(token))
                if who and mode == "link":
                    assert browser.get(running.link(CODES[who])).status_code == 303
                if who and mode == "oidc":
                    begun = browser.get("/access/sign-in").headers["Location"]
                    assert browser.get(accounts.signed_in(begun, ACCOUNTS[who])).status_code == 303
        yield found


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("who", [None, *CODES])
@pytest.mark.parametrize("mode", MODES)
def test_a_program_gets_in_or_is_told_in_a_problem_document(
    world: World, mode: str, who: str | None, path: str
) -> None:
    answer = world.programs[mode, who].get(path)

    if mode == "public" or who in PATHS[path]:
        assert _let_in(answer)
    else:
        assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")
        said = answer.json()["detail"]
        assert (f"your pass is for {CODES[who]}" if who else "`Authorization: Bearer …`") in said
        assert ("Sign in at" in said) == (who is None and mode == "oidc")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("who", [None, *CODES])
@pytest.mark.parametrize("mode", MODES)
def test_a_person_gets_in_or_is_told_on_a_page(world: World, mode: str, who: str | None, path: str) -> None:
    answer = world.browsers[mode, who].get(path)
    document = path.startswith("/v1/")

    if mode == "public" or who in PATHS[path]:
        assert _let_in(answer)
    elif document:
        assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")
    elif who is None and mode == "oidc":
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/access/sign-in?next=%2F")
    elif path == "/" and who is not None:
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/regions/{CODES[who]}")
    else:
        assert (answer.status_code, answer.headers["Content-Type"]) == (403, "text/html; charset=utf-8")
        assert ("memiliki tautan" if who is None else "daerah lain") in answer.text
        assert 'lang="en"' in answer.text


@pytest.mark.parametrize("path", OPEN)
@pytest.mark.parametrize("mode", MODES)
def test_what_operates_the_service_asks_for_nothing(world: World, mode: str, path: str) -> None:
    assert _let_in(world.programs[mode, None].get(path))


@pytest.mark.parametrize("mode", ["link", "oidc"])
def test_what_is_for_one_visitor_is_kept_by_no_cache_in_between(world: World, mode: str) -> None:
    for client in (world.browsers[mode, "kota"], world.programs[mode, "kota"], world.programs[mode, None]):
        answer = client.get("/v1/regions/51.71")
        assert answer.headers["Cache-Control"] in ("private, no-cache", "no-store")
        assert {"Cookie", "Authorization"} <= {name.strip() for name in answer.headers["Vary"].split(",")}
    assert "private" not in world.programs["public", None].get("/v1/regions/51.71").headers.get("Cache-Control", "")


@pytest.mark.parametrize("mode", ["link", "oidc"])
def test_nothing_in_a_request_but_its_path_says_what_it_is_about(world: World, mode: str) -> None:
    token = world.modes[mode].token("51.71")
    for headers in ({"Host": "x/about?"}, {"Host": "x/static/"}, {"X-Forwarded-Prefix": "/static/"}):
        for client in (world.programs[mode, None], world.programs[mode, "kota"]):
            assert client.get("/v1/regions/51.03", headers=headers).status_code in (400, 403)
    for path in ("/static/../v1/regions/51.03", "//v1/regions/51.03", "/v1//regions/51.03", "/v1/regions/51.03/"):
        url = httpx.URL(world.modes[mode].url).copy_with(raw_path=path.encode())
        answer = httpx.get(url, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in (403, 404), path
        assert "Denpasar" not in answer.text
        assert "Badung" not in answer.text


@pytest.mark.parametrize("mode", ["link", "oidc"])
def test_nobody_gets_in_by_a_web_socket(world: World, mode: str) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}

    assert world.programs[mode, None].get("/v1/regions/51.71", headers=upgrade | key).status_code == 403


@pytest.mark.parametrize("mode", ["link", "oidc"])
def test_a_token_that_opens_nothing_is_not_made_up_for_by_a_cookie(world: World, mode: str) -> None:
    answer = world.browsers[mode, "nation"].get("/v1/progress", headers={"Authorization": "Bearer nonsense"})

    assert answer.status_code == 403
    assert "opens nothing: it is not whole" in answer.json()["detail"]


def test_a_cookie_of_a_link_is_no_session_and_the_other_way_round(world: World) -> None:
    link = world.modes["oidc"].token("ID")
    session = next(iter(world.browsers["oidc", "nation"].cookies.jar), None)
    assert session is not None
    for mode, value in (("oidc", link), ("link", session.value or "")):
        for name in ("laju_session", "laju_link"):
            with world.modes[mode].browser() as browser:
                browser.cookies.set(name, value)
                assert browser.get("/v1/progress").status_code == 403


def _let_in(answer: httpx.Response) -> bool:
    """Whether the gate let a request through; what became of it behind the gate is for others to test."""
    return answer.status_code not in (303, 401, 403)
