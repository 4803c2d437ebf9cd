"""What of a MongoDB failover can be had without a replica set: connections that are cut around a commit.

An election, a primary that steps down and a rollback are not: they need three servers of MongoDB itself.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.catalogue import BY_NAME
from tests.faults.run import run

SEED = 23
CUTS = ("database cut before commit", "database cut, commit unheard")


@pytest.mark.timeout(240)
def test_a_commit_that_was_cut_off_counts_once(tmp_path: Path) -> None:
    report = run(tmp_path, SEED, faults=[BY_NAME[name] for name in CUTS for _ in range(3)], rate=150)
    print(report.table())
    assert report.differences == []
    assert report.acknowledged > 300
    assert not any("did not come to the point" in note for note in report.notes), report.notes
