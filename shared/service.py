"""How a service runs as a process: an HTTP server that is up at once, a start that waits for its servers, and an end
that is either asked for (exit 0) or an error that says what to do (exit 1)."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from shared.errors import BusUnavailableError, InvalidError
from shared.punctual import PunctualProtocol
from shared.settings import ServiceSettings
from shared.telemetry import configure_logging

log = logging.getLogger(__name__)
_ASKED_AGAIN_SECONDS = 1.0


class Lifeline:
    """Through which anything in the service can end the process. ``overran``: its end took longer than it may."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self.overran = False
        self._stopping = False
        self._on_stopping: list[Callable[[], None]] = []
        self._on_cut: Callable[[], None] | None = None

    def on_cut(self, stop: Callable[[], None]) -> None:
        """What to call when the line is cut."""
        self._on_cut = stop

    def cut(self, error: BaseException) -> None:
        """End the process with this error; the first one counts."""
        if self.error is None:
            self.error = error
            log.critical("the service ends: %s", error)
        if self._on_cut is not None:
            self._on_cut()

    def closed(self) -> None:
        """The NATS client gave up: without it the service is a living process that does nothing."""
        if not self._stopping:
            self.cut(BusUnavailableError("the connection to NATS was closed for good"))

    def on_stopping(self, end: Callable[[], None]) -> None:
        """What to call as soon as the service begins to end, before it waits for answers that are not complete: one
        without an end must be given one there."""
        self._on_stopping.append(end)

    def stopping(self) -> None:
        """From now on an end is what was asked for."""
        if not self._stopping:
            self._stopping = True
            for end in self._on_stopping:
                end()

    async def guard(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a task whose failure ends the process."""
        try:
            await work
        except Exception as error:
            log.exception("a task of the service failed")
            self.cut(error)


Start = Callable[[], Awaitable[Sequence[Coroutine[Any, Any, None]]]]


def lifespan(
    lifeline: Lifeline, start: Start, stop: Callable[[], Awaitable[None]], *, shutdown_seconds: float
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """A FastAPI lifespan: ``start`` runs in the background (it may wait for servers for as long as it takes) and
    returns the tasks to keep running; at the end they are cancelled and ``stop`` may take ``shutdown_seconds``."""

    @asynccontextmanager
    async def span(app: FastAPI) -> AsyncIterator[None]:
        tasks: list[asyncio.Task[None]] = []

        async def begin() -> None:
            tasks.extend(asyncio.create_task(lifeline.guard(work)) for work in await start())

        starting = asyncio.create_task(lifeline.guard(begin()))
        yield
        lifeline.stopping()
        in_time = await _within(_cancelled([starting, *tasks]), shutdown_seconds)
        if not (await _within(stop(), shutdown_seconds) and in_time):
            log.warning("stopping took longer than %g s: what was in hand will be redelivered", shutdown_seconds)
            lifeline.overran = True

    return span


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Return once all of these have ended. Asked again each second: a library that waits with a time limit can take a
    cancellation for its own, and the task would go on."""
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_ASKED_AGAIN_SECONDS)


async def _within(work: Awaitable[None], seconds: float) -> bool:
    """Whether the work ended in time. What did not is cancelled and left to itself: the NATS client, while it drains,
    takes a cancellation for nothing, and whoever waited for it to take note would wait with it."""
    task = asyncio.ensure_future(work)
    await asyncio.wait({task}, timeout=seconds)
    if not task.done():
        task.cancel()
        return False
    task.result()
    return True


class Server(uvicorn.Server):
    """Says that the end begins before it waits for the answers in hand; the lifespan is told only after them."""

    def __init__(self, config: uvicorn.Config, lifeline: Lifeline) -> None:
        super().__init__(config)
        self._lifeline = lifeline

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the server."""
        self._lifeline.stopping()
        await super().shutdown(sockets)


def collect_seldom() -> None:
    """Look for reference cycles less often: decoding makes many objects and no cycles, and looking through them again
    and again cost 18 to 29 per cent of a projection's CPU time."""
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


def check_certificate(settings: ServiceSettings) -> None:
    """Return if the HTTP server's certificate and key can be used, or there are none.

    Raises:
        InvalidError: they cannot.
    """
    if settings.tls_cert is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key)
        except OSError as error:
            raise InvalidError(
                f"reading {settings.tls_cert} and {settings.tls_key} failed: {type(error).__name__}. LAJU_TLS_CERT and "
                "LAJU_TLS_KEY must name PEM files of a certificate and of its private key without a password"
            ) from error


def serve(build: Callable[[Lifeline], ASGIApp], settings: ServiceSettings, *, port: int) -> None:
    """Run the service until SIGTERM or SIGINT, then exit 0; exit 1 if its lifeline was cut or a setting is unusable."""
    configure_logging(settings.log_level)
    collect_seldom()
    lifeline = Lifeline()
    try:
        check_certificate(settings)
        app = build(lifeline)
    except InvalidError as error:
        log.critical("the service cannot start: %s", error.reason)
        sys.exit(1)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=port,
        http=PunctualProtocol,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        server_header=False,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
    server = Server(config, lifeline)

    def stop() -> None:
        server.should_exit = True

    lifeline.on_cut(stop)
    # uvicorn raises the signal again once it has shut down; being told to stop is no failure.
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, lambda number, frame: None)
    server.run()
    code = 0 if lifeline.error is None and server.started else 1
    if lifeline.overran:
        # A thread that waits for a dead line would hold the process up until its own time-out.
        logging.shutdown()
        os._exit(code)
    sys.exit(code)
