"""The catalogue of defects fits the code: what each would change is there, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutations.catalogue import MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_what_a_mutation_changes_is_there_once(mutation: Mutation) -> None:
    text = (ROOT / mutation.file).read_text()
    for old, new in mutation.changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    compile(text, mutation.file, "exec")
    assert all((ROOT / tests.partition("::")[0]).exists() for tests in mutation.tests)
