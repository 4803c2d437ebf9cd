"""The last assessments of a projection in memory, as up to date as they are asked for.

Whoever assesses a kab/kota, this replica or another, leaves its rows and its ledger in the database with a new revision
(see assessment.py). Looking for what changed reads 514 numbers, and then the documents that have another.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from services.aggregator.book import Book
from services.aggregator.facts import facts_of
from services.aggregator.latest.kept import Assessments
from services.aggregator.latest.view import Decrees, View, followed, stale, wide_rows
from services.aggregator.pace import Policy, assess_all
from services.aggregator.shelves import Shelves
from shared.errors import RecoverableError
from shared.events import PROGRAMMES, Programme
from shared.events.standing import Standing
from shared.wilayah import NATION, Level, children, level_of

_WIDE = (NATION, *children(NATION))


@dataclass(frozen=True, slots=True)
class Seen:
    """A kab/kota or wider region on a business date ``on``, as the read API tells it: its standings, how many were
    ``done`` by the end of the day in each programme, and its wajib KTP. ``sequence`` is the highest EVENTS sequence
    that the assessments of its kab/kota reflect. ``book`` is that of a wider region; a kab/kota's would be too many to
    keep."""

    code: str
    on: date
    version: int
    sequence: int
    standings: Sequence[Standing]
    done: Mapping[Programme, int]
    wajib_ktp: int | None
    book: Book | None


class Overview:
    """Of one projection. ``today`` gives the business date in a region's zone."""

    def __init__(
        self, assessments: Assessments, shelves: Shelves, *, policy: Policy, today: Callable[[str], date]
    ) -> None:
        self._assessments = assessments
        self._shelves = shelves
        self._policy = policy
        self._today = today
        self._one_refresh = asyncio.Lock()
        self._one_sum = asyncio.Lock()
        self._begun = self._ended = 0
        self._failed: RecoverableError | None = None
        self._targets: Mapping[str, list[dict[str, Any]]] = {}
        self._seen: dict[str, Seen] = {}
        self.view = View()
        self.read_at: datetime | None = None
        """When the database was last seen to have nothing else; ``None`` until it was."""

    async def refresh(self) -> View:
        """What the database has now, read by one at a time: who asks meanwhile shares the next.

        Raises:
            DatabaseUnavailableError: it cannot be reached; what was known stays.
        """
        begun = self._begun
        async with self._one_refresh:
            if self._ended <= begun:  # none that began after we asked
                self._begun += 1
                try:
                    await self._read()
                    self._failed = None
                except RecoverableError as error:
                    self._failed = error
                self._ended = self._begun
            if self._failed is not None:
                raise self._failed
            return self.view

    async def seen(self, code: str, view: View) -> Seen:
        """A kab/kota or wider region in a view, put together once for each change of it."""
        if level_of(code) is Level.KABKOTA:
            on = self._today(code)
            return self._known(code, view, on) or self._kept(self._looked_at(code, view, on))
        async with self._one_sum:
            on = self._today(code)
            # Of the nation some hundredths of a second: not on the event loop.
            return self._known(code, view, on) or self._kept(await asyncio.to_thread(self._looked_at, code, view, on))

    async def standings(self, code: str) -> Sequence[Standing]:
        """Today's standings of a kab/kota or wider region by what the database has now.

        Raises:
            DatabaseUnavailableError: it cannot be reached.
        """
        return (await self.seen(code, await self.refresh())).standings

    def _known(self, code: str, view: View, on: date) -> Seen | None:
        known = self._seen.get(code)
        return known if known is not None and (known.version, known.on) == (view.version_of(code), on) else None

    def _kept(self, found: Seen) -> Seen:
        known = self._seen.get(found.code)
        if known is None or known.version <= found.version:
            self._seen[found.code] = found
        return found

    def _looked_at(self, code: str, view: View, on: date) -> Seen:
        book, sequence = view.book_of(code), view.sequence_of(code)
        if wide := level_of(code) is not Level.KABKOTA:
            rows = wide_rows(code, view, book, on, self._policy)
        else:
            rows = view.rows_of(code) or assess_all(code, book, (), on, self._policy)
        position = {"sequence": sequence, "projection": self._assessments.projection}
        placed = tuple(row.model_copy(update=position) for row in rows)
        done = {programme: book.done_by(programme, on) for programme in PROGRAMMES}
        kept = book if wide else None
        return Seen(code, on, view.version_of(code), sequence, placed, done, book.wajib_ktp_on(on), kept)

    async def _read(self) -> None:
        read_at = datetime.now(UTC)
        revisions, documents = await asyncio.gather(self._assessments.revisions(), self._shelves.decrees(_WIDE))
        read = await self._assessments.of(changed) if (changed := stale(self.view, revisions)) else {}
        self.view = followed(self.view, revisions, read, self._decreed(documents), time.time_ns() // 1_000_000)
        self._targets, self.read_at = documents, read_at

    def _decreed(self, documents: Mapping[str, list[dict[str, Any]]]) -> Decrees:
        if documents == self._targets:
            return self.view.decrees
        return {code: tuple(facts_of(found).decrees) for code, found in documents.items()}
