"""The plain text of every letter, compared exactly with ``golden/*.txt``.

After a change of words that was meant, write the files anew and read what changed before it is committed::

    LAJU_RENEW_GOLDEN=1 .venv/bin/python -m pytest tests/unit/notifier/letters/test_golden.py
    git diff tests/unit/notifier/letters/golden
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.notifier.letters.letters import LETTERS

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", LETTERS)
def test_the_text_is_as_it_was(name: str) -> None:
    letter = LETTERS[name]
    written = f"Subject: {letter.subject}\n\n{letter.text}"
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("LAJU_RENEW_GOLDEN"):
        path.write_text(written, encoding="utf-8")

    assert written == path.read_text(encoding="utf-8")


def test_no_golden_text_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(LETTERS)
