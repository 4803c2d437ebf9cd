"""The description of the intake against the intake: schemathesis makes the requests."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from tests.events import citizen, event, target
from tests.integration.ingest.fuzz import fuzz
from tests.integration.ingest.running import KEY, Intake

_EXAMPLES = 40
_CASES = re.compile(r"(\d+) generated")


def test_schemathesis_finds_no_failure_and_no_answer_that_is_not_described(ingest: Intake) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{ingest.url}/openapi.json",
        *("--header", f"Authorization: Bearer {KEY}"),
        *("--max-examples", str(_EXAMPLES), "--seed", "5", "--suppress-health-check", "all", "--checks", "all"),
        # That a region code exists, and that a time is not in the future, no schema can say.
        *("--exclude-checks", "positive_data_acceptance"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ingest.data)
    assert done.returncode == 0, done.stdout[-5000:]
    cases = _CASES.search(done.stdout)
    assert cases is not None
    assert int(cases[1]) > 100


def test_each_event_type_has_a_schema_that_takes_what_ingest_takes(shared_ingest: Intake) -> None:
    def get(path: str) -> Any:
        answer = shared_ingest.http.get(f"{shared_ingest.url}{path}")
        assert answer.status_code == 200
        return answer.json()

    listed = {row["type"]: row["json_schema"] for row in get("/v1/event-types")["event_types"]}
    assert "ikd.activated.v1" in listed
    validators = {name: Draft202012Validator(get(path)) for name, path in listed.items()}
    service: dict[str, Any] = {"home": "51.71", "service": "51.71", "channel": "office"}
    for made in (
        event("ikd.activated", citizen=citizen(1), **service),
        event("perekaman.recorded", nik="5171012304990001", **service),
        target("51.71", 30),
    ):
        validator = validators[made["type"]]
        whole = {"specversion": "1.0", **made}
        assert validator.is_valid(whole), [error.message for error in validator.iter_errors(whole)]
        without = {
            **whole,
            "data": {name: value for name, value in whole["data"].items() if name not in ("citizen", "nik")},
        }
        without["data"].pop("region", None)
        assert not validator.is_valid(without)
    unknown = shared_ingest.http.get(f"{shared_ingest.url}/v1/event-types/ikd.deleted.v1")
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("seed", [1, 2])
def test_broken_requests_lose_nothing_that_was_acknowledged(ingest: Intake, seed: int) -> None:
    statuses = fuzz(ingest, 1500, seed)
    assert {202, 400, 415, 422} <= set(statuses), json.dumps(statuses)
