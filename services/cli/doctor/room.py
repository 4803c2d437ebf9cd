"""Room on the disks that are here: the folder of keys, the outbox's neighbours. Servers tell of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from services.cli.doctor.finding import Finding, fault, good, warning

ABOUT = "disk"
_LOW, _VERY_LOW = 0.10, 0.03
_GIB = 1 << 30


def examine(folders: Iterable[Path]) -> list[Finding]:
    """The disks that these folders are on, each once."""
    found: dict[int, Finding] = {}
    for folder in folders:
        there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        if (device := there.stat().st_dev) not in found:
            found[device] = judged(f"the disk of {folder}", *shutil.disk_usage(there))
    return list(found.values())


def judged(where: str, total: int, used: int, free: int) -> Finding:
    """So many bytes; ``used`` and ``free`` need not add up to ``total``."""
    share = free / total if total else 1.0
    what = f"{where} has {free / _GIB:.1f} of {total / _GIB:.1f} GiB free"
    mend = "make room or enlarge it: full, nothing is acknowledged any more"
    if share < _VERY_LOW:
        return fault(ABOUT, what, mend)
    return warning(ABOUT, what, mend) if share < _LOW else good(ABOUT, what)
