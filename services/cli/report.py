"""The report of a region as a file: the projection is read, as the aggregator would, and nothing is written to it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from services.aggregator.latest.overview import Overview
from services.aggregator.reading.reader import Reader
from services.aggregator.suppression import Suppression
from services.aggregator.web.exports.naming import file_name
from services.aggregator.web.exports.report.contents import report
from services.aggregator.web.exports.report.gathering import gathered
from services.aggregator.web.exports.report.printing import as_pdf
from services.cli.errors import CliError
from services.cli.serving import serving, settings_at
from shared.wilayah import UnknownRegionError, find, local_day
from shared.wording import Language


async def print_report(
    code: str, on: date | None, language: Language, output: Path | None, mongo_url: str | None, now: datetime
) -> Path:
    """Write the report as of a business date, today's if ``None``, to ``output``, by default in the present folder;
    ``now`` is aware. Returns where it is.

    Raises:
        CliError: there is no such region, the database cannot be reached, or the file cannot be written.
    """
    settings = settings_at(mongo_url)
    try:
        region = find(code)
    except UnknownRegionError as error:
        raise CliError(error.reason) from error

    def today(of: str) -> date:
        return settings.as_of or local_day(now, of)

    day = on or today(code)
    async with serving(settings) as projection:
        store = projection.store
        overview = Overview(store.assessments, store.shelves, policy=settings.policy, today=today)
        suppression = Suppression(settings.smallest_cell)
        reader = Reader(store, overview, policy=settings.policy, today=today, suppression=suppression)
        # Always as of a day: what a running aggregator assessed may be of another.
        found = await gathered(reader, region, None, day, day)
    file = output or Path(file_name((code,), day, "pdf"))
    try:
        file.write_bytes(as_pdf(report(found, now, settings.pages_address, language), now))
    except OSError as error:
        raise CliError(f"writing {file} failed: {error.strerror}") from error
    return file
