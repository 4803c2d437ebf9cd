"""What open pages are told: the texts that they would have if they were asked for anew, each page in its own words."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

import pytest

from services.aggregator.book import Book, Track
from services.aggregator.generation import Generation
from services.aggregator.latest.assessment import Assessment
from services.aggregator.latest.ledger import ledger_of
from services.aggregator.latest.overview import Overview
from services.aggregator.latest.view import View
from services.aggregator.live.channel import Channel, Listener, Part
from services.aggregator.live.figures import of_seen, part
from services.aggregator.pace import Policy
from services.aggregator.store import Store
from services.aggregator.web.pages import language, tables, wide
from services.aggregator.web.pages.live import Telling
from services.aggregator.web.pages.shell import Shell
from shared.database import Database
from shared.events import Programme
from shared.events.standing import Standing
from shared.wording import Language
from tests.unit.notifier.standings import TARGET, back, standing

DAY = date(2024, 6, 27)
PATIENT = 20.0
PEREKAMAN = standing(programme="perekaman", actual=77_777, target=TARGET.model_copy(update={"programme": "perekaman"}))


def in_memory() -> Overview:
    """Of a projection that nobody has assessed anything in. Its database is never asked."""
    store = Store(Database.at("mongodb://127.0.0.1:1", "laju_p1"), 1, "test")
    return Overview(store.assessments, store.shelves, policy=Policy(), today=lambda code: DAY)


@dataclass
class Present:
    """The projection that serves, as far as pages hear of it."""

    number: int = 1
    overview: Overview = field(default_factory=in_memory)

    def assess(self, *rows: Standing) -> None:
        """These are the rows of their kab/kota from now on."""
        view = self.overview.view
        known, changed = dict(view.assessments), dict(view.changed)
        for code in {row.region for row in rows}:
            ledger = ledger_of(Book({"ikd": Track({DAY: 5}), "perekaman": Track({})}))
            known[code] = Assessment([row for row in rows if row.region == code], ledger, view.version + 1)
            changed[code] = view.version + 1
        self.overview.view = View(view.version + 1, known, view.decrees, changed)


@dataclass
class Open:
    """Pages about a region, open side by side."""

    present: Present
    code: str
    telling: Telling = field(init=False)
    channel: Channel = field(init=False)

    def __post_init__(self) -> None:
        self.telling = Telling(lambda: cast("Generation", self.present), PATIENT)
        self.channel = Channel(self.code)

    def page(self, spoken: Language = "id", programme: Programme = "ikd") -> AsyncIterator[bytes]:
        listener = Listener(self.channel)
        self.channel.listeners.add(listener)
        return self.telling.told(listener, self.code, programme, shell(spoken))

    async def say(self) -> None:
        """Tell what is in memory now."""
        view = self.present.overview.view
        seen = await self.present.overview.seen(self.code, view)
        known = {code: Part(part(code, view.rows_of(code)), view.changed[code], 1) for code in view.assessments}
        self.channel.put(of_seen(seen, 1, None).model_copy(update={"parts": ()}), known)


def shell(spoken: Language = "id") -> Shell:
    return Shell(spoken, language.words(spoken), "/regions/36", {})


async def heard(page: AsyncIterator[bytes]) -> dict[str, Any]:
    """What the page is told next."""
    lines = (await anext(page)).decode().splitlines()
    (content,) = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    return cast("dict[str, Any]", json.loads(content))


def actual(told: dict[str, Any], code: str = "36.04") -> str:
    return cast("str", told["rows"][code]["texts"]["actual"]["text"])


def shown(rows: Iterable[Standing], spoken: Language) -> Iterator[tuple[str, str, str, str]]:
    """Region, figure, text and what it is sorted by of each cell of the table on the page that is known."""
    for row in tables.regions(rows, shell(spoken), "").rows:
        for cell in row.cells:
            if cell.name not in ("", "status") and cell.sort:
                yield row.code, cell.name, cell.shown, cell.sort


@pytest.mark.parametrize("spoken", ["id", "en"])
async def test_a_page_that_listens_says_what_a_new_one_says(spoken: Language) -> None:
    rows = [standing(), back(region="36.72", name="Kota Cilegon"), standing(region="36.01", gap=0, actual=0)]
    pages = Open(Present(), "36")
    pages.present.assess(*rows)
    await pages.say()
    told = await heard(pages.page(spoken))
    assert {
        (code, name, text["text"], text["sort"])
        for code, row in told["rows"].items()
        for name, text in row["texts"].items()
    } == set(shown(rows, spoken))


async def test_each_page_is_told_in_its_language_and_of_its_programme() -> None:
    pages = Open(Present(), "36")
    pages.present.assess(standing(), PEREKAMAN)
    await pages.say()
    listening = [pages.page(), pages.page("en"), pages.page(programme="perekaman"), pages.page("en")]
    indonesian, english, other, again = [await heard(page) for page in listening]
    assert [actual(told) for told in (indonesian, english, other)] == ["91.112", "91,112", "77.777"]
    assert "tertinggal" in indonesian["rows"]["36.04"]["status"]["text"]
    assert "behind" in english["rows"]["36.04"]["status"]["text"]
    assert again == english


async def test_a_row_that_is_another_is_told_as_it_is_now() -> None:
    pages = Open(Present(), "36")
    pages.present.assess(standing(), standing(region="36.72", actual=500))
    await pages.say()
    page, other = pages.page(), pages.page("en")
    assert (actual(await heard(page)), actual(await heard(other))) == ("91.112", "91,112")
    for number in (91_113, 91_114):
        pages.present.assess(standing(actual=number, revision=number))
        await pages.say()
        told, english = await heard(page), await heard(other)
        assert (actual(told), actual(english)) == (f"91.{number % 1000}", f"91,{number % 1000}")
        assert told["rows"].keys() == {"36.04"}


async def test_the_nation_is_told_of_its_tiles() -> None:
    pages = Open(Present(), "ID")
    pages.present.assess(standing())
    view = pages.present.overview.view
    province = await pages.present.overview.seen("36", view)
    seen = await pages.present.overview.seen("ID", view)
    pages.channel.put(
        of_seen(seen, 1, None).model_copy(update={"parts": ()}), {"36": Part(part("36", province.standings), 1, 1)}
    )
    told = await heard(pages.page())
    (banten,) = tables.principal(province.standings, "ikd", DAY)
    assert told["tiles"] == {"36": {"kind": "critical", "text": wide.text_of("36", banten, shell().say)}}
    assert told["cards"].keys() == {row.line for row in seen.standings}
