"""The three services: whether each answers, and reaches all that it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
from pydantic import BaseModel, ValidationError

from services.cli.doctor import certificates, clocks
from services.cli.doctor.finding import Finding, fault, good
from services.cli.http_client import trusted

ABOUT = "services"
_ASK_SECONDS = 10.0
_ONE_SECOND = timedelta(seconds=1)


class _Readiness(BaseModel):
    failed: dict[str, str] = {}


async def examine(urls: Mapping[str, str], *, encrypted: bool) -> list[Finding]:
    """The services at these addresses, by name; ``encrypted`` if they have a certificate (LAJU_TLS_CERT)."""
    found: list[Finding] = []
    async with httpx.AsyncClient(timeout=_ASK_SECONDS, verify=trusted()) as http:
        for name, url in urls.items():
            asked = datetime.now(UTC)
            try:
                answer = await http.get(f"{url.rstrip('/')}/readyz")
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                what = f"{name} does not answer at {url}: {certificates.reason(error)}"
                mend = f"start it: `docker compose up -d {name}`, or `laju up` for everything"
                if encrypted and url.startswith("http://"):
                    mend = f"it has a certificate (LAJU_TLS_CERT): give an https address with --{name}"
                found.append(fault(ABOUT, what, mend))
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
