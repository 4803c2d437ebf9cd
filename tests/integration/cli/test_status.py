"""``laju status`` against a real HTTP server with the answers of the read API."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from typer.testing import CliRunner

from services.cli.main import app
from shared.events.standing import Standing, TargetInForce
from tests.integration.cli.http_service import serving

REGION = {
    "code": "36.04",
    "name": "Kabupaten Serang",
    "level": "kabkota",
    "parent": "36",
    "wajib_ktp": {"count": 1_200_000, "as_of": "2024-06-27"},
    "programmes": {
        "ikd": {"active": 31_000, "coverage_percent": "2.58"},
        "perekaman": {"recorded": 0, "coverage_percent": None},
    },
}
STANDING = Standing(
    region="36.04",
    name="Kabupaten Serang",
    programme="ikd",
    on=date(2024, 6, 27),
    status="behind",
    severity="critical",
    target=TargetInForce(
        id="x#1",
        programme="ikd",
        authority="local",
        basis="percent_of_wajib_ktp",
        value=Decimal(50),
        start_on=date(2024, 1, 1),
        due_on=date(2024, 12, 31),
        effective_on=date(2024, 1, 1),
    ),
    actual=31_000,
    required=600_000,
    expected=293_443,
    gap=-262_443,
    attainment_percent=Decimal("5.17"),
    coverage_percent=Decimal("2.58"),
    rate7=Decimal(0),
    rate28=Decimal(0),
    simulated=True,
)


async def known(request: Request) -> Response:
    assert request.query_params["on"] == "2024-06-27"
    if request.url.path.endswith("/standings"):
        return JSONResponse({"standings": [STANDING.model_dump(mode="json", exclude_none=True)]})
    return JSONResponse(REGION)


async def unknown(request: Request) -> Response:
    problem = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "region code 99.99 is unknown"}
    return JSONResponse(problem, 404, media_type="application/problem+json")


def test_figures_name_their_basis() -> None:
    with serving("/v1/regions/{path:path}", known) as url:
        result = CliRunner().invoke(app, ["status", "36.04", "--on", "2024-06-27", "--url", url])
    assert result.exit_code == 0
    assert "wajib KTP 1,200,000 as of 2024-06-27" in result.output
    assert "IKD: 31,000 active, 2.58 % of wajib KTP" in result.output
    for figure in ("600,000", "293,443", "-262,443", "5.17 %", "50 % of wajib ktp", "behind", "critical", "simulated"):
        assert figure in result.output


@pytest.mark.parametrize("variable", ["LAJU_READ_API_URL", "LAJU_AGGREGATOR_URL"])
def test_the_address_may_come_from_the_environment(variable: str) -> None:
    with serving("/v1/regions/{path:path}", known) as url:
        result = CliRunner().invoke(app, ["status", "36.04", "--on", "2024-06-27"], env={variable: url})
    assert "Kabupaten Serang" in result.output


def test_a_problem_is_one_sentence() -> None:
    with serving("/v1/regions/{path:path}", unknown) as url:
        result = CliRunner().invoke(app, ["status", "99.99", "--url", url])
    assert result.exit_code == 1
    assert result.output.strip() == (
        f"laju: {url}/v1/regions/99.99 answered 404: Not Found: region code 99.99 is unknown"
    )


def test_a_date_that_is_none_is_refused_before_anybody_is_asked() -> None:
    result = CliRunner().invoke(app, ["status", "36.04", "--on", "27-06-2024"])
    assert result.exit_code == 2
    assert "is not a date such as 2024-06-27" in result.output
