"""A service's end as a process: within its time even if a thread hangs on a dead line."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.servers import Process, free_port, running, status

_HANGS = """
import asyncio, sys, threading
from concurrent.futures import ThreadPoolExecutor
from fastapi import FastAPI
from shared.service import lifespan, serve
from shared.settings import ServiceSettings

def build(lifeline):
    async def start():
        return []

    async def stop():
        await asyncio.wrap_future(ThreadPoolExecutor().submit(threading.Event().wait))  # as the database's driver

    app = FastAPI(lifespan=lifespan(lifeline, start, stop, shutdown_seconds=1))
    app.get("/healthz")(lambda: "up")
    return app

serve(build, ServiceSettings(), port=int(sys.argv[1]))
"""


def test_what_hangs_at_the_end_is_left_behind(tmp_path: Path) -> None:
    port = free_port()
    process = Process("hangs", [sys.executable, "-c", _HANGS, str(port)], tmp_path / "hangs.log")
    with running(process, lambda: status(f"http://127.0.0.1:{port}/healthz") == 200):
        assert process.child is not None
        process.child.terminate()
        assert process.child.wait(15) == 0
    assert "stopping took longer than 1 s" in process.tail()
