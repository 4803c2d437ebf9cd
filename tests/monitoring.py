"""What watches Laju, as deploy/ has it: rules, dashboards and runbooks; and Prometheus' programs that run them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
RUNBOOKS = ROOT / "docs/runbooks"
RULES_FILE = DEPLOY / "prometheus/rules.yml"
EXPORTED = {"gnatsd_healthz_status_value", "mongodb_up", "mongodb_rs_myState"}
"""Series of the exporters beside NATS and MongoDB that are asked for."""
_VARIABLES = {"$__rate_interval": "1m", "$programme": "ikd", "$authority": "national", "$region": "36.04"}


def program(name: str) -> str:
    """Where a program of Debian's package ``prometheus`` is: ``LAJU_TEST_<NAME>``, or on the path. Without it the test
    is skipped, under CI it fails."""
    found = _found(name)
    if found is None:
        missing = f"{name} is not installed (Debian: prometheus; or LAJU_TEST_{name.upper()} names the program)"
        if "CI" in os.environ:
            pytest.fail(missing)
        pytest.skip(missing)
    return found


def amtool() -> str:
    """Where the program of Debian's package ``prometheus-alertmanager`` is. Without it the test is skipped."""
    found = _found("amtool")
    if found is None:
        pytest.skip("amtool is not installed (Debian: prometheus-alertmanager; or LAJU_TEST_AMTOOL names the program)")
    return found


def _found(name: str) -> str | None:
    return os.environ.get(f"LAJU_TEST_{name.upper()}") or shutil.which(name)


def said(command: list[str], text: str | None = None) -> tuple[int, str]:
    """The exit code of a program that was given a text, and what it printed."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=150)
    return done.returncode, done.stdout + done.stderr


def rules() -> list[dict[str, Any]]:
    """Every rule, recording and alerting."""
    groups = yaml.safe_load(RULES_FILE.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> dict[str, dict[str, Any]]:
    """The alerting rules by name."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def asked() -> Iterator[tuple[str, str]]:
    """Every expression of the dashboards, as with the first choice of each variable, with the panel that asks it."""
    for path in sorted((DEPLOY / "grafana/dashboards").glob("*.json")):
        dashboard = json.loads(path.read_text(encoding="utf-8"))
        for place, panel in enumerate(dashboard["panels"], 1):
            for target in panel.get("targets", ()):
                yield f"{path.stem} {place}{target['refId']}: {panel['title']}", filled(target["expr"])
        for variable in dashboard["templating"].get("list", ()):
            if variable["type"] == "query":
                (series,) = re.findall(r"^label_values\((.+), \w+\)$", variable["query"])
                yield f"{path.stem}: ${variable['name']}", series


def filled(expression: str) -> str:
    """An expression with values for the variables of the dashboards."""
    for name, value in _VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


def named(expression: str) -> set[str]:
    """The series that an expression names."""
    return set(
        re.findall(r"\b(?:laju[_:][\w:]+|(?:process|gnatsd|mongodb)_\w+|up)\b", re.sub(r'"[^"]*"', '""', expression))
    )
