"""Talking to the services over HTTP: a client, and their answers as sentences."""

from __future__ import annotations

import ssl
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from services.cli.errors import CliError, refused_setting
from shared.errors import InvalidError
from shared.settings import ServiceSettings
from shared.trust import trust

_Model = TypeVar("_Model", bound=BaseModel)
_MAX_QUOTED = 200


class _ProblemDocument(BaseModel):
    """RFC 9457, as far as it is shown."""

    title: str = ""
    detail: str = ""


def client(url: str, *, token: str | None = None, timeout_seconds: float = 30) -> httpx.Client:
    """A client for the service at ``url``, an http or https address, that shows ``token`` if there is one; the caller
    closes it.

    Raises:
        CliError: ``url`` is no such address.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise CliError(f"{url!r} is not an address: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise CliError(f"{url!r} is not an address such as http://127.0.0.1:8080")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(base_url=parsed, headers=headers, timeout=timeout_seconds, verify=trusted())


def trusted() -> ssl.SSLContext:
    """Whose certificates services may have: as ``LAJU_CA`` says, and those that the system trusts.

    Raises:
        CliError: the file cannot be read.
    """
    try:
        return trust(ServiceSettings().ca)
    except InvalidError as error:
        raise CliError(error.reason) from error
    except ValidationError as error:
        raise CliError(refused_setting(error)) from error


def get(service: httpx.Client, path: str, form: type[_Model], params: dict[str, str] | None = None) -> _Model:
    """The answer to GET ``path``, read as ``form``.

    Raises:
        CliError: nobody answers, the service reports a problem, or the answer has another form.
    """
    try:
        response = service.get(path, params=params)
    except httpx.TransportError as error:
        raise CliError(f"{no_answer(service, error)}. Is the service running? `laju up` starts everything.") from error
    if response.status_code != 200:
        raise CliError(sentence(response))
    return read(response, form)


def read(response: httpx.Response, form: type[_Model]) -> _Model:
    """The body of an answer as ``form``.

    Raises:
        CliError: it has another form; the service is of another version, or no Laju service at all.
    """
    try:
        return form.model_validate_json(response.content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise CliError(
            f"{response.url} answered in a form this version does not know ({where}: {first['msg']}). "
            "Is it a Laju service of the same version?"
        ) from error


def sentence(response: httpx.Response) -> str:
    """What a problem document, or any other refusal, says, for a person."""
    try:
        problem = _ProblemDocument.model_validate_json(response.content)
    except ValidationError:
        problem = _ProblemDocument(title=response.reason_phrase, detail=response.text[:_MAX_QUOTED].strip())
    said = ": ".join(part for part in (problem.title, problem.detail) if part) or "no reason given"
    return f"{response.url} answered {response.status_code}: {said}"


def no_answer(service: httpx.Client, error: httpx.TransportError) -> str:
    """Why there was no answer at all."""
    return f"no answer from {service.base_url} ({error or type(error).__name__})"
