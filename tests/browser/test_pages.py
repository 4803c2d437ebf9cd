"""Every page at both widths, light and dark: nothing sticks out, nothing complains, axe finds nothing."""

from __future__ import annotations

import csv
import io
import re
from typing import Literal
from urllib.parse import urljoin

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESK, PHONE, Laju, Windows, shots
from tests.events import citizen, event

DENPASAR = "/regions/51.71"
PAGES = {
    "nation": "/",
    "province": "/regions/51",
    "kabkota": DENPASAR,
    "kecamatan": "/regions/51.71.01",
    "target": f"{DENPASAR}/targets/ikd/national/2024-12-31",
    "claims": f"{DENPASAR}/claims",
    "interventions": f"{DENPASAR}/interventions",
    "alerts": f"{DENPASAR}/alerts",
    "quality": "/regions/ID/quality",
    "about": "/about",
    "empty": "/regions/92.02",
    "past": f"{DENPASAR}?on=2023-09-12",
}
LINE = '[data-line="51.71/ikd/national/2024-12-31"]'


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", list(PAGES))
def test_every_page(name: str, width: int, windows: Windows) -> None:
    for scheme in ("light", "dark"):
        page = windows.open(PAGES[name], width, color_scheme=scheme)
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        if (folder := shots()) is not None:
            page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)


def test_a_page_that_is_not_there_says_so(windows: Windows) -> None:
    page = windows.open("/about")
    answer = page.request.get(f"{windows.laju.pages}/regions/99.99")
    assert (answer.status, "Tidak ada wilayah dengan kode itu" in answer.text()) == (404, True)
    answer = page.request.get(f"{windows.laju.pages}/?on=yesterday&lang=en")
    assert (answer.status, "write it as 2024-06-27" in answer.text()) == (404, True)


def test_figures_move_without_reloading(windows: Windows, laju: Laju) -> None:
    near, far = windows.open(DENPASAR), windows.open("/", DESK)
    expect(near.locator(".live.on")).to_be_visible()
    expect(far.locator(".live.on")).to_be_visible()
    actual = near.locator(f'{LINE} [data-figure="actual"]')
    before = int(actual.inner_text().replace(".", ""))
    near.evaluate("window.notReloaded = true")
    laju.send(
        event(
            "ikd.activated",
            time="2024-06-27T10:00:00+08:00",
            citizen=citizen(7_777_777),
            home="51.71.01",
            service="51.71.01",
            channel="office",
        )
    )
    after = f"{before + 1:,}".replace(",", ".")
    expect(actual).to_have_text(after)
    expect(near.locator(f'{LINE} [data-figure="verdict"]')).to_contain_text(f"{after} orang")
    expect(far.locator('tr[data-region="51.71"] [data-figure="actual"]')).to_have_text(after)
    assert near.evaluate("window.notReloaded")
    again = windows.open(DENPASAR)
    assert again.locator(f'{LINE} [data-figure="actual"]').inner_text() == after


def names(page: Page) -> list[str]:
    """The regions of the table, as they are shown."""
    found: list[str] = rows(page).all_inner_texts()
    return found


def rows(page: Page) -> Locator:
    """The first cell of each row of the table that is shown."""
    return page.locator("table.sortable tbody tr:visible td:first-child")


@pytest.mark.parametrize("scripts", [True, False])
def test_tables_are_sorted_and_searched_with_and_without_scripts(scripts: bool, windows: Windows) -> None:
    page = windows.open("/regions/51", DESK, java_script_enabled=scripts)
    heading = page.locator(".sortable thead th").first
    page.locator('a[data-column="name"]').click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    first = names(page)
    assert first == sorted(first)
    page.locator('a[data-column="name"]').click()
    expect(heading).to_have_attribute("aria-sort", "descending")
    assert names(page) == first[::-1]
    page.get_by_label("Cari wilayah").fill("denp")
    page.get_by_role("button", name="Cari", exact=True).click()
    expect(rows(page)).to_have_count(1)
    assert names(page) == ["Kota Denpasar"]


