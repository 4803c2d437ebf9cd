"""One running Laju for all tests of a module: starting six processes takes a few seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.pipeline import Pipeline, pipeline

CITIES = ("51.71", "35.73", "36.04", "17.71")


@pytest.fixture(scope="module")
def laju(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Laju on the business date of the latest article, 27 June 2024, with a head for each of the four cities."""
    with pipeline(tmp_path_factory.mktemp("laju"), as_of="2024-06-27", heads=CITIES) as running:
        yield running
