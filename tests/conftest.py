"""What every test gets: a failure shows what the servers that ran meanwhile have to say; no example has to be quick."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import STARTED

_LINES, _COLUMNS = 12, 600
# How long an example takes says how busy the machine is.
settings.register_profile("busy", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the last lines of each log, newest process last."""
    report = yield
    if report.failed:
        logs = {process.log: process for process in STARTED if process.log.exists()}
        report.sections += [(f"end of {log}", _short(process.tail(_LINES))) for log, process in logs.items()]
    return report


def _short(text: str) -> str:
    return "\n".join(line[:_COLUMNS] for line in text.splitlines())
