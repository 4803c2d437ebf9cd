"""The examples of docs/integrate.md, run as a reader would run them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.ingest.running import KEY, Intake

PAGE = Path(__file__).parents[3] / "docs" / "integrate.md"
_BLOCKS = re.compile(r"^```(sh|python|js)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(language, text, id=f"{language}-{number}")
    for number, (language, text) in enumerate(_BLOCKS.findall(PAGE.read_text(encoding="utf-8")))
    if not text.startswith("export ")
]
_RUNS = {
    "sh": (["bash", "-euo", "pipefail"], "example.sh"),
    "python": ([sys.executable], "example.py"),
    "js": (["node"], "example.mjs"),
}
_NEEDS = {"sh": "curl", "python": sys.executable, "js": "node"}


@pytest.mark.parametrize(("language", "text"), BLOCKS)
def test_an_example_stores_what_it_sends(ingest: Intake, tmp_path: Path, language: str, text: str) -> None:
    # curl and node are no part of what the tests may count on: Python, make and git.
    if shutil.which(_NEEDS[language]) is None:
        pytest.skip(f"{_NEEDS[language]} is not on this machine")
    command, name = _RUNS[language]
    script = tmp_path / name
    script.write_text(text, encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "INGEST_URL": ingest.url, "INGEST_KEY": KEY, "PATH": path}
    for _ in range(2):  # and once more, which changes nothing
        done = subprocess.run(
            [*command, str(script)], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    identities = {(stored.source, stored.id) for stored in ingest.stored()}
    assert len(identities) == (0 if "template" in text else 2 if "ndjson" in text or "rekap" in text else 1)


def test_the_page_has_examples_in_every_language() -> None:
    assert {block.values[0] for block in BLOCKS} == {"sh", "python", "js"}
