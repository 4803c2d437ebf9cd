"""What a digest says: the lines of a recipient's regions, what changed first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from services.notifier.alert import AlertState
from services.notifier.contents import DigestRow
from services.notifier.lines import gravest_first
from shared.events.standing import Standing
from shared.wilayah import Level, kabkota_in, level_of

Statuses = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Summary:
    """``rows`` in the order of a digest; ``statuses`` by line, to tell next time what changed; ``untold`` counts the
    kab/kota of the region that have no target."""

    rows: tuple[DigestRow, ...]
    statuses: Statuses
    untold: int

    @property
    def changed(self) -> bool:
        """Whether anything did."""
        return any(row.changed for row in self.rows)


def summary(
    region: str,
    standings: Iterable[Standing],
    before: Statuses | None,
    state_of: Callable[[str], AlertState],
    acknowledged: Callable[[AlertState], bool],
) -> Summary:
    """The summary of a region, given the statuses of the digest ``before`` (``None`` if there was none)."""
    aimed = [
        standing for standing in standings if standing.target is not None and level_of(standing.region) is Level.KABKOTA
    ]
    statuses = {standing.line: _status(standing) for standing in aimed}
    rows = [
        DigestRow(
            standing=standing,
            changed=before is not None and before.get(standing.line) != statuses[standing.line],
            before=None if before is None else before.get(standing.line, "").partition("/")[0] or None,
            acknowledged=acknowledged(state_of(standing.line)),
        )
        for standing in gravest_first(aimed)
    ]
    rows.sort(key=lambda row: not row.changed)  # stable: gravest first within each half
    untold = len(set(kabkota_in(region)) - {standing.region for standing in aimed})
    return Summary(tuple(rows), statuses, untold)


def _status(standing: Standing) -> str:
    return f"{standing.status}/{standing.severity}" if standing.severity else standing.status
