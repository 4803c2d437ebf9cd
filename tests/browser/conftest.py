"""One Laju with the demo's data for all tests here, and Chromium."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from tests.e2e.test_up import port_base, settled, up

PHONE, DESK = 360, 1200
_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def chromium() -> str | None:
    """Where the browser is: ``LAJU_TEST_CHROMIUM``, or on the path."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("LAJU_TEST_CHROMIUM") or next(
        (found for name in names if (found := shutil.which(name))), None
    )


@dataclass(frozen=True)
class Laju:
    """A running Laju; ``pages`` is where its pages are."""

    pages: str
    ingest: str
    key: str

    def send(self, *events: dict[str, Any]) -> None:
        """Post events, and see that they were accepted."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/cloudevents-batch+json"}
        answer = httpx.post(f"{self.ingest}/v1/events", content=json.dumps(events), headers=headers)
        assert answer.status_code == 202, answer.text


@dataclass
class Window:
    """A browser window that remembers what it should not have done."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", self._asked)

    def open(self, path: str) -> Page:
        """Go to a page of ours."""
        self.page.goto(self.base + path, wait_until="load")
        return self.page

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.base, "data:")):
            self.complaints.append(f"a request left the server: {request.url}")


@pytest.fixture(scope="module")
def laju(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laju]:
    folder, base = tmp_path_factory.mktemp("browser") / "data", port_base()
    with up(folder, base, "--demo") as (process, out):
        settled(process, out)
        key = (folder / "operator.key").read_text().strip()
        yield Laju(f"http://127.0.0.1:{base + 1}", f"http://127.0.0.1:{base}", key)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ended with the module: while Playwright is there, no other event loop runs in the thread."""
    found = chromium()
    if found is None:
        missing = "Chromium is not installed (Debian: chromium; or LAJU_TEST_CHROMIUM names the program)"
        if "CI" in os.environ:
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(_ARGUMENTS))
        yield started
        started.close()


@pytest.fixture
def windows(browser: Browser, laju: Laju) -> Iterator[Windows]:
    opened = Windows(browser, laju)
    yield opened
    complaints = [complaint for window in opened.windows for complaint in window.complaints]
    for context in opened.contexts:
        context.close()
    assert complaints == []


@dataclass
class Windows:
    """Opens windows, each with cookies of its own."""

    browser: Browser
    laju: Laju
    contexts: list[BrowserContext] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)

    def open(self, path: str, width: int = PHONE, **options: Any) -> Page:
        """A new window at a page; ``options`` are Playwright's of a context."""
        context = self.browser.new_context(viewport={"width": width, "height": 800}, **options)
        self.contexts.append(context)
        window = Window(context.new_page(), self.laju.pages)
        self.windows.append(window)
        return window.open(path)


def shots() -> Path | None:
    """Where screenshots are wanted, if they are: ``LAJU_TEST_SHOTS``."""
    folder = os.environ.get("LAJU_TEST_SHOTS")
    return Path(folder) if folder else None
