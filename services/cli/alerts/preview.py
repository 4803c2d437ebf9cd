"""``laju mail preview``: a letter written from what the read API says now, for nobody."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime
from email.headerregistry import Address
from typing import Literal

import httpx
from pydantic import BaseModel, ValidationError

from services.cli.commands.common import date_of
from services.cli.errors import CliError
from services.cli.http_client import sentence, trusted
from services.notifier.contents import Links, Notice, Reason, Telling
from services.notifier.delivery.compose import compose
from services.notifier.delivery.outbox import Entry
from services.notifier.lines import gravest_first
from services.notifier.post import written
from services.notifier.read_api import ReadApi, ReadApiUnavailableError
from services.notifier.recipient import Recipient
from shared.errors import InvalidError
from shared.events.standing import Standing
from shared.pages import page_of
from shared.wilayah import Level, find, zone_of

_SENDER = Address("Laju", "laju", "laju.example")


class _Standings(BaseModel):
    standings: list[Standing]


async def previewed(
    code: str,
    form: Literal["html", "text", "eml"],
    reason: str,
    on: str | None,
    language: str,
    url: str,
    token: str | None = None,
) -> bytes:
    """The letter about all lines of a kab/kota that can be told for this reason.

    Raises:
        CliError: there is none, the region is no kab/kota, an option makes no sense, or the aggregator does not answer.
    """
    try:
        region, why = find(code), Reason(reason)
    except InvalidError as error:
        raise CliError(error.reason) from error
    except ValueError as error:
        known = ", ".join(str(one) for one in Reason if one is not Reason.NONE)
        raise CliError(f"{reason!r} is no reason; there are {known}") from error
    if region.level is not Level.KABKOTA:
        raise CliError(f"{code} is no kab/kota: letters go to the heads of kab/kota. Give a code such as 51.71")
    recipient = _recipient(code, f"Kepala Disdukcapil {region.name}", language)
    api = ReadApi(url, lambda: token, trusted())
    try:
        standings = [
            row for row in await _standings(url, token, code, date_of(on) if on else None) if _can_be_told(row)
        ]
        if not standings:
            raise CliError(f"{code} has no target line to write about on that day")
        tellings = tuple([await _telling(api, row, why, url) for row in gravest_first(standings)])
    except ReadApiUnavailableError as error:
        raise CliError(f"{error}. Is the aggregator running? Give its address with --url.") from error
    finally:
        await api.close()
    notice = Notice("<preview@laju.example>", recipient, datetime.now(UTC).astimezone(zone_of(code)), tellings)
    try:
        (entry,) = written(notice)
    except InvalidError as error:
        raise CliError(error.reason) from error
    return _printed(entry, form)


def _recipient(code: str, title: str, language: str) -> Recipient:
    try:
        return Recipient.model_validate(
            {
                "region": code,
                "role": "head",
                "title": title,
                "email": "kepala@disdukcapil.example",
                "language": language,
            }
        )
    except ValidationError as error:
        raise CliError(f"--language {language}: {error.errors()[0]['msg']}") from error


async def _standings(url: str, token: str | None, code: str, on: date | None) -> list[Standing]:
    asked = {"on": on.isoformat()} if on else {}
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(base_url=url.rstrip("/"), headers=headers, timeout=30, verify=trusted()) as http:
        try:
            answer = await http.get(f"/v1/regions/{code}/standings", params=asked)
        except httpx.HTTPError as error:
            raise ReadApiUnavailableError(f"asking the read API failed: {type(error).__name__}") from error
    if answer.status_code != httpx.codes.OK:
        raise CliError(sentence(answer))
    return _Standings.model_validate_json(answer.content).standings


def _can_be_told(standing: Standing) -> bool:
    return None not in (standing.target, standing.expected, standing.gap)


async def _telling(api: ReadApi, standing: Standing, reason: Reason, url: str) -> Telling:
    page = page_of(url, standing.region, standing.on)
    return Telling(
        reason=reason,
        standing=standing,
        rule="preview()",
        links=Links(page, acknowledge=page, silence=page),
        told=standing,
        since=standing.on,
        briefing=await api.briefing(standing),
    )


def _printed(entry: Entry, form: Literal["html", "text", "eml"]) -> bytes:
    if form == "eml":
        return compose(entry, _SENDER)
    if form == "text":
        return entry.text.encode()
    html = entry.html
    for image in entry.images:  # a page that stands alone
        html = html.replace(f"cid:{image.cid}", f"data:image/png;base64,{base64.b64encode(image.png).decode()}")
    return html.encode()
