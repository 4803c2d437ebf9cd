"""What is taken away is for who may see the region, and says who that was."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from tests.integration.aggregator.running import Aggregator, aggregator

FILES = ("table.csv", "table.xlsx", "days.csv", "days.xlsx", "services.csv", "services.xlsx")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, servers: dict[str, str]) -> Iterator[Aggregator]:
    with aggregator(tmp_path_factory.mktemp("exports"), servers, {"LAJU_ACCESS": "link"}) as found:
        yield found


@pytest.mark.parametrize("path", [*(f"/regions/{{code}}/{file}" for file in FILES), "/v1/regions/{code}/report.pdf"])
def test_a_file_is_for_who_may_see_the_region(running: Aggregator, path: str) -> None:
    with running.program(running.token("51.71")) as own, running.program() as nobody:
        assert own.get(path.format(code="51.71")).status_code == 200
        assert own.get(path.format(code="51.03")).status_code == 403
        assert nobody.get(path.format(code="51.71")).status_code == 403


def test_a_workbook_says_who_it_was_made_for(running: Aggregator) -> None:
    with running.program(running.token("51.71")) as own:
        content = own.get("/regions/51.71.01/table.xlsx").content
    about = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_name("Tentang").to_python()
    assert ["Diminta oleh", "yang boleh melihat Kota Denpasar (51.71)"] in about


def test_what_is_for_one_visitor_is_kept_by_no_cache_in_between(running: Aggregator) -> None:
    with running.program(running.token("51.71")) as own:
        answer = own.get("/v1/regions/51.71/report.pdf")
    assert answer.headers["cache-control"] == "private, no-cache"
