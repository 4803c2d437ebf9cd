"""One stack for each profile; skipped with the reason where there is no Docker, or an image cannot be had."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from tests.compose.stack import NotHereError, Stack, stack


def _stack(factory: pytest.TempPathFactory, profile: str) -> Iterator[Stack]:
    try:
        with stack(factory.mktemp(f"secrets-{profile}"), profile) as running:
            yield running
    except NotHereError as error:
        pytest.skip(f"{error}; tests/compose/README.md tells what helps")


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One of each."""
    yield from _stack(tmp_path_factory, "single")


@pytest.fixture(scope="module")
def ha(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Three servers, two of each service."""
    yield from _stack(tmp_path_factory, "ha")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows what the containers have to say."""
    report = yield
    for name in ("single", "ha"):
        running = getattr(item, "funcargs", {}).get(name)
        if report.failed and isinstance(running, Stack):
            report.sections.append(("states", str(running.states())))
            report.sections.append(("logs", running.logs()))
    return report
