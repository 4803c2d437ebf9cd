"""The catalogue of defects fits the code: what each would change is there, once, and so is who must notice it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.mutations.catalogue import MUTATIONS
from tests.mutations.mutation import Mutation

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_what_a_mutation_changes_is_there_once(mutation: Mutation) -> None:
    text = (ROOT / mutation.file).read_text()
    for old, new in mutation.changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    if mutation.file.endswith(".py"):
        compile(text, mutation.file, "exec")
    else:
        list(yaml.safe_load_all(text))  # JSON is YAML, too


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_who_must_notice_a_mutation_is_there(mutation: Mutation) -> None:
    assert mutation.tests
    for named in mutation.tests:
        path, _, test = named.partition("::")
        assert (ROOT / path).exists()
        assert not test or re.search(rf"^(async )?def {test}\(", (ROOT / path).read_text(), re.MULTILINE)


def test_each_mutation_has_a_name_of_its_own() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)
