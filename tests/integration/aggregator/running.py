"""A running aggregator, and people and programs who ask it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.servers import BIN, free_port, service

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
DOCUMENT = {"Accept": "application/json"}


@dataclass(frozen=True)
class Aggregator:
    """Where it is, and the environment it was started with."""

    url: str
    environment: Mapping[str, str]

    def browser(self) -> httpx.Client:
        """A browser without cookies. It follows no redirect by itself."""
        return httpx.Client(base_url=self.url, headers=PAGE, timeout=30)

    def program(self, token: str | None = None) -> httpx.Client:
        """A program, with its token."""
        authorization = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=DOCUMENT | authorization, timeout=30)

    def laju(self, *arguments: str) -> str:
        """What a command of ours prints when it has the same environment."""
        command = [str(BIN / "laju"), *arguments]
        done = subprocess.run(
            command, env={**os.environ, **self.environment}, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def link(self, code: str) -> str:
        """The path of a link to a region."""
        return self.laju("pages", "link", code).removeprefix(self.url)

    def token(self, code: str) -> str:
        """The token of a program that may read about a region."""
        return self.laju("pages", "link", code, "--token")


@contextmanager
def aggregator(
    folder: Path, servers: Mapping[str, str], settings: Mapping[str, str], port: int | None = None
) -> Iterator[Aggregator]:
    """Started beside ``servers``; ``settings`` are further LAJU_ variables."""
    port = port or free_port()
    environment = {
        "LAJU_DATA": str(folder / "data"),
        "LAJU_AGGREGATOR_PORT": str(port),
        "LAJU_AS_OF": "2024-06-27",
        "LAJU_DEBOUNCE_SECONDS": "0.05",
        **servers,
        **settings,
    }
    with service("aggregator", port, folder, environment):
        yield Aggregator(f"http://127.0.0.1:{port}", environment)
