"""Tables and reports taken away from a running aggregator: the figures are those of the read API."""

from __future__ import annotations

import csv
import re
import subprocess
from collections.abc import Iterator
from html import unescape
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from shared.wilayah import children
from tests.e2e.pipeline import Pipeline
from tests.events import citizen, event, target
from tests.servers import BIN

KOTA, PROVINCE, OTHER = "73.71", "73", "73.72"
EVIL = "=HYPERLINK(1)"
LINK = re.compile(r'<a href="([^"]+(?:\.pdf|\.csv|\.xlsx)[^"]*)"')


@pytest.fixture(scope="module", autouse=True)
def figures(laju: Pipeline) -> None:
    """Makassar behind a target, with services at three places, one of them named to harm a spreadsheet."""
    first, second = children(KOTA)[:2]
    homes = [first] * 4 + [second] * 2
    places = [EVIL] * 3 + ["Balai Kota"] * 2 + ["SMA 1"]
    laju.send(
        target(KOTA, 30, document="Surat Dirjen 400.8.1.2/1634"),
        target(KOTA, 0.5, authority="local", due_on="2024-09-30"),
        event("wajib_ktp.reported", region=KOTA, as_of="2024-06-01", count=1_000_000, source="siak"),
        event("intervention.announced", region=KOTA, kind="circular", title="#panic() *a*", starts_on="2024-06-10"),
        event("outreach.reported", region=KOTA, on="2024-06-20", channel="outreach_mall", place=EVIL, applicants=9),
        *(
            event(
                "ikd.activated", citizen=citizen(700 + at), home=home, service=KOTA, channel="outreach_mall",
                place=place,
            )
            for at, (home, place) in enumerate(zip(homes, places, strict=True))
        ),
    )  # fmt: skip
    laju.settle()


