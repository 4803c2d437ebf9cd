"""A tiny HTTP server that stands where ingest or the aggregator would, with the answers a test gives it."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.waiting import until

Handler = Callable[[Request], Awaitable[Response]]


@contextmanager
def serving(path: str, handler: Handler, method: str = "GET") -> Iterator[str]:
    """Serve one path on a free port; yields the URL of the server."""
    app = Starlette(routes=[Route(path, handler, methods=[method])])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
