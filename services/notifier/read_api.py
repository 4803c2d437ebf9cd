"""What the notifier asks of the aggregator's read API: how far it is, how a line stood, and what lies behind it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from typing import TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.briefing import Briefing
from shared.errors import RecoverableError
from shared.events.standing import Standing

_SECONDS = 10.0
Model = TypeVar("Model", bound=BaseModel)


class ReadApiUnavailableError(RecoverableError):
    """The aggregator does not answer, or not as it should."""


class Progress(BaseModel):
    """As much as matters here of ``/v1/progress``."""

    model_config = ConfigDict(extra="ignore")

    lag_events: int
    projection: int


class _Standings(BaseModel):
    standings: list[Standing]


class ReadApi:
    """A client of one aggregator. Every method raises :class:`ReadApiUnavailableError` if it does not answer."""

    def __init__(
        self, url: str, token: Callable[[], str | None] = lambda: None, trusted: ssl.SSLContext | None = None
    ) -> None:
        """``token`` gives what is shown with a question, for an aggregator that does not answer everybody; ``trusted``
        says whose certificate it may have, if not one from the authorities that everybody knows."""
        self._http = httpx.AsyncClient(base_url=url.rstrip("/"), timeout=_SECONDS, verify=trusted or True)
        self._token = token

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def progress(self) -> Progress:
        """How far the projection is that serves."""
        return _as(Progress, await self._get("/v1/progress", {}))

    async def then(self, standing: Standing, on: date) -> Standing | None:
        """How the line of a standing stood on a day, by what is known now; ``None`` if there was no such line."""
        asked = {"programme": standing.programme, "on": on.isoformat()}
        found = _as(_Standings, await self._get(f"/v1/regions/{standing.region}/standings", asked))
        return next((row for row in found.standings if row.line == standing.line), None)

    async def briefing(self, standing: Standing) -> Briefing | None:
        """What lies behind a standing; ``None`` if the line is unknown there."""
        target = standing.target
        if target is None:
            return None
        asked = {
            "programme": standing.programme,
            "authority": target.authority,
            "due_on": target.due_on.isoformat(),
            "on": standing.on.isoformat(),
        }
        answer = await self._get(f"/v1/regions/{standing.region}/briefing", asked)
        return None if answer.status_code == HTTPStatus.NOT_FOUND else _as(Briefing, answer)

    async def _get(self, path: str, asked: dict[str, str]) -> httpx.Response:
        token = self._token()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            return await self._http.get(path, params=asked, headers=headers)
        except httpx.HTTPError as error:
            raise ReadApiUnavailableError(f"asking the read API failed: {type(error).__name__}") from error


def _as(model: type[Model], answer: httpx.Response) -> Model:
    if answer.status_code == HTTPStatus.FORBIDDEN:
        raise ReadApiUnavailableError(
            "asking the read API failed: it answered 403. LAJU_ACCESS must be the same here and at the aggregator, and "
            "so must LAJU_PAGES_KEY; if it is oidc, LAJU_READ_API_TOKEN must be what the aggregator's "
            "`laju pages link ID --token` prints"
        )
    if answer.status_code != HTTPStatus.OK:
        raise ReadApiUnavailableError(f"asking the read API failed: it answered {answer.status_code}")
    try:
        return model.model_validate_json(answer.content)
    except ValidationError as error:
        raise ReadApiUnavailableError(f"the read API answered in another form: {error.title}") from error
