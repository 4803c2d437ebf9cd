"""What heads were told, as the notifier answers it, for the page of alerts."""

from __future__ import annotations

import ssl
from datetime import date, datetime
from typing import Annotated, Literal, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import RecoverableError
from shared.events.base import Programme
from shared.wilayah import successor_of

Answer = TypeVar("Answer", bound=BaseModel)
_SECONDS = 5.0
_MOST_STEPS, _MOST_MAILS = 100, 200


class NotifierUnavailableError(RecoverableError):
    """The notifier does not answer, or not as it should."""


class _Answer(BaseModel):
    # The notifier may know more than this version of us.
    model_config = ConfigDict(frozen=True, extra="ignore")


class Figures(_Answer):
    """How a line stood when something was told. Counts are people; ``None`` if there is none, or it is hidden."""

    on: date
    status: str
    severity: str | None
    actual: int | None
    expected: int | None
    gap: int | None


class Step(_Answer):
    """Something told about a line."""

    kind: Literal["step"]
    line: str
    region: str
    name: str
    programme: Programme
    reason: str
    decided_at: datetime
    rule: str
    standing: Figures


class Said(_Answer):
    """What somebody said about a line, or about all of a region."""

    kind: Literal["word"]
    act: Literal["acknowledge", "silence"]
    scope: str
    said_at: datetime
    until: datetime
    reason: str | None

    @property
    def region(self) -> str:
        """Of the line, or what it is all about, by the code that it has today."""
        code = self.scope.partition("/")[0]
        return successor_of(code) or code

    @property
    def programme(self) -> str | None:
        """Of the line; ``None`` if it is about all of a region."""
        return self.scope.split("/")[1] if "/" in self.scope else None


class OpenAlert(_Answer):
    """An alert that is not over."""

    line: str
    region: str
    name: str
    programme: Programme
    due_on: date
    about: Literal["behind", "no_data"]
    since: datetime
    told_at: datetime
    gravest: str | None
    escalated: int
    acknowledged_until: datetime | None
    silenced_until: datetime | None


class Alerts(_Answer):
    """The alerts of a region and of what lies in it, newest first."""

    open: tuple[OpenAlert, ...]
    history: tuple[Annotated[Step | Said, Field(discriminator="kind")], ...]
    more: bool


class Mail(_Answer):
    """One copy of a mail, without its address. Small counts below ``hides_below`` are not in it; ``None`` if it has no
    counts that could be hidden."""

    id: str
    message_id: str
    kind: str
    region: str
    subject: str
    state: str
    created_at: datetime
    sent_at: datetime | None
    hides_below: int | None = 0


class _Mails(_Answer):
    mails: tuple[Mail, ...]


class Notices:
    """The notifier at ``url``; ``trusted`` says whose certificate it may have. What it answers is not kept."""

    def __init__(self, url: str, trusted: ssl.SSLContext) -> None:
        self._http = httpx.AsyncClient(base_url=url.rstrip("/"), timeout=_SECONDS, verify=trusted)

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def alerts(self, region: str) -> Alerts:
        """What was told and said about a region and what lies in it.

        Raises:
            NotifierUnavailableError: it does not answer.
        """
        return _read(Alerts, await self._get(f"/v1/regions/{region}/alerts", limit=_MOST_STEPS))

    async def mails(self, region: str) -> tuple[Mail, ...]:
        """The notices and digests to who answers for a region or something in it, newest first; each once, however
        many copies it has.

        Raises:
            NotifierUnavailableError: it does not answer.
        """
        found = _read(_Mails, await self._get("/v1/mails", limit=_MOST_MAILS, region=region)).mails
        once = {mail.message_id: mail for mail in reversed(found)}
        return tuple(once.values())[::-1]

    async def letter(self, mail: Mail) -> str | None:
        """A mail as it was sent, as a page that needs nothing else; ``None`` if it is kept no longer.

        Raises:
            NotifierUnavailableError: it does not answer.
        """
        answer = await self._get(f"/v1/mails/{quote(mail.id, safe='')}/letter")
        return None if answer.is_client_error else answer.text

    async def _get(self, path: str, **query: str | int) -> httpx.Response:
        try:
            answer = await self._http.get(path, params=query)
        except httpx.HTTPError as error:
            raise NotifierUnavailableError(f"asking the notifier failed: {type(error).__name__}") from error
        if answer.is_server_error:
            raise NotifierUnavailableError(f"asking the notifier failed: it answered {answer.status_code}")
        return answer


def _read(model: type[Answer], answer: httpx.Response) -> Answer:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError as error:
        raise NotifierUnavailableError("asking the notifier failed: its answer is of another version") from error
