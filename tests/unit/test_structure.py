"""The house rules that can be checked: services never import each other, shared imports no service, and within the
aggregator nothing is imported against the grain or past what hides small counts."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("ingest", "aggregator", "notifier")
AGGREGATOR = "services.aggregator"
UPWARDS = ("latest", "reading", "live", "web")
"""Each of these folders of the aggregator may import those before it, and none after it."""
UNTOLD = ("store", "shelves", "counters", "latest.kept")
"""Where figures are as they are, hidden or not."""


def imports(folder: Path) -> set[tuple[str, str]]:
    """(file, imported module) of every Python file below a folder."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {(str(path), name.name) for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add((str(path), node.module or ""))
                found |= {(str(path), f"{node.module}.{name.name}") for name in node.names}
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_services_never_import_each_other(service: str) -> None:
    others = tuple(f"services.{other}" for other in (*SERVICES, "cli") if other != service)
    found = imports(ROOT / "services" / service)
    assert found
    assert [pair for pair in found if pair[1].startswith(others)] == []


def test_shared_imports_no_service() -> None:
    found = imports(ROOT / "shared")
    assert found
    assert [pair for pair in found if pair[1].startswith("services")] == []


def test_the_driver_is_behind_one_module() -> None:
    found = imports(ROOT / "shared") | imports(ROOT / "services")
    users = {path for path, module in found if module.startswith(("motor", "pymongo"))}
    assert users == {str(ROOT / "shared/database.py")}


@pytest.mark.parametrize("folder", UPWARDS)
def test_what_is_below_knows_nothing_of_what_is_above(folder: str) -> None:
    above = tuple(f"{AGGREGATOR}.{other}" for other in UPWARDS[UPWARDS.index(folder) + 1 :])
    found = imports(ROOT / "services/aggregator" / folder)
    assert found
    assert [pair for pair in found if above and pair[1].startswith(above)] == []


def test_nobody_asks_past_the_reader() -> None:
    reading = ROOT / "services/aggregator/reading"
    found = {pair for pair in imports(ROOT / "services") if not Path(pair[0]).is_relative_to(reading)}
    asked = {module for _, module in found if module.startswith(f"{AGGREGATOR}.reading")}
    assert asked == {f"{AGGREGATOR}.reading.reader", f"{AGGREGATOR}.reading.reader.Reader"}


@pytest.mark.parametrize("folder", ["live", "web"])
def test_who_shows_figures_has_none_that_are_not_told(folder: str) -> None:
    found = imports(ROOT / "services/aggregator" / folder)
    assert found
    assert [pair for pair in found if pair[1] in {f"{AGGREGATOR}.{module}" for module in UNTOLD}] == []


def test_opentelemetry_is_behind_one_module() -> None:
    found = imports(ROOT / "shared") | imports(ROOT / "services")
    theirs = {path for path, module in found if module.startswith("opentelemetry")}
    ours = {path for path, module in found if module.startswith("shared.tracing.recorded")}
    tracing = ROOT / "shared/tracing"
    assert (theirs, ours) == ({str(tracing / "recorded.py")}, {str(tracing / "start.py")})
