"""The house rules that can be checked: services never import each other, shared imports no service."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("ingest", "aggregator", "notifier")


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