def fetched(laju: Pipeline, path: str, **params: Any) -> bytes:
    answer = laju.http.get(f"{laju.aggregator}{path}", params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    return answer.content


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"))))


def sheets(content: bytes) -> CalamineWorkbook:
    return CalamineWorkbook.from_filelike(BytesIO(content))


def said(content: bytes) -> str:
    (page,) = PdfReader(BytesIO(content)).pages
    return " ".join(page.extract_text().replace("\u200b", "").split())


def without_time(text: str) -> str:
    return re.sub(r"(Dicetak|Printed) .*? WITA", "", text)


def test_the_table_has_the_figures_of_the_read_api(laju: Pipeline) -> None:
    content = fetched(laju, f"/regions/{PROVINCE}/table.csv", lang="en")
    (row,) = [row for row in rows(content) if row["Code"] == KOTA]
    (standing,) = [
        found
        for found in laju.read(f"regions/{KOTA}/standings", programme="ikd")["standings"]
        if found["target"]["authority"] == "national"
    ]
    assert (row["Count"], row["Gap"], row["Required"]) == tuple(
        str(standing[name]) for name in ("actual", "gap", "required")
    )
    assert (row["Coverage (%)"], row["Attainment (%)"]) == (
        standing["coverage_percent"], standing["attainment_percent"],
    )  # fmt: skip
    assert (row["Due"], row["Status"]) == ("2024-12-31", "behind")


def test_the_table_is_searched_and_sorted_as_the_page_is(laju: Pipeline) -> None:
    found = rows(fetched(laju, f"/regions/{KOTA}/table.csv", sort="actual", dir="desc"))
    counts = [int(row["Jumlah"]) for row in found]
    assert len(found) == len(children(KOTA))
    assert counts == sorted(counts, reverse=True)
    assert counts[:2] == [4, 2]
    (one,) = rows(fetched(laju, f"/regions/{KOTA}/table.csv", q=children(KOTA)[1]))
    assert (one["Kode"], one["Jumlah"]) == (children(KOTA)[1], "2")


def test_a_past_day_is_exported_as_it_was(laju: Pipeline) -> None:
    found = rows(fetched(laju, f"/regions/{KOTA}/table.csv", on="2024-06-01"))
    assert {row["Tanggal"] for row in found} == {"2024-06-01"}
    assert {row["Jumlah"] for row in found} == {"0"}


def test_days_and_services_are_those_of_the_read_api(laju: Pipeline) -> None:
    days = rows(fetched(laju, f"/regions/{KOTA}/days.csv", lang="en"))
    told = laju.read(f"regions/{KOTA}/daily", programme="ikd")["days"]
    assert [(row["Date"], int(row["Change"]), int(row["Total"])) for row in days] == [
        (day["date"], day["change"], day["total"]) for day in told
    ]
    assert days
    assert rows(fetched(laju, f"/regions/{KOTA}/days.csv", **{"from": "2024-06-21"})) == []
    services = rows(fetched(laju, f"/regions/{KOTA}/services.csv", lang="en"))
    places = {row["Name"]: int(row["Services"]) for row in services if row["By"] == "Place"}
    assert places == {"'" + EVIL: 3, "Balai Kota": 2, "SMA 1": 1}
    assert [(row["Key"], row["Services"]) for row in services if row["By"] == "Channel"] == [("outreach_mall", "6")]


@pytest.mark.parametrize("what", ["table", "days", "services"])
def test_a_workbook_has_the_rows_of_the_csv_and_says_what_it_is(laju: Pipeline, what: str) -> None:
    plain = rows(fetched(laju, f"/regions/{KOTA}/{what}.csv"))
    book = sheets(fetched(laju, f"/regions/{KOTA}/{what}.xlsx", sort="name"))
    first, about = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert len(first) == len(plain) + 1
    told = {str(line[0]): line[1] for line in about}
    assert told["Wilayah"] == f"Kota Makassar ({KOTA})"
    assert told["Diminta dengan alamat"] == f"/regions/{KOTA}/{what}.xlsx?sort=name"
    assert told["Urutan peristiwa terakhir"] == laju.read("progress")["sequence"]


def test_in_a_workbook_a_formula_is_text(laju: Pipeline) -> None:
    book = sheets(fetched(laju, f"/regions/{KOTA}/services.xlsx"))
    assert EVIL in {row[2] for row in book.get_sheet_by_index(0).to_python()}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/regions/99/table.csv", 404),
        (f"/regions/{KOTA}/table.csv?on=yesterday", 404),
        (f"/regions/{KOTA}/days.xlsx?from=yesterday", 422),
        (f"/regions/{KOTA}/table.ods", 404),
        (f"/regions/{KOTA}.01/services.csv", 404),
        ("/v1/regions/99/report.pdf", 404),
        (f"/v1/regions/{KOTA}/report.pdf?lang=fr", 422),
        (f"/v1/regions/{KOTA}/report.pdf?programme=sim", 422),
    ],
)
def test_what_there_is_not_is_refused(laju: Pipeline, path: str, code: int) -> None:
    assert laju.http.get(f"{laju.aggregator}{path}").status_code == code


def test_files_have_names_that_tell_them_apart(laju: Pipeline) -> None:
    names = {
        f"/regions/{KOTA}/table.csv": f'attachment; filename="laju-{KOTA}-ikd-2024-06-27.csv"',
        "/regions/73.71/days.xlsx?programme=perekaman": (
            'attachment; filename="laju-73.71-perekaman-days-2024-06-27.xlsx"'
        ),
        "/regions/ID/services.csv?on=2024-06-01": 'attachment; filename="laju-ID-ikd-services-2024-06-01.csv"',
        f"/v1/regions/{KOTA}/report.pdf": f'inline; filename="laju-{KOTA}-2024-06-27.pdf"',
    }
    for path, name in names.items():
        answer = laju.http.get(f"{laju.aggregator}{path}")
        assert (answer.status_code, answer.headers["content-disposition"]) == (200, name)


@pytest.mark.parametrize("code", [KOTA, OTHER, PROVINCE, "ID", f"{KOTA}.01", children(f"{KOTA}.01")[0]])
@pytest.mark.parametrize(("language", "name"), [("id", "Laporan laju"), ("en", "Pace report")])
def test_every_region_has_a_report_of_one_page(laju: Pipeline, code: str, language: str, name: str) -> None:
    pdf = PdfReader(BytesIO(fetched(laju, f"/v1/regions/{code}/report.pdf", lang=language)))
    assert len(pdf.pages) == 1
    assert pdf.metadata is not None
    assert str(pdf.metadata.title).startswith(name)
    assert str(pdf.root_object["/Lang"]) == language


