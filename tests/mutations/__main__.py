"""``python -m tests.mutations``: bring in one defect after the other and see which test notices it.

Works on a copy of the tree. A test that fails without the defect too notices nothing, so each is run without it first.
Exits 1 if a defect goes unnoticed, if a test fails anyhow, or if a change no longer fits the code.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.mutations.catalogue import MUTATIONS
from tests.mutations.mutation import Mutation

ROOT = Path(__file__).parents[2]
_PARTS = ("services", "shared", "tests", "deploy", "docs", "pyproject.toml", "docker-compose.yml")
_PAGES = ("README.md", "CHANGELOG.md")
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


def copied(folder: Path) -> Path:
    """A copy of what the tests need."""
    tree = folder / "tree"
    tree.mkdir()
    for part in (*_PARTS, *_PAGES):
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, tree / part)
    return tree


def noticed_by(mutation: Mutation, tree: Path) -> str | None:
    """The first test that fails with the defect, ``None`` if none does. The tree is as before afterwards.

    Raises:
        ValueError: what is to be changed is not in the file, or more than once.
    """
    path = tree / mutation.file
    original = path.read_text()
    changed = original
    for old, new in mutation.changes:
        if changed.count(old) != 1:
            raise ValueError(f"{mutation.name}: {old!r} is {changed.count(old)} times in {mutation.file}, not once")
        changed = changed.replace(old, new)
    path.write_text(changed)
    try:
        return first_failure(mutation.tests, tree)
    finally:
        path.write_text(original)


def first_failure(tests: Sequence[str], tree: Path) -> str | None:
    """The first of the tests that fails, ``None`` if they pass.

    Raises:
        RuntimeError: they could not be run; the message is what pytest printed last.
    """
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *tests],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    failed = _FAILED.findall(ran.stdout)
    if not failed and ran.returncode:
        raise RuntimeError((ran.stdout or ran.stderr)[-2000:])
    return failed[0] if failed else None


def main() -> int:
    """Run all, or those whose name contains the word given, and print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("word", nargs="?", default="", help="only the defects with this in their name")
    asked = parser.parse_args()
    wrong = 0
    sound: dict[tuple[str, ...], str | None] = {}
    with tempfile.TemporaryDirectory(prefix="laju-mutations-") as folder:
        tree = copied(Path(folder))
        for mutation in MUTATIONS:
            if asked.word not in mutation.name:
                continue
            if mutation.tests not in sound:
                sound[mutation.tests] = first_failure(mutation.tests, tree)
            anyhow = sound[mutation.tests]
            test = None if anyhow else noticed_by(mutation, tree)
            wrong += test is None
            without = f"WITHOUT IT FAILS {anyhow}" if anyhow else "NOT NOTICED"
            print(f"{mutation.name}: {test or without}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
