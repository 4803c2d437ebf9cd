"""Errors over HTTP as RFC 9457 problem documents."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from shared.errors import RecoverableError

RETRY_SECONDS = 2
_LONG_DIGITS = re.compile(r"\d{12,}")


class Problem(Exception):  # noqa: N818 - the RFC's own word
    """Raised anywhere in a request; answered as ``application/problem+json``, ``members`` beside the standard ones."""

    def __init__(
        self, status: int, title: str, detail: str, *, headers: Mapping[str, str] | None = None, **members: object
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members


def masked(text: str) -> str:
    """Without long digit runs: one could be a NIK that was sent in the wrong place."""
    return _LONG_DIGITS.sub("…", text)


def response(problem: Problem) -> JSONResponse:
    """The problem as an HTTP answer. What it repeats of a request is masked."""
    body = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": masked(problem.detail),
        **problem.members,
    }
    return JSONResponse(body, problem.status, headers=problem.headers, media_type="application/problem+json")


def unavailable(detail: str) -> Problem:
    """503 with Retry-After: nothing was lost, the same request may be sent again."""
    return Problem(503, "Service Unavailable", detail, headers={"Retry-After": str(RETRY_SECONDS)})


def install(app: FastAPI) -> None:
    """Answer every error of the app, its own and the framework's, as a problem document."""

    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Problem) -> JSONResponse:
        return response(problem)

    @app.exception_handler(RecoverableError)
    async def on_recoverable(request: Request, error: RecoverableError) -> JSONResponse:
        return response(unavailable(str(error)))

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> JSONResponse:
        title = {404: "Not Found", 405: "Method Not Allowed"}.get(error.status_code, "Error")
        detail = f"{request.method} {request.url.path}: {error.detail}"
        return response(Problem(error.status_code, title, detail, headers=error.headers))

    @app.exception_handler(RequestValidationError)
    async def on_validation(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [
            {"path": ".".join(str(part) for part in item["loc"][1:]), "message": item["msg"]} for item in error.errors()
        ]
        return response(Problem(422, "Unprocessable Content", "a parameter is not as it must be", errors=errors))
