"""Secrets in files: made once, and only read where nothing can be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.errors import InvalidError
from shared.secrets import kept_in


def never() -> str:
    pytest.fail("another secret was made")


def test_a_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "links.key"
    assert kept_in(path, lambda: "first") == "first"
    assert kept_in(path, never) == "first"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_where_a_secret_is_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "links.key"
    path.write_text("given\n")
    before = tmp_path.stat().st_mtime_ns
    assert kept_in(path, never) == "given"
    assert tmp_path.stat().st_mtime_ns == before


def test_what_cannot_be_stored_is_told_with_the_way_out() -> None:
    path = Path("/proc/links.key")
    with pytest.raises(InvalidError, match=r"storing a new key in /proc/links.key failed: .*Put the key there"):
        kept_in(path, lambda: "secret")
