"""How far the figures can be trusted: what contradicts itself, and who has not been heard. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.events.standing import Standing


@dataclass(frozen=True, slots=True)
class Checked:
    """One region: activated ≤ recorded ≤ wajib KTP must hold. ``problems`` are keys of words; ``None`` is not known."""

    region: str
    name: str
    active: int | None
    recorded: int | None
    wajib_ktp: int | None
    problems: tuple[str, ...]


def checked(rows: Iterable[Standing]) -> tuple[Checked, ...]:
    """The regions of these rows, those with most problems first."""
    regions: dict[str, list[Standing]] = {}
    for row in rows:
        regions.setdefault(row.region, []).append(row)
    found = [_region(code, standings) for code, standings in regions.items()]
    return tuple(sorted(found, key=lambda one: (-len(one.problems), one.region)))


def _region(code: str, rows: list[Standing]) -> Checked:
    counts = {row.programme: row.actual for row in rows}
    active, recorded = counts.get("ikd"), counts.get("perekaman")
    wajib_ktp = next((row.wajib_ktp for row in rows if row.wajib_ktp is not None), None)
    problems = []
    # A region that never reported recordings has not contradicted itself.
    if active is not None and recorded and active > recorded:
        problems.append("ikd_exceeds_perekaman")
    if recorded is not None and wajib_ktp is not None and recorded > wajib_ktp:
        problems.append("perekaman_exceeds_wajib_ktp")
    if active is not None and wajib_ktp is not None and active > wajib_ktp:
        problems.append("ikd_exceeds_wajib_ktp")
    if any(count is not None and count < 0 for count in (active, recorded)):
        problems.append("negative")
    if wajib_ktp is None:
        problems.append("no_wajib_ktp")
    if any(row.status == "no_data" for row in rows):
        problems.append("silent")
    return Checked(code, rows[0].name, active, recorded, wajib_ktp, tuple(problems))
