"""What is kept of a kab/kota once it was assessed. Pure but for the clock of :func:`renewed`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from services.aggregator.latest import ledger as ledgers
from services.aggregator.latest.ledger import Ledger
from shared.events.standing import Standing

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Assessment:
    """A kab/kota at one moment: its standings, with those of its kecamatan and desa that have targets, and its book.
    Of two the one with the higher ``revision`` saw more."""

    rows: Sequence[Standing] = ()
    ledger: Ledger = field(default_factory=Ledger)
    revision: int = 0

    @property
    def sequence(self) -> int:
        """The highest EVENTS sequence that it reflects, 0 of nothing."""
        return max((row.sequence for row in self.rows), default=0)


def nothing(owner: str) -> Document:
    """The document of a kab/kota that was never assessed."""
    return {"_id": owner, "revision": 0, "rows": [], "unpublished": []}


def assessment_in(document: Document) -> Assessment:
    """What a document keeps."""
    return Assessment(
        tuple(standing(row) for row in document["rows"]), ledgers.read(document["ledger"]), document["revision"]
    )


def renewed(document: Document, assessed: Assessment, now_ms: int | None = None) -> Document | None:
    """A region's standings document after an assessment, ``None`` if nothing changed.

    A revision is the time of the assessment in milliseconds, or one more than the last if a clock went back: it grows
    even when the database is rebuilt from nothing.
    """
    before = [standing(row) for row in document["rows"]]
    known = {_content(row) for row in before}
    text = ledgers.text_of(assessed.ledger)
    if known == {_content(row) for row in assessed.rows} and (not known or document.get("ledger") == text):
        return None
    now = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    revision = max(document["revision"] + 1, now)
    rows = [row.model_copy(update={"revision": revision}) for row in assessed.rows]
    # A target that was withdrawn leaves no row; who follows its line is told that it is gone.
    lines = {row.line for row in rows}
    gone = [
        row.model_copy(update={"status": "no_target", "severity": None, "revision": revision})
        for row in before
        if row.line not in lines
    ]
    changed = [row.model_dump(mode="json") for row in (*rows, *gone) if _content(row) not in known]
    return {
        "_id": document["_id"],
        "revision": revision,
        "rows": [row.model_dump(mode="json") for row in rows],
        "ledger": text,
        "unpublished": [*document["unpublished"], *changed],
    }


def standing(row: Document) -> Standing:
    """A row as it is kept."""
    return Standing.model_validate(row, strict=False)


def _content(row: Standing) -> str:
    """What makes a row another one: not where and when it was computed."""
    return row.model_dump_json(exclude={"sequence", "revision", "projection"})
