"""Which regions a request is about, and what covers them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aggregator.web.access.rules import asked_for, covered, is_open, own_pages, own_path, widest
from services.aggregator.web.access.sign_in import regions_in
from shared.wilayah import NATION

KOTA, PROVINCE = ("51.71",), ("51",)
SEVERAL = ("35.73", "51.71")


@pytest.mark.parametrize(
    ("path", "query", "about"),
    [
        ("/", "", {"ID"}),
        ("/about", "", set()),
        ("/docs", "", set()),
        ("/v1/progress", "", set()),
        ("/v1/event-types", "region=51.71", {"51.71"}),
        ("/regions", "", {"ID"}),
        ("/v1/regions", "", {"ID"}),
        ("/v1/regions/", "", {""}),
        ("/regions/51.71", "on=2024-06-27", {"51.71"}),
        ("/regions/51.71.01.1001", "", {"51.71.01.1001"}),
        ("/regions/51.71/targets/ikd/national/2024-12-31", "", {"51.71"}),
        ("/v1/regions/51.71/standings", "", {"51.71"}),
        ("/v1/regions/51.71/compare/regions/51.03", "", {"51.71", "51.03"}),
        ("/regions/51.71.csv", "", {"51.71.csv"}),
        ("/regions/51.71/daily.csv", "programme=ikd", {"51.71"}),
        ("/regions/nonsense", "", {"nonsense"}),
        ("/compare", "region=51.71&region=51.03,51.02", {"51.71", "51.03", "51.02"}),
        ("//regions//51.71", "", {""}),
    ],
)
def test_which_regions_a_request_is_about(path: str, query: str, about: set[str]) -> None:
    assert asked_for(path, query) == about


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/metrics", True), ("/healthz", True), ("/readyz", True), ("/static/ab12/laju.css", True),
        ("/access/link/x", True), ("/access/sign-in", True),
        ("/", False), ("/static", False), ("/access", False), ("/metrics/", False), ("/healthz/x", False),
        ("/v1/progress", False), ("/staticx/", False), ("/docs", False), ("/openapi.json", False),
        ("//static/x", False), ("/v1/regions/51.71/static/", False),
    ],
)  # fmt: skip
def test_what_is_open_to_everybody(path: str, expected: bool) -> None:
    assert is_open(path) is expected


@pytest.mark.parametrize(
    ("asked", "regions", "expected"),
    [
        (set(), (), False),
        (set(), KOTA, True),
        ({"51.71"}, KOTA, True),
        ({"51.71.01"}, KOTA, True),
        ({"51.71.01.1001"}, KOTA, True),
        ({"51.71.csv"}, KOTA, True),
        ({"51"}, KOTA, False),
        ({"ID"}, KOTA, False),
        ({"51.7"}, KOTA, False),
        ({"51.711"}, KOTA, False),
        ({"51.03"}, KOTA, False),
        ({""}, KOTA, False),
        ({"nonsense"}, KOTA, False),
        ({"51.71", "51.03"}, KOTA, False),
        ({"51.71", "51.03"}, PROVINCE, True),
        ({"52.71"}, PROVINCE, False),
        ({"ID"}, PROVINCE, False),
        ({"51.71", "35.73.01"}, SEVERAL, True),
        ({"35"}, SEVERAL, False),
        ({"ID", "51.71", "nonsense", ""}, (NATION,), True),
    ],
)
def test_what_a_pass_covers(asked: set[str], regions: tuple[str, ...], expected: bool) -> None:
    assert covered(asked, regions) is expected


@pytest.mark.parametrize(
    ("codes", "kept"),
    [
        (["51.71"], ("51.71",)),
        (["51.71", "51.71", "51.71.01"], ("51.71",)),
        (["51.71", "51", "35.73"], ("35.73", "51")),
        (["51.71", "ID"], ("ID",)),
        (["99.99", "5171", "", "92.71"], ()),
    ],
)
def test_only_the_widest_known_regions_are_kept(codes: list[str], kept: tuple[str, ...]) -> None:
    assert widest(codes) == regions_in(codes) == kept


@pytest.mark.parametrize("claim", [None, 51, {"51.71": True}, [51, None, ["51.71"]], ""])
def test_a_claim_of_another_form_names_no_region(claim: object) -> None:
    assert regions_in(claim) == ()


def test_a_claim_may_be_one_code() -> None:
    assert regions_in("51.71") == ("51.71",)


def test_where_the_pages_of_regions_begin() -> None:
    assert own_pages(("35.73", NATION)) == ("/regions/35.73", "/")


@pytest.mark.parametrize("path", ["/", "/regions/51.71?on=2024-06-27&programme=ikd", "/about"])
def test_one_comes_back_to_a_path_of_ours(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "text",
    [
        "", "about", "https://evil.example/", "//evil.example", "///evil.example",
        "/\\evil.example", "\\\\evil.example",
        "/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "javascript:alert(1)",
        "/access/sign-in?next=/", "/access/callback", "/ü", "/" + "x" * 1000, "/\x7f",
    ],
)  # fmt: skip
def test_one_goes_nowhere_else(text: str) -> None:
    assert own_path(text) == "/"


@given(st.text(alphabet="/\\.:@?#\t\n evil%2F", max_size=12))
def test_no_browser_takes_it_for_another_server(text: str) -> None:
    path = own_path(text)
    # What browsers do first: drop tabs and line ends, and take a backslash for a slash (WHATWG URL, 4.4).
    seen = path.translate({ord("\t"): None, ord("\n"): None}).replace("\\", "/")
    assert seen.startswith("/")
    assert not seen.startswith("//")
