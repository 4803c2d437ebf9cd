"""The pages as a browser gets them: what is not there says so, a language is kept, and links lead where one may go."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.integration.aggregator.running import Aggregator, aggregator


@pytest.fixture(scope="module")
def laju(tmp_path_factory: pytest.TempPathFactory, servers: dict[str, str]) -> Iterator[Aggregator]:
    with aggregator(tmp_path_factory.mktemp("pages"), servers, {"LAJU_ACCESS": "link"}) as running:
        yield running


@pytest.fixture
def browser(laju: Aggregator) -> Iterator[httpx.Client]:
    """Of somebody who may see everything."""
    with laju.browser() as opened:
        opened.get(laju.link("ID"))
        yield opened


def linked(page: httpx.Response) -> set[str]:
    """Where the way from the nation to here leads."""
    crumbs = page.text.partition("<ol>")[2].partition("</ol>")[0]
    assert crumbs, page.text
    return set(re.findall(r'href="([^"]*)"', crumbs))


@pytest.mark.parametrize("day", ["yesterday", "2024-02-30", "2024-6-27", "1999-12-31"])
def test_a_day_that_is_none_has_no_page(browser: httpx.Client, day: str) -> None:
    for path in ("/", "/regions/51.71", "/regions/51.71/claims", "/about"):
        page = browser.get(path, params={"on": day})
        assert (page.status_code, "bukan tanggal yang benar" in page.text) == (404, True)


def test_a_region_that_is_none_has_no_page(browser: httpx.Client) -> None:
    page = browser.get("/regions/99.99?lang=en")
    assert (page.status_code, "There is no region with that code" in page.text) == (404, True)


def test_the_way_here_leads_only_where_one_may_go(laju: Aggregator, browser: httpx.Client) -> None:
    path = "/regions/51.71.01"
    with laju.browser() as kota:
        kota.get(laju.link("51.71"))
        assert linked(kota.get(path)) == {"/regions/51.71"}
    assert linked(browser.get(path)) == {"/", "/regions/51", "/regions/51.71"}
    assert linked(browser.get(path, params={"on": "2024-06-01"})) == {
        "/?on=2024-06-01", "/regions/51?on=2024-06-01", "/regions/51.71?on=2024-06-01",
    }  # fmt: skip


def test_the_language_chosen_last_is_kept(browser: httpx.Client) -> None:
    def spoken(query: str = "") -> str:
        return browser.get(f"/regions/51.71{query}").text.partition('<html lang="')[2][:2]

    assert [spoken(), spoken("?lang=en"), spoken(), spoken("?lang=id"), spoken()] == ["id", "en", "en", "id", "id"]
