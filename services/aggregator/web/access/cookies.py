"""Cookies of the way in: never read by scripts, never sent along by other sites' forms, over HTTPS only where there is
HTTPS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie for the whole site. ``https``: the pages are reached over HTTPS, whatever a proxy says of a request."""

    name: str
    https: bool

    def read(self, request: Request) -> str | None:
        """What the browser sends, if anything."""
        return request.cookies.get(self._name(request))

    def write(self, request: Request, response: Response, value: str, *, seconds: int | None = None) -> None:
        """Have it kept for so long, or until the browser is closed."""
        response.set_cookie(
            self._name(request),
            value,
            max_age=seconds,
            path="/",
            httponly=True,
            samesite="lax",
            secure=self._secure(request),
        )

    def remove(self, request: Request, response: Response) -> None:
        """Have it forgotten."""
        self.write(request, response, "", seconds=0)

    def _secure(self, request: Request) -> bool:
        return self.https or request.scope["scheme"] == "https"

    def _name(self, request: Request) -> str:
        # A browser takes a cookie of this prefix from nobody but this host, and over HTTPS only.
        return f"__Host-{self.name}" if self._secure(request) else self.name


def seconds_until(end: datetime, now: datetime) -> int:
    """For how long a cookie is kept that is good until ``end``; both are aware."""
    return int((end - now).total_seconds())
