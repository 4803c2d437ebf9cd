"""Alerts and mails on the pages where small counts are hidden: heads are told everything, pages tell no more than the
read API.

Denpasar and Badung are behind, and of Denpasar's kecamatan Selatan, whose 70 people are shown, and Barat, whose 3 are
hidden and Timur's 40 with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.e2e.pipeline import Pipeline, pipeline
from tests.events import citizen, event, target
from tests.servers import free_port, service
from tests.waiting import until

DENPASAR, BADUNG = "51.71", "51.03"
SELATAN, TIMUR, BARAT, UTARA = "51.71.01", "51.71.02", "51.71.03", "51.71.04"
KUTA, MENGWI, ABIANSEMAL = "51.03.01", "51.03.02", "51.03.03"
_numbers = count(1)


def _done(people: int, home: str) -> list[dict[str, Any]]:
    where = {"home": home, "service": home[:5], "channel": "office"}
    return [
        event("ikd.activated", time="2024-06-20T10:00:00+08:00", citizen=citizen(next(_numbers)), **where)
        for _ in range(people)
    ]


def _wajib_ktp(region: str, people: int) -> dict[str, Any]:
    return event("wajib_ktp.reported", region=region, as_of="2024-01-01", count=people, source="siak")


@pytest.fixture(scope="module")
def laju(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    folder = tmp_path_factory.mktemp("laju")
    settings = {"LAJU_SMALLEST_CELL": "5", "LAJU_GATHER_SECONDS": "3"}
    with pipeline(folder, as_of="2024-06-27", heads=[DENPASAR, BADUNG], **settings) as running:
        running.send(
            target(DENPASAR, 5000, basis="absolute"), target(BADUNG, 4000, basis="absolute"),
            target(SELATAN, 1000, basis="absolute"), target(BARAT, 100, basis="absolute"),
            _wajib_ktp(BADUNG, 8000), _wajib_ktp(KUTA, 4000), _wajib_ktp(MENGWI, 2000), _wajib_ktp(ABIANSEMAL, 2000),
            *_done(70, SELATAN), *_done(40, TIMUR), *_done(3, BARAT), *_done(90, UTARA),
            *_done(50, KUTA), *_done(4, MENGWI), *_done(20, ABIANSEMAL),
        )  # fmt: skip
        running.settle()

        def recorded() -> bool:
            found = running.http.get(f"{running.notifier}/v1/regions/ID/alerts").json()
            return len(found["history"]) == 4

        until(recorded)
        yield running


def _page(laju: Pipeline, path: str, aggregator: str | None = None) -> tuple[int, str]:
    answer = laju.http.get(f"{aggregator or laju.aggregator}{path}", headers={"Accept": "text/html"})
    return answer.status_code, " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def _mails(laju: Pipeline, region: str) -> list[str]:
    """The paths of the mails that the page of alerts leads to."""
    page = laju.http.get(f"{laju.aggregator}/regions/{region}/alerts").text
    return re.findall(rf"/regions/{region}/mails/[0-9a-f]+", page)


def test_the_head_is_told_of_every_kecamatan(laju: Pipeline) -> None:
    (mail,) = laju.mails_about("Denpasar")
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]

    for told in ("Kota Denpasar: IKD", "Denpasar Selatan: IKD", "Denpasar Barat: IKD"):
        assert told in text
    assert re.search(r"Realisasi +: 3 orang", text)


def test_a_page_tells_of_the_alerts_whose_counts_are_shown(laju: Pipeline) -> None:
    for region in (DENPASAR, "51", "ID"):
        status, page = _page(laju, f"/regions/{region}/alerts")
        assert status == 200
        assert page.count("Denpasar Selatan : IKD") == page.count("Denpasar Selatan , IKD") == 1
        assert "pertama kali diberitahukan, selisih −419" in page  # 70 less 489
        assert "Denpasar Barat" not in page
        assert "Denpasar Timur" not in page
        # The rule is told of the kota alone, and so is how grave it is.
        assert page.count("first(") == (1 if region == DENPASAR else 2)
        assert page.count("kritis") == page.count("first(")
    _, page = _page(laju, f"/regions/{BARAT}/alerts")
    assert "pertama kali diberitahukan" not in page


def test_a_letter_with_what_is_hidden_is_not_shown(laju: Pipeline) -> None:
    assert _mails(laju, DENPASAR) == []
    _, page = _page(laju, f"/regions/{DENPASAR}/alerts")
    assert "tidak ditampilkan: mungkin memuat jumlah di bawah 5" in page
    assert "di bawah garis target per" not in page  # nor its subject

    # Its address is known from before.
    with service("aggregator", port := free_port(), laju.folder / "all", _beside(laju, port, "0")):
        (mail,) = set(_mails_of(laju, port))
        status, page = _page(laju, f"{mail}/letter", f"http://127.0.0.1:{port}")
        assert (status, "Denpasar Barat" in page) == (200, True)
    for path in (mail, f"{mail}/letter"):
        status, page = _page(laju, path)
        assert (status, "mungkin ada jumlah di bawah 5" in page, "Barat" in page) == (404, True, False)


def test_a_letter_that_hides_as_much_is_shown(laju: Pipeline) -> None:
    (mail,) = _mails(laju, BADUNG)
    status, page = _page(laju, mail)
    assert (status, "Kabupaten Badung" in page) == (200, True)
    status, page = _page(laju, f"{mail}/letter")
    # Of 50, 4 and 20 the 4 is hidden, and with it the next in size.
    assert (status, "Kuta" in page, "Mengwi" in page, "Abiansemal" in page) == (200, True, False, False)

    with service("aggregator", port := free_port(), laju.folder / "more", _beside(laju, port, "10")):
        assert _page(laju, f"{mail}/letter", f"http://127.0.0.1:{port}")[0] == 404


def _beside(laju: Pipeline, port: int, smallest: str) -> dict[str, str]:
    """The environment of another aggregator that hides counts below ``smallest``."""
    environment = dict(laju.services["aggregator"].environment or {})
    return environment | {"LAJU_AGGREGATOR_PORT": str(port), "LAJU_SMALLEST_CELL": smallest}


def _mails_of(laju: Pipeline, port: int) -> list[str]:
    page = laju.http.get(f"http://127.0.0.1:{port}/regions/{DENPASAR}/alerts").text
    return re.findall(rf"/regions/{DENPASAR}/mails/[0-9a-f]+", page)
