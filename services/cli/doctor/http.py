"""The three services: whether each answers, and reaches all that it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
from pydantic import BaseModel, ValidationError

from services.cli.doctor import clocks
from services.cli.doctor.finding import Finding, fault, good
from services.cli.http_client import trusted

ABOUT = "services"
_ASK_SECONDS = 10.0
_ONE_SECOND = timedelta(seconds=1)


class _Readiness(BaseModel):
    failed: dict[str, str] = {}


async def examine(urls: Mapping[str, str]) -> list[Finding]:
    """The services at these addresses, by name."""
    found: list[Finding] = []
    async with httpx.AsyncClient(timeout=_ASK_SECONDS, verify=trusted()) as http:
        for name, url in urls.items():
            asked = datetime.now(UTC)
            try:
                answer = await http.get(f"{url.rstrip('/')}/readyz")
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                what = f"{name} does not answer at {url}: {type(error).__name__}"
                found.append(
                    fault(ABOUT, what, f"start it: `docker compose up -d {name}`, or `laju up` for everything")
                )
                continue
            found += _judged(name, url, answer)
            if date := answer.headers.get("Date"):
                # A whole second: what is left of it has passed unseen.
                theirs = parsedate_to_datetime(date)
                found += clocks.compared(name, asked - _ONE_SECOND, theirs, datetime.now(UTC))
    return found


def _judged(name: str, url: str, answer: httpx.Response) -> Iterator[Finding]:
    if answer.status_code == 200:
        yield good(ABOUT, f"{name} is ready")
        return
    try:
        failed = _Readiness.model_validate_json(answer.content).failed
    except ValidationError:
        failed = {}
    for what, why in failed.items():
        yield fault(ABOUT, f"{name} is not ready, {what}: {why}", f"see what is told of {what} here, and its log")
    if not failed:
        what = f"what answers at {url} is no {name}: status {answer.status_code}"
        yield fault(ABOUT, what, f"give its address with --{name} or LAJU_{name.upper()}_URL")