def test_a_report_has_the_figures_of_the_read_api(laju: Pipeline) -> None:
    text = said(fetched(laju, f"/v1/regions/{KOTA}/report.pdf", lang="en"))
    for standing in laju.read(f"regions/{KOTA}/standings", programme="ikd")["standings"]:
        for name in ("required", "expected"):
            assert f"{standing[name]:,}" in text
        assert f"−{-standing['gap']:,}" in text
        assert f"attainment {standing['attainment_percent']}%" in text
    briefing = laju.read(f"regions/{KOTA}/briefing", programme="ikd", authority="national", due_on="2024-12-31")
    assert all(one["title"] in text for one in briefing["measures"])
    assert all(one["place"] in text for one in briefing["yields"])
    assert "Surat Dirjen 400.8.1.2/1634" in text
    assert f"{laju.aggregator}/regions/{KOTA}?on=2024-06-27" in text
    assert f"sequence {laju.read('progress')['sequence']:,}, projection 1" in text


def test_a_report_of_one_programme_is_about_no_other(laju: Pipeline) -> None:
    text = said(fetched(laju, f"/v1/regions/{KOTA}/report.pdf", lang="en", programme="perekaman"))
    assert "Perekaman" in text
    assert "by 31 December 2024" not in text


def test_the_same_report_comes_again_but_for_the_time(laju: Pipeline) -> None:
    first, second = (said(fetched(laju, f"/v1/regions/{KOTA}/report.pdf")) for _ in range(2))
    assert without_time(first) == without_time(second) != first


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_command_writes_the_report_of_the_read_api(laju: Pipeline, language: str, tmp_path: Path) -> None:
    environment = {"PATH": "", "LAJU_AS_OF": "2024-06-27", "LAJU_PAGES_URL": laju.aggregator}
    command = [str(BIN / "laju"), "report", KOTA, "--language", language, "--mongo-url", laju.mongo_url]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"laju-{KOTA}-2024-06-27.pdf\n"
    written = (tmp_path / done.stdout.strip()).read_bytes()
    served = fetched(laju, f"/v1/regions/{KOTA}/report.pdf", lang=language)
    assert without_time(said(written)) == without_time(said(served))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["99"], "region code 99 is unknown"),
        ([KOTA, "--output", "/nonexistent/report.pdf"], "writing /nonexistent/report.pdf failed"),
    ],
)
def test_what_the_command_cannot_do_is_a_sentence(laju: Pipeline, arguments: list[str], told: str) -> None:
    command = [str(BIN / "laju"), "report", *arguments, "--mongo-url", laju.mongo_url]
    done = subprocess.run(command, env={"PATH": ""}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert told in done.stderr


def links(page: str) -> Iterator[str]:
    for link in LINK.findall(page):
        yield unescape(link)


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        ("ID", {"report", "table", "days", "services"}),
        (KOTA, {"report", "table", "days", "services"}),
        (f"{KOTA}.01", {"report", "table", "days"}),
        (children(f"{KOTA}.01")[0], {"report", "days"}),
    ],
)
def test_the_pages_link_to_what_there_is_as_it_is_on_screen(laju: Pipeline, code: str, kinds: set[str]) -> None:
    query = {"on": "2024-06-20", "programme": "ikd", "q": "a", "lang": "en"}
    page = laju.http.get(f"{laju.aggregator}/regions/{code}", params=query).text
    found = list(links(page))
    assert {re.split(r"[/.]", link.partition("?")[0])[-2] for link in found} == kinds
    for link in found:
        answer = laju.http.get(f"{laju.aggregator}{link}")
        assert answer.status_code == 200
        assert "2024-06-20" in answer.headers["content-disposition"]
        for name, value in query.items():
            assert f"{name}={value}" in link


def test_the_read_api_describes_the_report_and_no_page(laju: Pipeline) -> None:
    paths = laju.http.get(f"{laju.aggregator}/openapi.json").json()["paths"]
    (answers,) = (operation["responses"] for operation in paths["/v1/regions/{code}/report.pdf"].values())
    assert list(answers["200"]["content"]) == ["application/pdf"]
    assert not any(path.endswith((".csv", ".xlsx")) for path in paths)
