"""A defect that somebody could bring in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    """In ``file`` each of ``old`` is replaced by its ``new``; at least one of ``tests`` must then fail."""

    name: str
    file: str
    changes: tuple[tuple[str, str], ...]
    tests: tuple[str, ...]
