"""A region's figures: its counts, backlog, stock and data-quality warnings."""

from __future__ import annotations

from datetime import date

from services.aggregator.answers import IkdCount, PerekamanCount, Programmes, RegionReading, WajibKtpCount
from services.aggregator.book import Book, warnings
from services.aggregator.figures import percent
from services.aggregator.reading import suppressed
from services.aggregator.reading.rows import told_rows
from services.aggregator.reading.served import served_by
from services.aggregator.reading.shelved import Shelved
from services.aggregator.reading.source import Source
from services.aggregator.stock import backlog_on, stock_on
from shared.events import PROGRAMMES
from shared.events.standing import Standing


class Regions:
    """Regions of any level."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def of(self, code: str, on: date | None = None) -> RegionReading:
        """One region."""
        day = on or self._source.today(code)
        sequence = await self._source.store.sequence()
        return await self._told(await self._source.shelved(code), day, sequence)

    async def with_standings(self, code: str) -> tuple[RegionReading, list[Standing]]:
        """A kab/kota or a narrower region today, and its standings at the same moment."""
        day, sequence = self._source.today(code), await self._source.store.sequence()
        shelved = await self._source.shelved(code)
        rows = told_rows(shelved, day, self._source.policy)
        return await self._told(shelved, day, sequence), self._source.placed(rows, sequence)

    async def _told(self, shelved: Shelved, day: date, sequence: int) -> RegionReading:
        region, book, facts = shelved.region, shelved.book, shelved.facts
        served = await served_by(self._source.shelves, region.code, day)
        wajib_ktp = _wajib_ktp(book, day)
        whole = wajib_ktp.count if wajib_ktp else None
        active, recorded = (book.done_by(programme, day) for programme in PROGRAMMES)
        backlog = backlog_on(book, facts, day)
        reading = RegionReading(
            code=region.code,
            name=region.name,
            level=region.level,
            parent=region.parent,
            on=day,
            wajib_ktp=wajib_ktp,
            programmes=Programmes(
                ikd=IkdCount(active=active, coverage_percent=percent(active, whole), served=served["ikd"]),
                perekaman=PerekamanCount(
                    recorded=recorded, coverage_percent=percent(recorded, whole), served=served["perekaman"]
                ),
            ),
            backlog=backlog,
            blanko=stock_on(facts, backlog, day),
            warnings=warnings(book, day),
            simulated=book.simulated,
            sequence=sequence,
            projection=self._source.store.projection,
        )
        return suppressed.region(reading, self._source.suppression, shelved.hidden.programmes(region.code, day))


def _wajib_ktp(book: Book, day: date) -> WajibKtpCount | None:
    books = book.members or (book,)
    reports = [report for member in books if (report := member.wajib_ktp.on(day))]
    if not reports:
        return None
    return WajibKtpCount(count=sum(report.count for report in reports), as_of=min(report.as_of for report in reports))
