"""``python -m bench.compare old.json new.json``: what changed between two runs of the benchmark, as ratios.

Each contender's rate is first taken against the limit of its own run, so that a faster or busier machine says nothing.
Exits 1 if a contender of Laju's lost more than a tenth of its ratio.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OURS = ("laju_bus", "laju_http")
_LOST = 0.9


@dataclass(frozen=True, slots=True)
class Change:
    """One figure before and after; ``ratio`` is after by before."""

    name: str
    before: float
    after: float

    @property
    def ratio(self) -> float:
        """Above 1: more than before."""
        return self.after / self.before

    def told(self) -> str:
        """The change as a line."""
        return f"{self.name:<60} {self.before:>12,.3f} {self.after:>12,.3f} {self.ratio:>7.2f}"


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """Every figure that both runs have and that was not zero before."""
    before, after = dict(_figures(old)), dict(_figures(new))
    return [Change(name, before[name], after[name]) for name in before if name in after and before[name]]


def regressions(found: list[Change]) -> list[Change]:
    """Laju's own ratios to the limit that are worse by more than a tenth."""
    watched = {f"contenders.{name}.ratio_to_limit" for name in _OURS}
    return [change for change in found if change.name in watched and change.ratio < _LOST]


def _figures(document: object, path: str = "") -> list[tuple[str, float]]:
    if isinstance(document, dict):
        below = [_figures(value, f"{path}.{name}" if path else name) for name, value in document.items()]
        return [figure for figures in below for figure in figures]
    if isinstance(document, bool) or not isinstance(document, int | float):
        return []
    return [(path, float(document))]


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    asked = parser.parse_args()
    old, new = (json.loads(path.read_text()) for path in (asked.old, asked.new))
    if old["quick"] != new["quick"]:
        parser.error("one of them was a quick run: their figures do not compare")
    found = changes(old, new)
    print(f"{'':<60} {'before':>12} {'after':>12} {'ratio':>7}")
    for change in found:
        print(change.told())
    lost = regressions(found)
    for change in lost:
        print(f"lost more than a tenth against the limit: {change.name}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
