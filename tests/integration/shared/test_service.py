"""A service's end as a process: within its time even if a thread hangs on a dead line, answers have no end, or nobody
takes them."""

from __future__ import annotations

import http.client
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.servers import Process, free_port, running, status
from tests.waiting import until

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


_ENDLESS = """
import asyncio, sys
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from shared import punctual
from shared.service import lifespan, serve
from shared.settings import ServiceSettings

punctual._TAKING_SECONDS = float(sys.argv[2])

def build(lifeline):
    over, taken = asyncio.Event(), [0]
    lifeline.on_stopping(over.set)

    async def start():
        return []

    async def stop():
        pass

    async def news():
        while not over.is_set():
            yield b"news"
            await over.wait()
        yield b"over"

    async def flood():
        taken[0] += 1
        try:
            while True:
                yield bytes(1 << 20)
                await asyncio.sleep(0)
        finally:
            taken[0] -= 1

    app = FastAPI(lifespan=lifespan(lifeline, start, stop, shutdown_seconds=20))
    app.get("/healthz")(lambda: "up")
    app.get("/news")(lambda: StreamingResponse(news()))
    app.get("/flood")(lambda: StreamingResponse(flood()))
    app.get("/floods")(lambda: taken[0])
    return app

serve(build, ServiceSettings(shutdown_seconds=20), port=int(sys.argv[1]))
"""


@contextmanager
def endless(folder: Path, *, taking_seconds: float) -> Iterator[tuple[Process, int]]:
    port = free_port()
    command = [sys.executable, "-c", _ENDLESS, str(port), str(taking_seconds)]
    process = Process("endless", command, folder / "endless.log")
    with running(process, lambda: status(f"http://127.0.0.1:{port}/healthz") == 200):
        yield process, port


def flooded(port: int) -> socket.socket:
    """Somebody who asks for much and takes nothing."""
    line = socket.create_connection(("127.0.0.1", port), timeout=20)
    line.sendall(b"GET /flood HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return line


def floods(port: int) -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    line.request("GET", "/floods")
    return int(line.getresponse().read())


def test_answers_without_an_end_end_with_the_service(tmp_path: Path) -> None:
    with endless(tmp_path, taking_seconds=60) as (process, port):
        assert process.child is not None
        answers = []
        for _ in range(50):
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            line.request("GET", "/news")
            answers.append(line.getresponse())
        assert {answer.read(4) for answer in answers} == {b"news"}
        process.child.terminate()
        assert {answer.read() for answer in answers} == {b"over"}
        assert process.child.wait(15) == 0
    assert "timeout" not in process.tail()


def test_who_takes_nothing_is_cut_off(tmp_path: Path) -> None:
    with endless(tmp_path, taking_seconds=0.2) as (process, port), ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(flooded(port))
        until(lambda: floods(port) == 0)
    assert "Exception" not in process.tail()


def test_who_takes_nothing_does_not_hold_the_end_up(tmp_path: Path) -> None:
    with endless(tmp_path, taking_seconds=60) as (process, port), ExitStack() as stack:
        assert process.child is not None
        for _ in range(3):
            stack.enter_context(flooded(port))
        until(lambda: floods(port) == 3)
        process.child.terminate()
        assert process.child.wait(15) == 0
    assert "timeout" not in process.tail()