def taken_away(page: Page) -> list[str]:
    """The regions in the file that the page offers, in their order."""
    link = page.get_by_label("Tabel wilayah, CSV").get_attribute("href")
    assert link is not None
    answer = page.request.get(urljoin(page.url, link))
    assert answer.status == 200
    _, *rows = csv.reader(io.StringIO(answer.text().lstrip("\ufeff")))
    return [row[1] for row in rows]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_file_is_searched_and_sorted_as_the_table_is(scripts: bool, windows: Windows) -> None:
    page = windows.open("/regions/51?programme=perekaman", DESK, java_script_enabled=scripts)
    assert taken_away(page) == names(page)
    for direction in ("ascending", "descending"):
        page.locator('a[data-column="name"]').click()
        expect(page.locator(".sortable thead th").first).to_have_attribute("aria-sort", direction)
        assert taken_away(page) == names(page) != []
    page.get_by_label("Cari wilayah").fill("an ")
    page.get_by_role("button", name="Cari", exact=True).click()
    expect(rows(page)).not_to_have_count(9)
    found = names(page)
    assert 1 < len(found) < 9
    assert taken_away(page) == found
    page.get_by_label("Cari wilayah").fill("")
    page.get_by_role("button", name="Cari", exact=True).click()
    expect(rows(page)).to_have_count(9)
    assert taken_away(page) == names(page)
    assert len(names(page)) == 9


def test_the_links_to_files_keep_up_with_what_is_typed(windows: Windows) -> None:
    page = windows.open("/regions/51", DESK)
    find, links = page.get_by_label("Cari wilayah"), page.locator("a[download]")
    find.press_sequentially("Denpasar")
    assert names(page) == taken_away(page) == ["Kota Denpasar"]
    assert links.count() > 2
    for link in links.all():
        expect(link).to_have_attribute("href", re.compile(r"[?&]q=Denpasar(&|$)"))
    find.press("Backspace")
    assert names(page) == taken_away(page)
    find.fill("51.03")  # by its code
    assert names(page) == taken_away(page) == ["Kabupaten Badung"]
    find.fill("")
    for link in links.all():
        expect(link).not_to_have_attribute("href", re.compile("[?&]q="))


def test_without_scripts_every_figure_is_there(windows: Windows) -> None:
    page = windows.open(DENPASAR, java_script_enabled=False)
    assert page.locator(f"{LINE} svg[role=img]").first.is_visible()
    assert page.locator(f'{LINE} [data-figure="expected"]').inner_text() == "77.372"
    page.locator(f"{LINE} summary").first.click()
    assert page.locator(f"{LINE} details table").first.is_visible()


def test_the_language_is_kept(windows: Windows) -> None:
    page = windows.open(DENPASAR)
    assert page.locator("html").get_attribute("lang") == "id"
    page.get_by_role("link", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    expect(page.locator(f"{LINE} .pill")).to_contain_text("behind")
    page.goto(f"{windows.laju.pages}/about")
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("link", name="Bahasa Indonesia").click()
    assert page.locator("html").get_attribute("lang") == "id"


def test_links_keep_the_day(windows: Windows) -> None:
    page = windows.open(f"{DENPASAR}?on=2023-09-12")
    assert page.locator('[data-line="51.71/ikd/national/2023-12-31"] [data-figure="actual"]').inner_text() == "6.010"
    page.get_by_role("link", name="Bali", exact=True).click()
    assert page.get_by_label("Keadaan per tanggal").input_value() == "2023-09-12"
    assert page.locator("body").get_attribute("data-live") is None


def test_a_chart_shows_the_value_under_the_pointer(windows: Windows) -> None:
    page = windows.open(DENPASAR, DESK)
    plot = page.locator(f"{LINE} .plot.wide").first
    box = plot.locator("svg").bounding_box()
    assert box is not None
    plot.hover(position={"x": box["width"] * 0.45, "y": box["height"] * 0.5})
    expect(plot.locator(".tip")).to_be_visible()
    assert any(sign.isdigit() for sign in plot.locator(".tip").inner_text())


def test_a_mail_is_shown_as_it_was_sent(windows: Windows) -> None:
    page = windows.open(f"{DENPASAR}/alerts")
    page.locator("table a").first.click()
    letter = page.frame_locator("iframe.letter")
    expect(letter.get_by_text("Kepala Disdukcapil Kota Denpasar")).to_be_visible()
    assert letter.locator('a[href*="/v1/acts/"]').count() == 0


@pytest.mark.parametrize("media", ["print"])
def test_on_paper_there_is_nothing_to_click(media: Literal["print"], windows: Windows) -> None:
    page = windows.open(DENPASAR, DESK)
    page.emulate_media(media=media)
    assert not page.locator("header .tools").is_visible()
    assert not page.locator("form.find").first.is_visible()
    assert page.locator(f"{LINE} svg[role=img]").first.is_visible()
    assert len(page.pdf()) > 10_000


def test_the_keyboard_reaches_the_content_first(windows: Windows) -> None:
    page = windows.open(DENPASAR)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
