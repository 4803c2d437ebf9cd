"""What is around all pages: in which language they are, and links that keep the day and lead only where one may go."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from services.aggregator.web.pages import language
from services.aggregator.web.pages.shell import Crumb, Shell, crumbs_of

SAY = language.words("id")


def asked(query: str = "", cookie: str = "", accepts: str = "en-US,en") -> Request:
    """A request for a page, by a browser in English."""
    headers = [(b"accept-language", accepts.encode())]
    if cookie:
        headers.append((b"cookie", f"laju_language={cookie}".encode()))
    return Request({"type": "http", "query_string": query.encode(), "headers": headers})


@pytest.mark.parametrize(
    ("query", "cookie", "chosen"),
    [
        ("", "", "id"),
        ("lang=en", "", "en"),
        ("", "en", "en"),
        ("lang=id", "en", "id"),
        ("lang=en", "id", "en"),
        ("lang=fr", "en", "en"),
        ("lang=", "fr", "id"),
    ],
)
def test_what_was_asked_for_just_now_counts_before_what_was_asked_for_before(
    query: str, cookie: str, chosen: str
) -> None:
    assert language.language_of(asked(query, cookie)) == chosen


def shell(**query: str) -> Shell:
    return Shell("id", SAY, "/regions/36", query)


def test_links_to_other_pages_keep_the_day_and_nothing_else() -> None:
    past = shell(on="2023-09-12", sort="gap", lang="en")
    assert past.link("/regions/36.04") == "/regions/36.04?on=2023-09-12"
    assert past.link("/regions/36.04", programme="perekaman") == "/regions/36.04?on=2023-09-12&programme=perekaman"
    assert shell(sort="gap").link("/regions/36.04") == "/regions/36.04"


def test_this_page_is_changed_in_what_is_said_and_keeps_the_rest() -> None:
    past = shell(on="2023-09-12", sort="gap", lang="en")
    assert past.here(sort="name") == "/regions/36?on=2023-09-12&sort=name"
    assert past.here(on=None) == "/regions/36?sort=gap"
    assert past.other_language == "/regions/36?on=2023-09-12&sort=gap&lang=en"


def test_wider_regions_lead_to_their_pages_unless_one_may_not_see_them() -> None:
    nation, province, here = crumbs_of("36.04")
    assert (nation.path, province.path, here) == ("/", "/regions/36", Crumb("Kabupaten Serang", None))
    *wider, kabkota, below = crumbs_of(
        "36.04", Crumb("Peringatan", None), may_see=lambda code: code.startswith("36.04")
    )
    assert [crumb.path for crumb in wider] == [None, None]
    assert (kabkota.path, below.name) == ("/regions/36.04", "Peringatan")
