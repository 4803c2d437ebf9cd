"""Waits, for a bounded time, until everything that was started can be used."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import httpx
from pydantic import BaseModel, ValidationError

from services.cli.errors import CliError
from services.cli.http_client import client

READY_SECONDS = 90.0
_POLL_SECONDS = 0.25

Pause = Callable[[float], None]


class _Ready(BaseModel):
    failed: dict[str, str] = {}


def wait_until_ready(
    services: Mapping[str, str],
    smtp: tuple[str, int],
    logs: Path,
    pause: Pause,
    *,
    within_seconds: float = READY_SECONDS,
) -> None:
    """Return once every service (by name, with its URL) is ready and the mail catcher listens on ``smtp``.

    Raises:
        CliError: one was not within the time; the message says which, why, and where its log is.
    """
    deadline = time.monotonic() + within_seconds
    _wait("smtp", partial(_not_listening, smtp), logs, pause, deadline)
    for name, url in services.items():
        with client(url, timeout_seconds=5) as service:
            _wait(name, partial(_not_ready, service), logs, pause, deadline)


def _wait(name: str, why_not: Callable[[], str | None], logs: Path, pause: Pause, deadline: float) -> None:
    while (reason := why_not()) is not None:
        if time.monotonic() > deadline:
            raise CliError(f"{name} did not become ready: {reason}. Its log: {logs / name}.log")
        pause(_POLL_SECONDS)


def _not_ready(service: httpx.Client) -> str | None:
    try:
        response = service.get("/readyz")
    except httpx.TransportError as error:
        return f"{service.base_url} does not answer ({error or type(error).__name__})"
    if response.status_code == 200:
        return None
    try:
        failed = _Ready.model_validate_json(response.content).failed
    except ValidationError:
        failed = {}
    return "; ".join(f"{what}: {why}" for what, why in failed.items()) or f"it answers {response.status_code}"


def _not_listening(address: tuple[str, int]) -> str | None:
    try:
        with socket.create_connection(address, timeout=5):
            return None
    except OSError as error:
        return f"nobody listens on {address[0]}:{address[1]} ({error.strerror or error})"
